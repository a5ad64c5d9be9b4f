"""Rules for the style sheets: they mirror, and each part is served with what it imports."""

import re
from pathlib import Path

import pytest

from render.assets import STATIC, TEMPLATES
from render.bundles import bundle

MINE = TEMPLATES / "users/mine.css.j2"
SHEETS = [*sorted(STATIC.glob("css/*.css")), MINE]
PHYSICAL = re.compile(
    r"(?<![-\w])(left|right)\s*:|-(left|right)(-radius|-width|-color|-style)?\s*:"
    r"|(?<![-\w])(text-align|float|clear)\s*:\s*(left|right)"
    r"|border-(top|bottom)-(left|right)"
)


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_a_style_sheet_says_start_and_end_never_left_and_right(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert [line for line in lines if PHYSICAL.search(line)] == []


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_a_style_sheet_has_one_declaration_a_line(path: Path) -> None:
    lines = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL).splitlines()
    assert [line for line in lines if re.search(r"[;{]\s*\S", line) and "{{" not in line] == []


def test_every_part_is_served_once() -> None:
    paths = *TEMPLATES.rglob("*.html"), *STATIC.glob("js/*.js")
    pages = "".join(path.read_text() for path in paths)
    linked = [path for path in SHEETS if f"css/{path.name}" in pages]
    texts = [bundle(path).decode() for path in linked]
    assert "@import" not in "".join(texts)
    parts = [bundle(path).decode() for path in SHEETS if path not in linked and path != MINE]
    assert parts
    assert [sum(text.count(part) for text in texts) for part in parts] == [1] * len(parts)
