"""Style sheets and scripts as they are sent: with what they import, in one response."""

import re
from collections.abc import Container, Iterable, Mapping
from pathlib import Path


def bundle(path: Path) -> bytes:
    """A file as it is sent. A style sheet or a script of our own comes with what it imports from
    its folder, and without the comments and the white space that only its readers need."""
    if path.suffix == ".css":
        return CSS_SPACE.sub(r"\1", CSS_COMMENT.sub("", style(path))).encode()
    if path.parent.name == "js":
        return INDENTATION.sub("", JS_COMMENT.sub("", script(path))).encode()
    return path.read_bytes()


def style(path: Path) -> str:
    return CSS_IMPORT.sub(lambda found: style(path.parent / found[1]), path.read_text())


def script(path: Path) -> str:
    """A module after those that it imports: each of them once, its own names in a scope of its own,
    its exports in a constant that the others read. They cannot import each other in a circle.

    What a page's script loads when it is needed (`import('./x.js')`) takes the modules that it
    shares with it from there, so that each stays one.
    """
    page = path.parent / PAGE
    held = modules_of(page)
    if path == page:
        return f"{joined(held)}\nexport {{{constants(held)}}}\n"
    modules = modules_of(path, held)
    shared = f"import {{{constants(held)}}} from './{PAGE}'\n"
    return f"{shared}{joined(modules)}\nexport const {exports(path)} = ${path.stem}\n"


def modules_of(path: Path, held: Container[Path] = ()) -> dict[Path, str]:
    """A module after those that it imports, without those that are held already."""
    modules: dict[Path, str] = {}
    add_module(path, modules, held)
    return modules


def add_module(path: Path, modules: dict[Path, str], held: Container[Path]) -> None:
    if path in modules or path in held:
        return
    text = path.read_text()
    for found in JS_IMPORT.finditer(text):
        add_module(path.parent / f"{found[2]}.js", modules, held)
    text = JS_EXPORT.sub(r"\1 \2", JS_IMPORT.sub(r"const \1 = $\2;", text))
    modules[path] = f"const ${path.stem} = (() => {{\n{text}return {exports(path)}\n}})();"


def exports(path: Path) -> str:
    return f"{{{', '.join(found[2] for found in JS_EXPORT.finditer(path.read_text()))}}}"


def constants(modules: Iterable[Path]) -> str:
    return ", ".join(f"${path.stem}" for path in modules)


def joined(modules: Mapping[Path, str]) -> str:
    return "\n".join(modules.values())


PAGE = "parley.js"
"""The script of a page, among the modules."""

CSS_IMPORT = re.compile(r'^@import "([a-z]+\.css)";$', re.MULTILINE)
CSS_SPACE = re.compile(r"\s*([{};,])\s*|^\s+", re.MULTILINE)
CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
JS_IMPORT = re.compile(r"^import (?:\* as )?(\w+|\{[^}]*\}) from '\./(\w+)\.js'$", re.MULTILINE)
JS_EXPORT = re.compile(r"^export ((?:async )?function|const|class) (\w+)", re.MULTILINE)
JS_COMMENT = re.compile(r"^\s*//.*\n", re.MULTILINE)
INDENTATION = re.compile(r"^\s+", re.MULTILINE)
