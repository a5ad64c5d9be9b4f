"""Drafts by form: no text is lost, and none is another's."""

import pytest

from db.users import User
from tests.applications import Site, database_away
from tests.clients import Visitor
from tests.factories import make_conversation, new_id
from tests.pages import attribute, errors, parsed, text_of


@pytest.fixture
async def path(user: User, other: User) -> str:
    return f"/chat/{await make_conversation([user, other])}/"


async def fields(visitor: Visitor, path: str) -> dict[str, str]:
    """Those of the composer, and its text."""
    form = parsed((await visitor.get(path)).text).select_one("form#composer")
    assert form is not None
    hidden = {attribute(field, "name"): attribute(field, "value") for field in form.select("input")}
    return hidden | {"body": text_of(form.find("textarea"))}


async def test_a_draft_comes_back_with_the_page_and_in_the_inbox(
    ada: Visitor, bob: Visitor, path: str
) -> None:
    form = await fields(ada, path)
    saved = await ada.post(f"{path}draft/", **form | {"body": "\nHello\r\n<b> "})
    assert (saved.status_code, saved.headers["location"]) == (303, path)
    again = await fields(ada, path)
    assert again["body"] == "\nHello\n<b> "
    assert again["client_id"] == form["client_id"]
    line = parsed((await ada.get("/")).text).select_one(".entry .draft")
    assert text_of(line) == "Draft: Hello <b> "
    assert (await fields(bob, path))["body"] == ""
    assert "Draft:" not in (await bob.get("/")).text
    await ada.post(f"{path}messages/", **again)
    assert (await fields(ada, path))["body"] == ""
    assert "Draft:" not in (await ada.get("/")).text
    assert (await ada.page(path)).bodies() == ["\nHello\n<b>".strip("\n")]


async def test_an_empty_one_is_gone(ada: Visitor, path: str) -> None:
    await ada.post(f"{path}draft/", body="Hello")
    assert (await ada.post(f"{path}draft/", **await fields(ada, path) | {"body": ""})).is_redirect
    assert (await fields(ada, path))["body"] == ""


async def test_the_second_of_two_devices_is_offered_the_first_ones(ada: Visitor, path: str) -> None:
    desk, phone = await fields(ada, path), await fields(ada, path)
    await ada.post(f"{path}draft/", **desk | {"body": "From the desk"})
    await ada.post(f"{path}draft/", **phone | {"body": "From the phone"})
    shown = await fields(ada, path)
    assert shown["body"] == "From the phone"
    page = parsed((await ada.get(path)).text)
    button = page.select_one("#other-draft button")
    assert text_of(button) == "Use the other draft"
    use = {attribute(button, "name"): attribute(button, "value")}
    shown["body"] = "From the phone, too"
    await ada.post(attribute(button, "formaction"), **shown, **use)
    assert (await fields(ada, path))["body"] == "From the desk"
    await ada.post(f"{path}messages/", **await fields(ada, path))
    assert (await fields(ada, path))["body"] == "From the phone, too"
    assert parsed((await ada.get(path)).text).select_one("#other-draft") is None


async def test_htmx_gets_a_mark_and_other_pages_the_text(ada: Visitor, path: str) -> None:
    saved = await ada.hx_post(f"{path}draft/", body="\nHello", client_id=(id := new_id()))
    assert saved.status_code == 200
    mark = parsed(saved.text).find("hx-draft")
    assert (attribute(mark, "client_id"), attribute(mark, "reply_to")) == (id, "")
    assert "Hello" not in saved.text
    shown = parsed((await ada.get(f"{path}draft/", HX_Request="true")).text).find("hx-draft")
    assert text_of(shown) == "\nHello"
    assert attribute(shown, "saved_at") == attribute(mark, "saved_at") != ""
    gone = await ada.hx_post(f"{path}draft/", body="", client_id=id)
    assert 'client_id="" saved_at=""' in gone.text


