"""What a line of an inbox shows."""

from dataclasses import dataclass

import pytest

import render
from render.dates import DAY
from tests.pages import attribute, parsed

NOON = 20_000 * DAY + DAY // 2


@dataclass
class Entry:
    id: int = 7
    kind: str = "group"
    title: str = "Tea"
    active_at: int = NOON
    author_id: int | None = 1
    author_name: str | None = "Ada"
    body: str | None = "Hello"
    unread: int = 0
    is_unread_capped: bool = False
    unsent_at: int | None = None
    last_position: int = 1
    draft: str | None = None
    draft_saved_at: int | None = None
    event: str | None = None
    event_user_id: int | None = None
    event_about: str | None = None
    is_mentioned: int = 0


@pytest.mark.parametrize("text", ["Ada", "100 % %(body)s", "<b>&\"'", "שלום עולם", "{{ body }}"])
def test_what_people_write_is_shown_as_they_wrote_it(text: str) -> None:
    entry = Entry(title=text, author_name=text * 2, body=text)
    line = parsed(render.entry_fragment(entry, 0)).select_one("#conversation-7")
    assert line is not None
    assert line.a is not None
    assert line.p is not None
    assert line.a.get_text() == text
    assert line.p.get_text() == f"{text * 2}: {text}"
    assert {tag.name for tag in line.find_all(True)} == {"a", "time", "p", "bdi"}


def test_a_preview_is_without_the_marks_of_markdown() -> None:
    line = parsed(render.entry_fragment(Entry(body="- **Buy** `rope`\n- *sail*"), 0))
    assert line.p is not None
    assert line.p.get_text(" ", strip=True) == "Ada: Buy rope sail"


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (Entry(unread=0), None),
        (Entry(unread=1), "1 unread"),
        (Entry(unread=100, is_unread_capped=True), "99+ unread"),
    ],
)
def test_a_line_says_how_much_is_unread(entry: Entry, said: str | None) -> None:
    line = parsed(render.entry_fragment(entry, 7))
    assert (line.b.get_text() if line.b else None) == said
    assert attribute(line.find("li"), "data-unread") == str(entry.unread)
    assert attribute(line.find("hx-title"), "unread") == "7"


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (Entry(), "Ada: Hello"),
        (Entry(title="Ada"), "Hello"),
        (Entry(kind="self"), "Hello"),
        (Entry(author_id=None, author_name=None, body=None), "No messages yet"),
        (Entry(body="Hello\n\nthere\n."), "Ada: Hello there ."),
        (Entry(body=""), "Ada: "),
        (Entry(body="Secret", unsent_at=NOON), "Ada: Message unsent"),
        (Entry(body="o" * 120), "Ada: " + "o" * 120),
        (Entry(body="o" * 121), "Ada: " + "o" * 119 + "…"),
        (Entry(body="o" * 118 + "👍🏽👍🏽"), "Ada: " + "o" * 118 + "…"),
    ],
)
def test_a_line_says_who_said_what_as_far_as_it_is_not_clear(entry: Entry, said: str) -> None:
    line = parsed(render.entry_fragment(entry, 0)).p
    assert line is not None
    assert line.get_text() == said


def test_a_draft_stands_before_the_last_message() -> None:
    line = parsed(render.entry_fragment(Entry(draft="<b>\n\nwords", draft_saved_at=5), 0))
    assert [p.get_text() for p in line.select("p.preview")] == ["Draft: <b> words", "Ada: Hello"]
    assert attribute(line.select_one("#conversation-7"), "data-draft") == "5"
