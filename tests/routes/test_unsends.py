"""Unsending by form: it asks once, and only one's own."""

import pytest

from actions import erasures
from db.users import User
from tests.applications import Site
from tests.clients import Visitor
from tests.factories import make_conversation, make_message, new_id
from tests.pages import Page, attribute, errors, parsed, text_of


@pytest.fixture
async def path(user: User, other: User) -> str:
    """Ada has said something, then Bob."""
    chat = await make_conversation([user, other])
    await make_message(user, chat, "Hello")
    await make_message(other, chat, "Answer")
    return f"/chat/{chat}/"


async def test_the_message_page_leads_to_a_page_that_asks_and_does_it(
    ada: Visitor, path: str
) -> None:
    page = parsed((await ada.get(f"{path}1/")).text)
    [link] = [a for a in page.select(".actions a") if text_of(a) == "Unsend…"]
    asks = parsed((await ada.get(attribute(link, "href"))).text)
    assert text_of(asks.h1) == "Unsend this message?"
    assert text_of(asks.select_one("main .body")) == "Hello"
    [form] = asks.select('main form[method="post"]')
    done = await ada.post(attribute(form, "action"))
    assert done.status_code == 303
    place, _, fragment = done.headers["location"].partition("#")
    assert place == f"{path}?at=1"
    tombstone = parsed((await ada.get(place)).text).select_one(f"#{fragment}.unsent .body")
    assert text_of(tombstone) == "Message unsent"
    page = parsed((await ada.get(f"{path}1/")).text)
    assert [text_of(action) for action in page.select(".actions > *")] == [
        "Show in conversation",
        "Copy link",
    ]
    assert "Unsent " in text_of(page.select_one(".lead"))
    again = await ada.get(f"{path}1/unsend/")
    assert (again.status_code, again.headers["location"]) == (303, f"{path}1/")


async def test_htmx_gets_the_tombstone(ada: Visitor, path: str) -> None:
    first, again = [await ada.hx_post(f"{path}1/unsend/") for _ in range(2)]
    assert (first.status_code, first.text) == (200, again.text)
    page = Page()
    page.apply(first.text)
    [message] = page.messages()
    assert (message.position, message.revision, message.is_unsent) == (1, 3, True)


async def test_a_message_of_another_cannot_be_unsent(ada: Visitor, bob: Visitor, path: str) -> None:
    page = parsed((await ada.get(f"{path}2/")).text)
    assert not [a for a in page.select("a") if text_of(a) == "Unsend…"]
    asked = await ada.get(f"{path}2/unsend/")
    assert (asked.status_code, asked.headers["location"]) == (303, f"{path}2/")
    refused = await ada.post(f"{path}2/unsend/")
    assert refused.status_code == 422
    assert errors(refused.text) == {"form": "Only the author of a message can do this."}
    assert (await ada.page(path)).bodies() == ["Hello", "Answer"]


async def test_an_outsider_learns_nothing(site: Site, path: str) -> None:
    [eve] = await site.people("eve")
    for answer in (
        await eve.get(f"{path}1/unsend/"),
        await eve.post(f"{path}1/unsend/"),
        await eve.post(f"{path}9/unsend/"),
    ):
        assert (answer.status_code, answer.text) == (404, (await eve.get(path)).text)


async def test_what_comes_back_from_an_old_form_is_kept(ada: Visitor, path: str) -> None:
    """As in a text browser, in which one goes back to the form after unsending."""
    client_id = new_id()
    await ada.post(f"{path}messages/", client_id=client_id, body="Third")
    await ada.post(f"{path}3/unsend/")
    refused = await ada.post(f"{path}messages/", client_id=client_id, body="Third")
    page = Page(refused.text)
    assert (refused.status_code, page.draft) == (422, "Third")
    assert page.error == "This message was unsent. Send again to send it as a new one."
    sent = await ada.post(f"{path}messages/", client_id=page.client_id, body=page.draft)
    assert sent.status_code == 303


async def test_the_unread_line_and_counts_leave_it_out(
    ada: Visitor, bob: Visitor, path: str
) -> None:
    await ada.post(f"{path}read/", position="1")
    assert (await ada.page("/")).unread == 1
    await bob.post(f"{path}2/unsend/")
    inbox = await ada.page("/")
    assert inbox.unread == 0
    assert [(line.unread, "Message unsent" in line.text) for line in inbox.inbox()] == [(0, True)]
    assert 'id="unread"' not in (await ada.get(path)).text


async def test_the_server_erases_it_by_itself(
    site: Site, ada: Visitor, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(erasures, "request", asked.append)
    await ada.post(f"{path}1/unsend/")
    assert asked
