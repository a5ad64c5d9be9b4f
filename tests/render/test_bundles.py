"""What is sent of a style sheet and of a script."""

import subprocess
from pathlib import Path

import pytest

from render.assets import STATIC
from render.bundles import bundle
from tests import programs


def test_a_style_sheet_comes_with_what_it_imports(tmp_path: Path) -> None:
    sheet = tmp_path / "all.css"
    sheet.write_text('/* Why. */\n@import "part.css";\np {\n  color: red;\n}\n')
    (tmp_path / "part.css").write_text("a {\n  color: blue;\n}\n")
    assert bundle(sheet) == b"a{color: blue;}p{color: red;}"


def test_a_script_comes_with_each_module_once_and_their_names_do_not_meet(tmp_path: Path) -> None:
    modules = {
        "count.js": "// State.\nlet n = 0\n\nexport function next() {\n  return ++n\n}\n",
        "one.js": "import {next} from './count.js'\n\nexport const n = next()\n",
        "two.js": "import * as count from './count.js'\n\nexport const n = count.next()\n",
        "parley.js": "import * as one from './one.js'\nimport {\n  n,\n} from './two.js'\n"
        "console.log(one.n, n)\n",
    }
    assert ran(tmp_path, modules) == "1 2\n"


def test_what_a_script_loads_when_it_is_needed_shares_its_modules(tmp_path: Path) -> None:
    modules = {
        "count.js": "let n = 0\n\nexport function next() {\n  return ++n\n}\n",
        "words.js": "export const word = 'more'\n",
        "later.js": "import {next} from './count.js'\nimport {word} from './words.js'\n"
        "export function start() {\n  console.log(word, next())\n}\n",
        "parley.js": "import {next} from './count.js'\nconsole.log(next())\n"
        "import('./later.js').then(later => later.start())\n",
    }
    assert ran(tmp_path, modules) == "1\nmore 2\n"


def ran(tmp_path: Path, modules: dict[str, str]) -> str:
    """What the page's script prints, as it and all others are sent."""
    written, sent = tmp_path / "js", tmp_path / "sent"
    written.mkdir()
    sent.mkdir()
    for name, text in modules.items():
        (written / name).write_text(text)
    (sent / "package.json").write_text('{"type": "module"}')
    for name in modules:
        (sent / name).write_bytes(bundle(written / name))
    assert "//" not in (sent / "parley.js").read_text()
    command = [programs.node(), sent / "parley.js"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_pages_script_waits_for_no_other() -> None:
    sent = bundle(STATIC / "js/parley.js").decode()
    assert "import " not in sent
    assert "import{" not in sent


@pytest.mark.parametrize("path", sorted((STATIC / "js").glob("*.js")), ids=lambda path: path.stem)
def test_each_script_that_is_sent_can_be_read(path: Path, tmp_path: Path) -> None:
    sent = tmp_path / "sent.mjs"
    sent.write_bytes(bundle(path))
    subprocess.run([programs.node(), "--check", sent], text=True, check=True)


def test_other_files_are_sent_as_they_are() -> None:
    path = STATIC / "icons/parley.svg"
    assert bundle(path) == path.read_bytes()
