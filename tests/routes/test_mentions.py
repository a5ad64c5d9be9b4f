"""Mentions by request: whom the composer offers, and what a plain page shows."""

from urllib.parse import quote

import pytest

from actions.mentions import SUGGESTIONS
from db.users import User
from tests.applications import Site
from tests.clients import Visitor
from tests.factories import make_conversation, make_message, make_user, new_id
from tests.pages import attribute, parsed, text_of


@pytest.fixture
async def zoe() -> User:
    return await make_user("zoe_l", "Zoë Lindqvist")


@pytest.fixture
async def group(user: User, other: User, zoe: User) -> int:
    return await make_conversation([user, other, zoe], "Tea")


async def offered(visitor: Visitor, chat: int, q: str) -> list[str]:
    """The usernames."""
    response = await visitor.get(f"/chat/{chat}/people/?q={quote(q)}", HX_Request="true")
    assert response.status_code == 200
    options = parsed(f"<ul>{response.text}</ul>").select("[role=option]")
    return [attribute(option, "data-username") for option in options]


async def test_people_are_offered_by_username_and_by_each_word_of_their_name(
    ada: Visitor, group: int
) -> None:
    for q in ("zo", "ZOË", "lind", "zoe_"):
        assert await offered(ada, group, q) == ["zoe_l"], q
    for q in ("oe", "%", "stranger", "<b>"):
        assert await offered(ada, group, q) == [], q
    assert await offered(ada, group, "") == ["bob", "zoe_l", "all"], "not oneself"


async def test_all_are_offered_in_a_group(ada: Visitor, group: int, other: User) -> None:
    assert await offered(ada, group, "al") == ["all"]
    assert await offered(ada, await ada.start("bob"), "al") == []


async def test_a_large_group_offers_a_few(ada: Visitor, user: User) -> None:
    people = [await make_user() for _ in range(60)]
    chat = await make_conversation([user, *people], "Town")
    assert (
        len(await offered(ada, chat, "person")) == SUGGESTIONS == len(await offered(ada, chat, ""))
    )


async def test_outsiders_are_told_nothing(site: Site, group: int) -> None:
    await make_user("mallory")
    outsider = await site.visitor(await make_user("eve"))
    found = await outsider.get(f"/chat/{group}/people/?q=", HX_Request="true")
    assert found.status_code == 404


async def test_a_plain_form_mentions_and_a_plain_inbox_says_so(
    ada: Visitor, bob: Visitor, group: int, other: User
) -> None:
    sent = await ada.post(
        f"/chat/{group}/messages/", client_id=new_id(), body="Hi @Bob and @stranger"
    )
    assert sent.status_code == 303
    mention = parsed((await bob.get(f"/chat/{group}/")).text).select_one(".mention")
    assert (text_of(mention), attribute(mention, "data-user")) == ("@Bob", str(other.id))
    line = parsed((await bob.get("/")).text).select_one(f"#conversation-{group}")
    assert line is not None
    assert " ".join(text_of(line.select_one(".marks")).split()) == "1 unread, @ mentioned"
    await bob.post(f"/chat/{group}/read/", position="1")
    assert "mentioned" not in (await bob.get("/")).text


async def test_a_forwarded_text_mentions_whom_it_names_there(
    ada: Visitor, user: User, other: User, group: int
) -> None:
    alone = await make_conversation([user])
    await make_message(user, alone, "Hi @bob")
    assert (await ada.page(f"/chat/{alone}/")).messages()[0].mentions == ()
    forwarded = await ada.post(f"/chat/{alone}/1/forward/", to=str(group), client_id=new_id())
    assert forwarded.status_code == 303
    [message] = (await ada.page(f"/chat/{group}/")).messages()
    assert message.mentions == (("@bob", str(other.id)),)


async def test_a_style_sheet_marks_what_mentions_its_owner(ada: Visitor, user: User) -> None:
    sheet = (await ada.get(f"/users/{user.id}/mine.css")).text
    assert f'.mention:is([data-user="{user.id}"], [data-user="all"])' in sheet
