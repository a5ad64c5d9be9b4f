"""Text made safe to be shown, and times made readable."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from markupsafe import Markup

import render
from tests.pages import attribute, parsed

DAY = 24 * 60 * 60_000
NOON = 20_000 * DAY + DAY // 2


def links(text: str) -> list[tuple[str, str]]:
    """The links in a text that people wrote, with what they show. All else has to be text."""
    page = parsed(f"<p>{render.linked(text)}</p>")
    assert page.p is not None
    assert {tag.name for tag in page.p.find_all(True)} <= {"a", "br"}
    assert page.p.get_text() == text.replace("\r\n", "\n").replace("\r", "\n")
    for link in page.find_all("a"):
        assert set(link.attrs) == {"href", "target", "rel"}
        assert set(link.get("rel") or []) >= {"noopener", "noreferrer", "ugc", "nofollow"}
    return [(attribute(a, "href"), a.get_text()) for a in page.find_all("a")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see https://example.org/a?b=c&d=e#f.", ["https://example.org/a?b=c&d=e#f"]),
        ("http://example.org", ["http://example.org"]),
        ("www.example.org", ["http://www.example.org"]),
        ("ada@example.org", ["mailto:ada@example.org"]),
        ("(https://example.org/a_(b))", ["https://example.org/a_(b)"]),
        ("https://example.org/ä?ö=ü", ["https://example.org/ä?ö=ü"]),
        ("a https://one.org b https://two.org c", ["https://one.org", "https://two.org"]),
        (
            "https://example.org\nhttps://example.com",
            ["https://example.org", "https://example.com"],
        ),
    ],
)
def test_addresses_become_links(text: str, found: list[str]) -> None:
    assert [href for href, _ in links(text)] == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "1 < 2 && 3 > 2",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "java\nscript:alert(1)",
        "\x01javascript:alert(1)",
        "javascript://example%0aalert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:msgbox(1)",
        "file:///etc/passwd",
        "about:blank",
        "blob:x",
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "{{ 7 * 7 }}",
        "&lt;b&gt; &amp;",
        "ftp://x",
        "//x",
        "The end.",
        "Ada: at the end. And: again/",
    ],
)
def test_everything_else_stays_text(text: str) -> None:
    assert links(text) == []


@pytest.mark.parametrize(
    "text",
    [
        'https://example.org/"onmouseover="alert(1)',
        "https://example.org/'onmouseover='alert(1)",
        "https://example.org/<script>alert(1)</script>",
        "https://example.org/></a><script>alert(1)</script>",
        "https://example.org/&quot;onclick=alert(1)",
        'https://example.org/\\"><img src=x onerror=alert(1)>',
        "javascript:https://example.org/",
        "https://javascript:alert(1)@example.org/",
        "data:x,https://example.org",
        "https://ex\u202eample.org/\u2066",
        "http://example.org/`onclick=alert(1)`",
        "mailto:ada@example.org?body=<script>",
        "x@example.org'><script>",
    ],
)
def test_a_hostile_address_is_a_link_to_the_web_or_none(text: str) -> None:
    for href, _ in links(text):
        assert href.startswith(("https://", "http://", "mailto:")), href


@pytest.mark.parametrize(
    "text",
    ["x", "http://", "a.b", "@", "a@", "(", "https://example.org/(", "www.", "😀", "http://a.b/"],
)
def test_no_text_takes_long(text: str) -> None:
    fastest = 1e9
    for _ in range(3):
        begun = time.process_time()
        render.linked_word.cache_clear()
        render.linked(text * (8000 // len(text)))
        fastest = min(fastest, time.process_time() - begun)
    assert fastest < 0.25


def test_what_is_linked_is_safe_once_and_not_twice() -> None:
    assert isinstance(render.linked("<b>"), Markup)
    assert str(render.linked("<b> & 'x'")) == "&lt;b&gt; &amp; &#39;x&#39;"


@dataclass
class Message:
    position: int = 3
    revision: int = 4
    author_id: int = 1
    author_name: str = "Ada"
    client_id: str = "x"
    body: str = "Hello"
    created_at: int = NOON
    previous_author_id: int | None = 1
    previous_created_at: int | None = NOON


@pytest.mark.parametrize(
    ("message", "continued", "opening"),
    [
        (Message(), True, False),
        (Message(previous_created_at=NOON - 5 * 60_000 + 1), True, False),
        (Message(previous_created_at=NOON - 5 * 60_000), False, False),
        (Message(previous_author_id=2), False, False),
        (Message(previous_author_id=None, previous_created_at=None), False, True),
        (Message(created_at=NOON + DAY // 2, previous_created_at=NOON + DAY // 2 - 1), False, True),
        (Message(previous_created_at=NOON + 1000), True, False),
        (Message(previous_created_at=NOON + DAY), False, True),
    ],
)
def test_days_and_runs(message: Message, continued: bool, opening: bool) -> None:
    """Also where a clock went back."""
    assert (render.is_continued(message), render.is_day_opening(message)) == (continued, opening)


@pytest.mark.parametrize("name", ["Ada", "100 % %(body)s", "<b>&\"'", "שלום עולם", "{{ body }}"])
@pytest.mark.parametrize("body", ["Hello", "a\n<b>", "100 % %(revision)s", "www.example.org\n"])
@pytest.mark.parametrize(("author", "before"), [(1, NOON), (2, NOON), (None, None)])
def test_an_element_is_what_its_template_makes_of_it(
    name: str, body: str, author: int | None, before: int | None
) -> None:
    message = Message(
        author_name=name, body=body, previous_author_id=author, previous_created_at=before
    )
    template = render.templates.get_template("messages/_message.html")
    face = {"tint": render.tint(name), "initials": render.initials(name)}
    assert render.message_element(message) == template.render(message=message, **face).strip()


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


@pytest.mark.parametrize("text", ["Ada", "100 % %(body)s", "<b>&\"'", "שלום עולם", "{{ body }}"])
@pytest.mark.parametrize("unread", [0, 1, 100])
@pytest.mark.parametrize("is_current", [True, False])
def test_a_line_is_what_its_template_makes_of_it(text: str, unread: int, is_current: bool) -> None:
    entry = Entry(title=text, author_name=text * 2, body=text, unread=unread)
    template = render.templates.get_template("conversations/_entry.html")
    assert (
        render.entry_line(entry, is_current)
        == template.render(
            **vars(entry),
            author="named",
            is_unread=unread > 0,
            is_current=is_current,
            counted="99+" if unread == 100 else unread,
            iso=render.iso(NOON),
            ago_or_day=render.ago_or_day(NOON),
            tint=render.tint(text),
            initials=render.initials(text),
        ).strip()
    )


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (Entry(), "Ada: Hello"),
        (Entry(title="Ada"), "Hello"),
        (Entry(kind="self"), "Hello"),
        (Entry(author_id=None, author_name=None, body=None), "Nothing said yet"),
        (Entry(body="o" * 125), "Ada: " + "o" * 125),
        (Entry(body="o" * 126), "Ada: " + "o" * 119 + "…"),
    ],
)
def test_a_line_says_who_said_what_as_far_as_it_is_not_clear(entry: Entry, said: str) -> None:
    line = parsed(render.entry_line(entry)).p
    assert line is not None
    assert line.get_text() == said


def test_a_face_has_the_initials_of_a_name_and_always_the_same_colour() -> None:
    names = ["Ada Lovelace", "ada", "émile", " ", "<&>"]
    assert [render.initials(name) for name in names] == ["AL", "A", "É", "?", "<"]
    assert [render.tint(name) for name in names] == [0, 3, 4, 1, 3]


def test_a_message_that_cannot_be_rendered_is_a_sentence_in_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(text: str) -> Markup:
        raise ValueError(text)

    monkeypatch.setattr(render, "linked", fail)
    element = parsed(render.message_fragment(Message())).select_one("#message-1-x")
    assert element is not None
    assert attribute(element, "data-position") == "3"
    assert render.UNSHOWABLE in element.get_text()


def test_an_element_is_named_by_its_author_and_client_id() -> None:
    assert render.dom_id(Message(author_id=7, client_id="abc")) == "message-7-abc"


def test_times_are_told_in_utc() -> None:
    moment = int(datetime(2026, 11, 3, 6, 5, 4, tzinfo=UTC).timestamp() * 1000) + 999
    assert render.iso(moment) == "2026-11-03T06:05:04Z"
    assert render.clock(moment) == "06:05"
    assert render.day(moment) == "Tuesday, 3 November 2026"


def test_a_time_of_today_is_a_time_and_any_other_a_date() -> None:
    today = datetime.now(UTC)
    now = int(today.timestamp() * 1000)
    assert render.ago_or_day(now) in (render.clock(now), f"{today.day} {today:%b}")
    assert render.ago_or_day(0) == "1 Jan 1970"
    other = today.replace(month=7 if today.month < 7 else 1, day=15)
    assert render.ago_or_day(int(other.timestamp() * 1000)) == f"15 {other:%b}"


def test_the_build_of_static_files_changes_with_any_of_them(tmp_path: Path) -> None:
    builds = set()
    render.static_build.cache_clear()
    for name, text in (("a.css", "x"), ("a.css", "y"), ("b/a.css", "y"), ("b/c.js", "")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
        builds.add(render.static_build(tmp_path))
        render.static_build.cache_clear()
    assert len(builds) == 4
    assert render.asset("css/parley.css") == f"/static/{render.static_build()}/css/parley.css"


def test_a_cursor_mark_is_what_its_template_makes() -> None:
    for revision in (0, 5, 2**53):
        text = render.fragment("messages/cursor.fragment.html", revision=revision)
        assert render.cursor_fragment(revision) == text
