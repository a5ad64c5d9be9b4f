"""Editing by form: on the message's page, and no text is ever lost."""

import pytest

from db.users import User
from tests.applications import Site, database_away
from tests.clients import Visitor
from tests.factories import make_conversation, make_message
from tests.pages import Page, attribute, errors, parsed, text_of

CHANGED = "This message was changed on another device. Both texts are below."


@pytest.fixture
async def path(user: User, other: User) -> str:
    """Ada has said something, then Bob."""
    chat = await make_conversation([user, other])
    await make_message(user, chat, "\nHello <b>")
    await make_message(other, chat, "Answer")
    return f"/chat/{chat}/"


def form_of(html: str) -> dict[str, str]:
    """The fields of the form on a message's page."""
    form = parsed(html).select_one("form#edit")
    assert form is not None
    fields = {attribute(field, "name"): attribute(field, "value") for field in form.select("input")}
    return fields | {"body": text_of(form.select_one("textarea"))}


async def test_the_message_page_has_the_form_and_shows_what_was_said_before(
    ada: Visitor, bob: Visitor, path: str
) -> None:
    fields = form_of((await ada.get(f"{path}1/")).text)
    assert fields["body"] == "\nHello <b>"
    fields["body"] = "  Hello & good morning\r\n"
    saved = await ada.post(f"{path}1/edit/", **fields)
    assert saved.status_code == 303
    place, _, fragment = saved.headers["location"].partition("#")
    assert place == f"{path}?at=1"
    message = parsed((await ada.get(place)).text).find(id=fragment)
    assert message is not None
    assert text_of(message.select_one(".body")) == "  Hello & good morning"
    assert text_of(message.select_one("time.edited")) == "edited"
    page = parsed((await bob.get(f"{path}1/")).text)
    assert [text_of(text) for text in page.select(".versions .text")] == ["\nHello <b>"]
    assert ". Edited " in text_of(page.select_one(".lead"))
    assert page.select_one("form#edit") is None


async def test_htmx_gets_the_message(ada: Visitor, path: str) -> None:
    first, again = [
        await ada.hx_post(f"{path}1/edit/", body="Other words", revision="1") for _ in range(2)
    ]
    assert (first.status_code, first.text) == (200, again.text)
    page = Page()
    page.apply(first.text)
    [message] = page.messages()
    assert (message.body, message.revision, message.is_edited) == ("Other words", 3, True)


async def test_htmx_gets_the_form_alone(ada: Visitor, path: str) -> None:
    form = await ada.get(f"{path}1/edit/", HX_Request="true")
    assert "<html" not in form.text
    fields = form_of(form.text)
    await ada.post(f"{path}1/edit/", **fields | {"body": "Of another device"})
    for body, status in (("Other words", 409), (" ", 422)):
        refused = await ada.hx_post(f"{path}1/edit/", **fields | {"body": body})
        assert refused.status_code == status
        assert "<html" not in refused.text
        assert errors(refused.text).keys() == {"text"}
        assert form_of(refused.text)["body"] == body


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("", "Type a message first."),
        ("\u200b", "Type a message first."),
        ("x" * 8001, "A message has at most 8,000 characters. This one has 8,001."),
    ],
)
async def test_a_refused_text_comes_back(ada: Visitor, path: str, body: str, sentence: str) -> None:
    refused = await ada.post(f"{path}1/edit/", body=body, revision="1")
    assert refused.status_code == 422
    assert errors(refused.text) == {"text": sentence}
    assert form_of(refused.text)["body"] == body
    assert (await ada.page(path)).bodies() == ["\nHello <b>", "Answer"]


async def test_the_second_of_two_devices_sees_both_texts_and_can_save_its_own(
    ada: Visitor, path: str
) -> None:
    desk, phone = [form_of((await ada.get(f"{path}1/")).text) for _ in range(2)]
    await ada.post(f"{path}1/edit/", **desk | {"body": "From the desk"})
    refused = await ada.post(f"{path}1/edit/", **phone | {"body": "From the phone"})
    assert refused.status_code == 409
    assert errors(refused.text) == {"text": CHANGED}
    assert text_of(parsed(refused.text).select_one(".at-hand .body")) == "From the desk"
    fields = form_of(refused.text)
    assert fields["body"] == "From the phone"
    assert (await ada.post(f"{path}1/edit/", **fields)).status_code == 303
    assert (await ada.page(path)).bodies()[0] == "From the phone"


async def test_the_text_for_an_unsent_message_is_kept(ada: Visitor, path: str) -> None:
    await ada.post(f"{path}1/unsend/")
    refused = await ada.post(f"{path}1/edit/", body="\nOther <words>", revision="1")
    assert refused.status_code == 422
    page = parsed(refused.text)
    assert text_of(page.select_one(".kept textarea")) == "\nOther <words>"
    assert "This message was unsent." in text_of(page.select_one(".kept .hint"))
    assert page.select_one("form#edit") is None


async def test_a_message_of_another_cannot_be_edited(ada: Visitor, path: str) -> None:
    assert parsed((await ada.get(f"{path}2/")).text).select_one("form#edit") is None
    refused = await ada.post(f"{path}2/edit/", body="Mine", revision="2")
    assert refused.status_code == 422
    kept = parsed(refused.text)
    assert "Only the author of a message can do this." in text_of(kept.select_one(".kept .hint"))
    assert text_of(kept.select_one(".kept textarea")) == "Mine"
    assert (await ada.page(path)).bodies() == ["\nHello <b>", "Answer"]


async def test_an_outsider_learns_nothing(site: Site, path: str) -> None:
    [eve] = await site.people("eve")
    for position in (1, 9):
        refused = await eve.post(f"{path}{position}/edit/", body="Mine", revision="1")
        assert refused.status_code == 404
        assert "Answer" not in refused.text
        assert text_of(parsed(refused.text).select_one("textarea")) == "Mine"


@pytest.mark.parametrize("revision", ["", "x", "-1"])
async def test_a_damaged_form_gives_the_text_back(ada: Visitor, path: str, revision: str) -> None:
    refused = await ada.post(f"{path}1/edit/", body="Other words", revision=revision)
    assert refused.status_code == 400
    assert text_of(parsed(refused.text).select_one("textarea")) == "Other words"


async def test_without_a_session_or_a_database_the_text_is_kept(
    site: Site, ada: Visitor, bob: Visitor, path: str
) -> None:
    stale = form_of((await ada.get(f"{path}1/")).text) | {"body": "Other words"}
    answers = [(401, await (await site.stranger()).post(f"{path}1/edit/", **stale))]
    answers.append((401, await bob.post(f"{path}1/edit/", **stale)))
    with database_away():
        answers.append((503, await ada.post(f"{path}1/edit/", **stale)))
    for status, answer in answers:
        assert answer.status_code == status
        kept = [text_of(text) for text in parsed(answer.text).select("textarea")]
        assert kept == ["Other words"]
    assert (await ada.page(path)).bodies() == ["\nHello <b>", "Answer"]


async def test_the_address_of_the_form_leads_to_it(ada: Visitor, path: str) -> None:
    answer = await ada.get(f"{path}1/edit/")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{path}1/#edit")
