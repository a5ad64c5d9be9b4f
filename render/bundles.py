"""Style sheets and scripts as they are sent: with what they import, in one response."""

import re
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
    its exports in a constant that the others read. They cannot import each other in a circle."""
    modules: dict[Path, str] = {}
    add_module(path, modules)
    return "\n".join(modules.values())


def add_module(path: Path, modules: dict[Path, str]) -> None:
    if path in modules:
        return
    text = path.read_text()
    for found in JS_IMPORT.finditer(text):
        add_module(path.parent / f"{found[2]}.js", modules)
    exported = ", ".join(found[2] for found in JS_EXPORT.finditer(text))
    text = JS_EXPORT.sub(r"\1 \2", JS_IMPORT.sub(r"const \1 = $\2;", text))
    modules[path] = f"const ${path.stem} = (() => {{\n{text}return {{{exported}}}\n}})();"


CSS_IMPORT = re.compile(r'^@import "([a-z]+\.css)";$', re.MULTILINE)
CSS_SPACE = re.compile(r"\s*([{};,])\s*|^\s+", re.MULTILINE)
CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
JS_IMPORT = re.compile(r"^import (?:\* as )?(\w+|\{[^}]*\}) from '\./(\w+)\.js'$", re.MULTILINE)
JS_EXPORT = re.compile(r"^export ((?:async )?function|const|class) (\w+)", re.MULTILINE)
JS_COMMENT = re.compile(r"^\s*//.*\n", re.MULTILINE)
INDENTATION = re.compile(r"^\s+", re.MULTILINE)
