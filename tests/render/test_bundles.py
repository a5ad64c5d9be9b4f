"""What is sent of a style sheet and of a script."""

import subprocess
from pathlib import Path

from render.assets import STATIC
from render.bundles import bundle
from tests import programs


def test_a_style_sheet_comes_with_what_it_imports(tmp_path: Path) -> None:
    sheet = tmp_path / "all.css"
    sheet.write_text('/* Why. */\n@import "part.css";\np {\n  color: red;\n}\n')
    (tmp_path / "part.css").write_text("a {\n  color: blue;\n}\n")
    assert bundle(sheet) == b"a{color: blue;}p{color: red;}"


def test_a_script_comes_with_each_module_once_and_their_names_do_not_meet(tmp_path: Path) -> None:
    folder = tmp_path / "js"
    folder.mkdir()
    modules = {
        "count.js": "// State.\nlet n = 0\n\nexport function next() {\n  return ++n\n}\n",
        "one.js": "import {next} from './count.js'\n\nexport const n = next()\n",
        "two.js": "import * as count from './count.js'\n\nexport const n = count.next()\n",
        "all.js": "import * as one from './one.js'\nimport {\n  n,\n} from './two.js'\n"
        "console.log(one.n, n)\n",
    }
    for name, text in modules.items():
        (folder / name).write_text(text)
    sent = tmp_path / "sent.mjs"
    sent.write_bytes(bundle(folder / "all.js"))
    assert "//" not in sent.read_text()
    ran = subprocess.run([programs.node(), sent], capture_output=True, text=True, check=True)
    assert ran.stdout == "1 2\n"


def test_a_script_that_is_sent_asks_for_no_other() -> None:
    sent = bundle(STATIC / "js/parley.js").decode()
    assert "import " not in sent
    assert "export " not in sent
    subprocess.run([programs.node(), "--check", "-"], input=sent, text=True, check=True)


def test_other_files_are_sent_as_they_are() -> None:
    path = STATIC / "icons/parley.svg"
    assert bundle(path) == path.read_bytes()
