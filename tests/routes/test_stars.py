"""Keeping messages for oneself: by form, in a list, marked only for the user."""

import pytest

from db.users import User
from tests.applications import Site
from tests.clients import Visitor
from tests.factories import make_conversation, make_message, make_messages
from tests.pages import attribute, errors, parsed, text_of
from tests.routes.test_pins import action


@pytest.fixture
async def path(user: User, other: User) -> str:
    chat = await make_conversation([user, other], "Tea")
    await make_message(user, chat, "First")
    await make_message(other, chat, "Second")
    return f"/chat/{chat}/"


async def kept(visitor: Visitor, path: str = "/saved/") -> list[str]:
    page = parsed((await visitor.get(path)).text)
    return [text_of(body) for body in page.select(".excerpts .body")]


async def test_what_is_kept_stands_in_the_list_the_last_first(
    ada: Visitor, bob: Visitor, path: str
) -> None:
    assert "Nothing is kept." in (await ada.get("/saved/")).text
    assert action((await ada.get(f"{path}1/")).text, "star") == ("1", "Keep for me")
    starred = await ada.post(f"{path}1/star/", on="1")
    assert starred.headers["location"].startswith(f"{path}?at=1#message-")
    await ada.post(f"{path}2/star/", on="1")
    assert await kept(ada) == ["Second", "First"]
    assert await kept(bob) == []
    page = parsed((await ada.get("/saved/")).text)
    assert text_of(page.select_one(".excerpts .hint bdi")) == "Tea"
    assert attribute(page.select_one(".excerpts .buttons a"), "href").startswith(f"{path}?at=2#")
    assert action((await ada.get(f"{path}1/")).text, "star") == ("0", "Keep no longer")
    back = await ada.post(f"{path}2/star/", on="0", **{"from": "saved"})
    assert back.headers["location"] == "/saved/"
    assert await kept(ada) == ["First"]


async def test_the_conversation_marks_them_by_a_style_sheet_of_the_user(
    site: Site, ada: Visitor, bob: Visitor, path: str
) -> None:
    assert 'id="starred"' not in (await ada.get(path)).text
    assert (await ada.hx_post(f"{path}2/star/", on="1")).status_code == 204
    page = parsed((await ada.get(path)).text)
    sheet = await ada.get(attribute(page.find(id="starred"), "href"))
    assert sheet.headers["content-type"].startswith("text/css")
    assert sheet.headers["cache-control"] == "no-store"
    assert '[data-position="2"]' in sheet.text
    assert '[data-position="1"]' not in sheet.text
    assert 'id="starred"' not in (await bob.get(path)).text
    for visitor in (bob, await site.stranger()):
        answer = await visitor.get(f"{path}starred.css")
        assert (answer.status_code, answer.text) == (200, "")


async def test_what_can_no_longer_be_read_is_not_in_the_list(
    ada: Visitor, bob: Visitor, path: str
) -> None:
    for position in (1, 2):
        await bob.post(f"{path}{position}/star/", on="1")
    await ada.post(f"{path}1/unsend/")
    assert await kept(bob) == ["Second"]
    refused = await bob.post(f"{path}1/star/", on="1")
    assert (refused.status_code, errors(refused.text)) == (
        422,
        {"form": "This message was unsent."},
    )
    await bob.post(f"{path}leave/")
    assert await kept(bob) == []


async def test_a_long_list_has_pages(ada: Visitor, user: User) -> None:
    chat = await make_conversation([user])
    await make_messages(user, chat, 31)
    for position in range(1, 32):
        await ada.post(f"/chat/{chat}/{position}/star/", on="1")
    assert len(await kept(ada)) == 30
    page = parsed((await ada.get("/saved/")).text)
    earlier = attribute(page.select_one('a[href^="/saved/?before="]'), "href")
    assert await kept(ada, earlier) == ["Message 1"]
    assert (await ada.get("/saved/?before=x")).status_code == 400
