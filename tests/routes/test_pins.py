"""Pinning by form, the line at a conversation's top, and the list of what is pinned."""

import asyncio

import pytest

from db.pins import MOST
from db.users import User
from tests.applications import Site
from tests.clients import Visitor
from tests.factories import make_conversation, make_message, make_messages, make_user
from tests.pages import Page, attribute, errors, parsed, text_of


@pytest.fixture
async def path(user: User, other: User) -> str:
    chat = await make_conversation([user, other])
    await make_message(user, chat, "The *plan*\nfor Sunday")
    await make_message(other, chat, "Answer")
    return f"/chat/{chat}/"


def action(html: str, kind: str) -> tuple[str, str]:
    """What the form of a message's page asks for, and in which words."""
    form = parsed(html).select_one(f'form[action$="/{kind}/"]')
    assert form is not None
    return attribute(form.find("input"), "value"), text_of(form.find("button")).strip()


async def test_a_message_is_pinned_on_its_page_and_shown_to_all_at_the_top(
    ada: Visitor, bob: Visitor, path: str
) -> None:
    assert (await bob.page(path)).pinned == ("", 0)
    assert action((await bob.get(f"{path}1/")).text, "pin") == ("1", "Pin for everyone")
    pinned = await bob.post(f"{path}1/pin/", on="1")
    assert pinned.status_code == 303
    assert pinned.headers["location"].startswith(f"{path}?at=1#message-")
    for visitor in (ada, bob):
        html = (await visitor.get(path)).text
        page = Page(html)
        assert page.pinned == ("The plan for Sunday", 1)
        assert [message.is_pinned for message in page.messages()] == [True, False]
        link = parsed(html).select_one("#pinned a.icon-pin")
        assert attribute(link, "href") == pinned.headers["location"]
    assert action((await ada.get(f"{path}1/")).text, "pin") == ("0", "Unpin")
    await ada.post(f"{path}1/pin/", on="0")
    page = await bob.page(path)
    assert (page.pinned, page.messages()[0].is_pinned) == (("", 0), False)


async def test_the_list_says_who_pinned_what_the_last_first(
    ada: Visitor, bob: Visitor, path: str
) -> None:
    empty = await ada.get(f"{path}pinned/")
    assert "Nothing is pinned here." in empty.text
    await ada.post(f"{path}2/pin/", on="1")
    await bob.post(f"{path}1/pin/", on="1")
    html = (await ada.get(f"{path}pinned/")).text
    page = parsed(html)
    assert [text_of(bdi) for bdi in page.select(".excerpts .hint bdi")] == ["Bob", "Ada"]
    assert [text_of(body) for body in page.select(".excerpts .body")] == [
        "The plan\nfor Sunday",
        "Answer",
    ]
    assert {button["value"] for button in page.select("button[name=on]")} == {"0"}


async def test_htmx_gets_the_message(ada: Visitor, path: str) -> None:
    first, again = [await ada.hx_post(f"{path}1/pin/", on="1") for _ in range(2)]
    assert (first.status_code, first.text) == (200, again.text)
    page = Page()
    page.apply(first.text)
    [message] = page.messages()
    assert (message.is_pinned, message.revision) == (True, 3)


async def test_what_is_unsent_leaves_the_line_and_its_text_is_gone(
    ada: Visitor, bob: Visitor, path: str
) -> None:
    await bob.post(f"{path}2/pin/", on="1")
    await bob.post(f"{path}1/pin/", on="1")
    await ada.post(f"{path}1/unsend/")
    assert (await bob.page(path)).pinned == ("Answer", 1)
    for page in (path, f"{path}pinned/", f"{path}1/"):
        assert "plan" not in (await bob.get(page)).text
    refused = await bob.post(f"{path}1/pin/", on="1")
    assert refused.status_code == 422
    assert errors(refused.text) == {"form": "This message was unsent."}


async def test_a_conversation_has_only_so_many(ada: Visitor, user: User, other: User) -> None:
    chat = await make_conversation([user, other])
    await make_messages(user, chat, MOST + 1)
    for position in range(1, MOST + 1):
        assert (await ada.post(f"/chat/{chat}/{position}/pin/", on="1")).status_code == 303
    refused = await ada.post(f"/chat/{chat}/{MOST + 1}/pin/", on="1")
    assert refused.status_code == 422
    assert errors(refused.text) == {
        "form": "50 messages are pinned here already. Unpin one to pin another."
    }


async def test_two_people_pin_at_the_same_moment(ada: Visitor, bob: Visitor, path: str) -> None:
    answers = await asyncio.gather(
        *(visitor.post(f"{path}{n}/pin/", on="1") for visitor in (ada, bob) for n in (1, 2))
    )
    assert {answer.status_code for answer in answers} == {303}
    page = await ada.page(path)
    assert page.pinned[1] == 2
    assert sorted(message.revision for message in page.messages()) == [3, 4]


@pytest.mark.parametrize("on", ["", "2", "yes"])
async def test_what_is_neither_on_nor_off_is_refused(ada: Visitor, path: str, on: str) -> None:
    for form in ("pin", "star"):
        refused = await ada.post(f"{path}1/{form}/", on=on)
        assert (refused.status_code, "must be 1 or 0" in refused.text) == (400, True)


async def test_outsiders_find_nothing(ada: Visitor, site: Site, path: str) -> None:
    eve = await site.visitor(await make_user("eve"))
    await ada.post(f"{path}1/pin/", on="1")
    for answer in (
        await eve.get(f"{path}pinned/"),
        await eve.get(f"{path}starred.css"),
        await eve.get(f"{path}places/"),
        await eve.get(f"{path}?on=2026-01-01"),
        await eve.post(f"{path}1/pin/", on="0"),
        await eve.post(f"{path}1/star/", on="1"),
    ):
        assert answer.status_code == 404
    assert (await ada.page(path)).pinned[1] == 1
    assert (await ada.post(f"{path}9/pin/", on="1")).status_code == 404


async def test_the_address_of_a_form_leads_to_the_message(ada: Visitor, path: str) -> None:
    for form in ("pin", "star"):
        assert (await ada.get(f"{path}1/{form}/")).headers["location"] == f"{path}1/"
