"""Marking messages unread, and all of them read."""

from db.users import User
from tests.clients import Visitor
from tests.factories import make_conversation, make_messages
from tests.pages import Page, parsed


async def test_a_message_is_marked_unread_from_its_page_and_leads_to_the_inbox(
    ada: Visitor, user: User, other: User
) -> None:
    chat = await make_conversation([user, other])
    await make_messages(other, chat, 5)
    await ada.post(f"/chat/{chat}/read/", position="5")
    page = parsed((await ada.get(f"/chat/{chat}/3/")).text)
    form = page.select_one('form[action$="/unread/"]')
    assert form is not None
    answer = await ada.post(str(form["action"]))
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert [line.unread for line in Page((await ada.get("/")).text).inbox()] == [3]


async def test_ones_own_messages_are_never_unread(ada: Visitor, user: User) -> None:
    chat = await make_conversation([user])
    await make_messages(user, chat, 1)
    assert "/unread/" not in (await ada.get(f"/chat/{chat}/1/")).text


async def test_all_is_marked_read_by_a_button_of_the_account_menu(
    ada: Visitor, user: User, other: User
) -> None:
    for title in ("One", "Two"):
        await make_messages(other, await make_conversation([user, other], title), 2)
    page = parsed((await ada.get("/")).text)
    assert page.select_one('.account button[formaction="/read/"]') is not None
    answer = await ada.post("/read/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert [line.unread for line in Page((await ada.get("/")).text).inbox()] == [0, 0]


async def test_nobody_else_can_mark_anything(ada: Visitor, other: User) -> None:
    chat = await make_conversation([other])
    await make_messages(other, chat, 1)
    assert (await ada.post(f"/chat/{chat}/1/unread/")).status_code == 404
    assert (await ada.get(f"/chat/{chat}/1/unread/")).status_code == 404
