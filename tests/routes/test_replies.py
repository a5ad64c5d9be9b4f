"""Replying by form: from the message's page, and the place and the text are kept."""

import pytest

from db.users import User
from tests.applications import Site, database_away
from tests.clients import Visitor
from tests.factories import make_conversation, make_message, make_messages, new_id
from tests.pages import Page, attribute, error, parsed, quote, text_of

GONE = "The message that you reply to was unsent. Send again to send this without a reply."


@pytest.fixture
async def path(user: User, other: User) -> str:
    """Bob has said something."""
    chat = await make_conversation([user, other])
    await make_message(other, chat, "**Tea** & cake\n\n> or not")
    return f"/chat/{chat}/"


def reply_link(html: str) -> str:
    [link] = parsed(html).select("a[data-reply]")
    return attribute(link, "href")


def reply_to(html: str) -> str:
    """What the composer's message replies to."""
    return attribute(parsed(html).select_one("#composer [name=reply_to]"), "value")


async def test_the_message_page_leads_to_the_composer_which_shows_what_it_replies_to(
    ada: Visitor, path: str
) -> None:
    place, _, anchor = reply_link((await ada.get(f"{path}1/")).text).partition("#")
    page = await ada.get(place)
    composer = parsed(page.text).select_one("#composer")
    assert composer is not None
    assert quote(composer) == "1 Reply to Bob Tea & cake\nor not"
    assert parsed(page.text).find(id=anchor) is not None
    sent = await ada.post(
        f"{path}messages/",
        client_id=Page(page.text).client_id,
        body="Both",
        reply_to=reply_to(page.text),
    )
    assert sent.headers["location"] == path
    log = await ada.page(path)
    assert [(m.body, m.quote) for m in log.messages()][1:] == [("Both", "1 Bob Tea & cake\nor not")]
    [link] = parsed((await ada.get(path)).text).select("#messages .quote")
    assert attribute(link, "href") == f"{path}1/"
    away = parsed(page.text).select_one(".replying .icon-close")
    assert reply_to((await ada.get(attribute(away, "href"))).text) == ""


async def test_the_link_keeps_the_place(ada: Visitor, user: User, other: User) -> None:
    chat = await make_conversation([user, other])
    await make_messages(other, chat, 120)
    page = await ada.get(f"/chat/{chat}/?reply=20")
    assert "Message 20" in Page(page.text).bodies()
    assert reply_to(page.text) == "20"


async def test_htmx_gets_the_reply(ada: Visitor, path: str) -> None:
    client_id = new_id()
    fields = {"client_id": client_id, "body": "Both", "reply_to": "1"}
    first, again = [await ada.hx_post(f"{path}messages/", **fields) for _ in range(2)]
    assert (first.status_code, first.text) == (200, again.text)
    page = Page()
    page.apply(first.text)
    assert page.messages()[0].quote == "1 Bob Tea & cake\nor not"


async def test_a_refused_text_keeps_what_it_replies_to(ada: Visitor, path: str) -> None:
    refused = await ada.post(f"{path}messages/", client_id=new_id(), body=" ", reply_to="1")
    assert refused.status_code == 422
    assert reply_to(refused.text) == "1"
    assert parsed(refused.text).select_one(".replying .quote") is not None


async def test_a_reply_to_what_was_unsent_is_refused_and_can_be_sent_without(
    ada: Visitor, bob: Visitor, path: str
) -> None:
    fields = {"client_id": new_id(), "body": "\nBoth <b>"}
    await bob.post(f"{path}1/unsend/")
    refused = await ada.post(f"{path}messages/", **fields, reply_to="1")
    assert refused.status_code == 422
    assert error(parsed(refused.text)) == GONE
    assert Page(refused.text).draft == "\nBoth <b>"
    assert reply_to(refused.text) == ""
    assert "Reply" not in text_of(parsed((await ada.get(f"{path}1/")).text).select_one(".actions"))
    for gone in ("1", "9"):
        assert reply_to((await ada.get(f"{path}?reply={gone}")).text) == ""
    again = await ada.hx_post(f"{path}messages/", **fields, reply_to="1")
    assert (again.status_code, GONE in again.text) == (422, True)


async def test_the_same_form_with_another_original_is_another_message(
    ada: Visitor, user: User, path: str
) -> None:
    chat = int(path.split("/")[2])
    await make_message(user, chat)
    fields = {"client_id": new_id(), "body": "Both"}
    assert (await ada.post(f"{path}messages/", **fields, reply_to="1")).status_code == 303
    refused = await ada.post(f"{path}messages/", **fields, reply_to="2")
    assert refused.status_code == 422
    assert reply_to(refused.text) == "2"


@pytest.mark.parametrize("position", ["x", "-1", "1.5", "9" * 17])
async def test_a_damaged_field_gives_the_text_back(ada: Visitor, path: str, position: str) -> None:
    refused = await ada.post(f"{path}messages/", client_id=new_id(), body="Hi", reply_to=position)
    assert refused.status_code == 400
    assert text_of(parsed(refused.text).select_one("textarea")) == "Hi"


async def test_without_a_database_the_reply_is_kept(ada: Visitor, path: str) -> None:
    with database_away():
        kept = await ada.post(f"{path}messages/", client_id=new_id(), body="Both", reply_to="1")
    assert (kept.status_code, reply_to(kept.text)) == (503, "1")


async def test_an_outsider_sees_no_quote(site: Site, path: str) -> None:
    [eve] = await site.people("eve")
    assert (await eve.get(f"{path}?reply=1")).status_code == 404


async def test_what_is_unsent_is_gone_from_all_pages(ada: Visitor, bob: Visitor, path: str) -> None:
    await ada.post(f"{path}messages/", client_id=new_id(), body="Both", reply_to="1")
    await bob.post(f"{path}1/unsend/")
    for page in (path, f"{path}log/", f"{path}2/", f"{path}?at=2", "/"):
        assert "Tea" not in (await ada.get(page)).text, page
    [_, reply] = (await ada.page(path)).messages()
    assert reply.quote == "1 Bob Message unsent"