async def test_it_keeps_which_message_it_replies_to(ada: Visitor, path: str) -> None:
    saved = await ada.hx_post(f"{path}draft/", body="Hello", reply_to="7")
    assert attribute(parsed(saved.text).find("hx-draft"), "reply_to") == "7"


async def test_the_timed_refresh_stays(ada: Visitor, path: str) -> None:
    saved = await ada.post(f"{path}draft/", body="Hello", refresh="15")
    assert saved.headers["location"] == f"{path}?refresh=15"


async def test_what_is_too_long_comes_back(ada: Visitor, path: str) -> None:
    sentence = "A message has at most 8,000 characters. This one has 8,001."
    refused = await ada.post(f"{path}draft/", body="x" * 8001)
    assert refused.status_code == 422
    assert errors(refused.text) == {"composer": sentence}
    assert text_of(parsed(refused.text).find(id="body")) == "x" * 8001
    refused = await ada.hx_post(f"{path}draft/", body="x" * 8001)
    assert (refused.status_code, sentence in refused.text) == (422, True)


@pytest.mark.parametrize("damage", [{"saved_at": "x"}, {"reply_to": "-1"}, {"client_id": "x"}])
async def test_a_damaged_form_gives_the_text_back(
    ada: Visitor, path: str, damage: dict[str, str]
) -> None:
    refused = await ada.post(f"{path}draft/", body="Hello", **damage)
    assert refused.status_code in (400, 422)
    assert "Hello" in [text_of(text) for text in parsed(refused.text).select("textarea")]


async def test_without_a_session_or_a_database_the_text_is_kept(
    site: Site, ada: Visitor, bob: Visitor, path: str
) -> None:
    form = await fields(ada, path) | {"body": "Hello"}
    answers = [(401, await (await site.stranger()).post(f"{path}draft/", **form))]
    answers.append((401, await bob.post(f"{path}draft/", **form)))
    with database_away():
        answers.append((503, await ada.post(f"{path}draft/", **form)))
    for status, answer in answers:
        assert answer.status_code == status
        assert [text_of(text) for text in parsed(answer.text).select("textarea")] == ["Hello"]
    assert (await fields(bob, path))["body"] == ""


async def test_an_outsider_learns_nothing(site: Site, ada: Visitor, path: str) -> None:
    [eve] = await site.people("eve")
    await ada.post(f"{path}draft/", body="Hello")
    for answer in (
        await eve.post(f"{path}draft/", body="Mine"),
        await eve.get(f"{path}draft/", HX_Request="true"),
    ):
        assert answer.status_code == 404
        assert "Hello" not in answer.text


async def test_saving_drafts_leaves_the_allowance_for_sending(ada: Visitor, path: str) -> None:
    while (await ada.hx_post(f"{path}draft/", body="Hello")).status_code != 429:
        pass
    sent = await ada.post(f"{path}messages/", body="Hello", client_id=new_id())
    assert sent.status_code == 303


async def test_what_can_no_longer_be_sent_can_be_read_and_deleted(
    site: Site, ada: Visitor, bob: Visitor
) -> None:
    tea = f"/chat/{await bob.start('ada', title='Tea')}/"
    await ada.post(f"{tea}draft/", body="\nHello")
    await ada.post(f"{tea}leave/")
    page = parsed((await ada.get("/scheduled/")).text)
    assert text_of(page.select_one(".text")) == "\nHello"
    form = page.select_one("form[action='/scheduled/drafts/']")
    assert form is not None
    id = attribute(form.find("input"), "value")
    await bob.post("/scheduled/drafts/", client_id=id)
    assert "Hello" in (await ada.get("/scheduled/")).text
    deleted = await ada.post("/scheduled/drafts/", client_id=id)
    assert (deleted.status_code, deleted.headers["location"]) == (303, "/scheduled/")
    assert "Hello" not in (await ada.get("/scheduled/")).text
