"""What a message shows."""

from dataclasses import dataclass

import pytest
from markupsafe import Markup

import render
from db.reactions import Reaction
from render import messages
from render.dates import DAY
from tests.pages import attribute, parsed, text_of

NOON = 20_000 * DAY + DAY // 2


@dataclass
class Message:
    conversation_id: int = 9
    position: int = 3
    revision: int = 4
    author_id: int = 1
    author_name: str = "Ada"
    author_tint: int | None = None
    client_id: str = "x"
    body: str = "Hello"
    created_at: int = NOON
    previous_author_id: int | None = 1
    previous_created_at: int | None = NOON
    unsent_at: int | None = None
    edited_at: int | None = None
    reply_to: int | None = None
    quoted_author_id: int | None = None
    quoted_name: str | None = None
    quoted_tint: int | None = None
    quoted_body: str | None = None
    forwarded_from: int | None = None
    forwarded_name: str | None = None
    pinned_at: int | None = None
    reactions: tuple[Reaction, ...] | None = None
    event: str | None = None
    event_user_id: int | None = None
    event_about: str | None = None
    mentions: tuple[tuple[str, int], ...] | None = None


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
    assert (messages.is_continued(message), messages.is_day_opening(message)) == (
        continued,
        opening,
    )


@pytest.mark.parametrize("text", ["Ada", "100 % %(body)s", "<b>&\"'", "שלום עולם", "{{ body }}"])
@pytest.mark.parametrize("author", [1, 2])
def test_what_people_write_is_shown_as_they_wrote_it(text: str, author: int) -> None:
    message = Message(author_name=text, body=text, previous_author_id=author)
    element = parsed(render.message_fragment(message)).select_one("#message-1-x")
    assert element is not None
    name, body = element.select_one(".author"), element.select_one(".body")
    assert name is not None
    assert body is not None
    assert (name.get_text(), body.get_text()) == (text, text)
    assert {tag.name for tag in element.find_all(True)} == {"a", "bdi", "div", "p", "span", "time"}


def test_emoji_alone_are_large_and_words_have_their_markdown() -> None:
    for body, large, elements in (("🎉", True, []), ("*Hello* 🎉", False, ["em"])):
        element = parsed(render.message_fragment(Message(body=body))).select_one("#message-1-x")
        assert element is not None
        assert ("large" in element["class"]) is large
        assert [each.name for each in element.select(".body *")] == elements


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (Message(), {"class": ["author"]}),
        (Message(previous_author_id=2), {"class": ["author", "tint-3"], "data-face": "A"}),
        (
            Message(previous_author_id=2, author_tint=0),
            {"class": ["author", "tint-0"], "data-face": "A"},
        ),
    ],
)
def test_only_the_first_message_of_a_run_has_a_face(
    message: Message, shown: dict[str, object]
) -> None:
    author = parsed(render.message_fragment(message)).select_one(".author")
    assert author is not None
    assert author.attrs == shown


def test_the_time_leads_to_the_messages_own_page() -> None:
    page = parsed(render.message_fragment(Message(conversation_id=2**53, position=3)))
    link = page.select_one(".meta > a:has(> time)")
    assert attribute(link, "href") == f"/chat/{2**53}/3/"


def test_the_first_message_of_a_day_says_which() -> None:
    page = parsed(render.message_fragment(Message(previous_created_at=NOON - DAY)))
    heading = page.select_one(".message > h2.day > time")
    assert heading is not None
    assert (attribute(heading, "datetime"), heading.get_text()) == (
        "2024-10-04",
        "4 October 2024",
    )
    assert parsed(render.message_fragment(Message())).select_one(".day") is None


def test_a_cursor_stands_behind_the_message_it_counts() -> None:
    message = Message(revision=2**53)
    alone = render.message_fragment(message)
    assert "hx-cursor" not in alone
    assert render.message_fragment(message, is_cursor=True) == alone + render.cursor_fragment(2**53)
    cursor = parsed(render.cursor_fragment(2**53)).find("hx-cursor")
    assert attribute(cursor, "revision") == str(2**53)


def test_a_message_that_cannot_be_rendered_is_a_sentence_in_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(text: str) -> Markup:
        raise ValueError(text)

    monkeypatch.setattr(messages, "formatted", fail)
    element = parsed(render.message_fragment(Message())).select_one("#message-1-x")
    assert element is not None
    assert attribute(element, "data-position") == "3"
    assert messages.UNSHOWABLE in element.get_text()


def test_of_an_unsent_message_its_place_stays() -> None:
    page = parsed(render.message_fragment(Message(body="Secret", unsent_at=NOON)))
    element = page.select_one("#message-1-x.unsent")
    assert element is not None
    assert (attribute(element, "data-position"), attribute(element, "data-revision")) == ("3", "4")
    assert text_of(element.select_one(".body")) == "Message unsent"
    assert "Secret" not in str(page)
    assert parsed(render.message_fragment(Message())).select_one(".unsent") is None


def test_an_edited_message_says_so_and_when() -> None:
    page = parsed(render.message_fragment(Message(edited_at=NOON + 1000)))
    mark = page.select_one("#message-1-x .meta time.edited")
    assert (text_of(mark), attribute(mark, "datetime")) == ("edited", "2024-10-04T12:00:01Z")
    assert parsed(render.message_fragment(Message())).select_one(".edited") is None


def test_an_element_is_named_by_its_author_and_client_id() -> None:
    assert messages.dom_id(Message(author_id=7, client_id="abc")) == "message-7-abc"


def test_a_view_is_escaped_whole() -> None:
    """messages/_message.html escapes nothing: not one field may hold what a person has written."""
    hostile = "\"'><script>"
    message = Message(
        author_name=hostile,
        client_id=hostile,
        body=hostile,
        previous_author_id=2,
        reactions=(Reaction("👍", 1, (1,), (hostile,)),),
    )
    view = vars(messages.view(message))
    [reaction] = view.pop("reactions")
    for name, value in (view | vars(reaction)).items():
        assert isinstance(value, Markup) or not set(str(value)) & set("<>&\"'"), name
    assert "<script>" not in render.message_fragment(message)
