"""A message's own page: the message, what stands around it, and what can be done with it."""

import pytest

from db.users import User
from tests.applications import Site
from tests.clients import Visitor
from tests.factories import make_conversation, make_message, make_messages, make_user, new_id
from tests.pages import attribute, parsed, shown, text_of

NOON = 1_795_780_800_000  # 27 November 2026


async def test_the_time_of_each_message_leads_to_its_page(
    ada: Visitor, user: User, other: User
) -> None:
    chat = await make_conversation([user, other])
    await make_message(user, chat, "Hello", created_at=NOON)
    await make_message(other, chat, "Answer", created_at=NOON)
    log = parsed((await ada.get(f"/chat/{chat}/")).text)
    places = [attribute(link, "href") for link in log.select("#messages .meta a")]
    assert places == [f"/chat/{chat}/1/", f"/chat/{chat}/2/"]
    own, others = [parsed((await ada.get(place)).text) for place in places]
    assert [text_of(page.h1) for page in (own, others)] == ["Your message", "A message from Bob"]
    assert [text_of(page.select_one(".at-hand .body")) for page in (own, others)] == [
        "Hello",
        "Answer",
    ]
    time = own.select_one("time.full")
    assert attribute(time, "datetime") == "2026-11-27T12:00:00Z"
    assert text_of(time) == "Friday 27 November 2026, 12:00 UTC"


@pytest.mark.parametrize(
    ("position", "positions", "older", "newer"),
    [
        (1, [1, 2, 3, 4], "", "?after=4"),
        (4, [1, 2, 3, 4, 5, 6, 7], "", "?after=7"),
        (5, [2, 3, 4, 5, 6, 7, 8], "?before=2", "?after=8"),
        (9, [6, 7, 8, 9], "?before=6", ""),
    ],
)
async def test_a_message_stands_in_its_context(
    ada: Visitor, user: User, position: int, positions: list[int], older: str, newer: str
) -> None:
    chat = await make_conversation([user])
    await make_messages(user, chat, 9)
    page = parsed((await ada.get(f"/chat/{chat}/{position}/")).text)
    assert [message.position for message in shown(page)] == positions
    [at_hand] = page.select(".at-hand .message")
    assert attribute(at_hand, "data-position") == str(position)
    links = {text_of(a): attribute(a, "href") for a in page.select("main a")}
    for words, query in (("Older messages", older), ("Newer messages", newer)):
        assert links.get(words, "") == (f"/chat/{chat}/{query}" if query else "")


async def test_show_in_conversation_leads_to_the_message_there(ada: Visitor, user: User) -> None:
    chat = await make_conversation([user])
    await make_messages(user, chat, 120)
    page = parsed((await ada.get(f"/chat/{chat}/7/")).text)
    [href] = {
        attribute(a, "href")
        for a in page.select("main a")
        if text_of(a) in ("Show in conversation", "Back")
    }
    path, _, fragment = href.partition("#")
    message = parsed((await ada.get(path)).text).find(id=fragment)
    assert attribute(message, "data-position") == "7"


async def test_htmx_gets_what_can_be_done(ada: Visitor, user: User, other: User) -> None:
    chat = await make_conversation([user, other])
    await make_message(user, chat)
    await make_message(other, chat)
    found = []
    for position in (1, 2):
        menu = await ada.get(f"/chat/{chat}/{position}/", HX_Request="true")
        assert "<html" not in menu.text
        found.append([text_of(action) for action in parsed(menu.text).select(".actions .row")])
    everybodys = ["Details", "Reply", "Forward…", "Keep for me", "Pin for everyone"]
    assert found == [
        [*everybodys, "Copy text", "Copy link", "Edit", "Unsend…"],
        [*everybodys, "Mark as unread from here", "Copy text", "Copy link"],
    ]


async def test_an_outsider_gets_what_a_foreign_conversation_gives(
    site: Site, ada: Visitor, user: User
) -> None:
    chat = await make_conversation([user])
    await make_message(user, chat, "Secret")
    eve = await site.visitor(await make_user("eve"))
    foreign = await eve.get(f"/chat/{chat}/")
    for position in (1, 2):
        answer = await eve.get(f"/chat/{chat}/{position}/")
        assert (answer.status_code, answer.text) == (404, foreign.text)
    stranger = await (await site.stranger()).get(f"/chat/{chat}/1/")
    assert stranger.headers["location"] == f"/login/?next=/chat/{chat}/1/"
    assert (await ada.get(f"/chat/{chat}/1/")).status_code == 200


@pytest.mark.parametrize("position", ["0", "2", "01", "-1", "9" * 16, "9" * 17])
async def test_where_there_is_no_message_there_is_no_page(
    ada: Visitor, user: User, position: str
) -> None:
    chat = await make_conversation([user])
    await ada.post(f"/chat/{chat}/messages/", client_id=new_id(), body="Hello")
    assert (await ada.get(f"/chat/{chat}/{position}/")).status_code == 404
