"""Forwarding by form: to several conversations, once, and as words of who wrote them."""

import pytest

from db.users import User
from tests.applications import Site
from tests.clients import Visitor
from tests.factories import PASSWORD, make_conversation, make_message, make_user, new_id
from tests.pages import Page, attribute, errors, parsed, text_of

CHOOSE = "Choose a conversation first."
LEFT = "You are no longer in one of the conversations. Choose again."


@pytest.fixture
async def chat(user: User, other: User) -> int:
    """Bob has said something to Ada."""
    chat = await make_conversation([user, other])
    await make_message(other, chat, "**Doors** at seven")
    return chat


@pytest.fixture
async def tea(user: User) -> int:
    return await make_conversation([user, await make_user("cem")], "Tea")


@pytest.fixture
async def notes(user: User) -> int:
    return await make_conversation([user])


def fields_of(html: str) -> dict[str, str | list[str]]:
    """What the form sends as it stands."""
    form = parsed(html).select_one("main form[method=post]")
    chosen = [attribute(box, "value") for box in form.select("[name=to][checked]")] if form else []
    client_id = form.select_one("[name=client_id]") if form else None
    return {"client_id": attribute(client_id, "value"), "to": chosen}


def offered(html: str) -> list[str]:
    return [text_of(b) for b in parsed(html).select("#conversations li b")]


async def said(visitor: Visitor, chat: int) -> list[tuple[str, str]]:
    """The marks and the texts in a conversation."""
    page = parsed((await visitor.get(f"/chat/{chat}/")).text)
    return [
        (text_of(li.select_one(".forwarded")), text_of(li.select_one(".body")))
        for li in page.select("#messages .message")
    ]


async def forward(ada: Visitor, chat: int, *to: int, client_id: str | None = None) -> None:
    answer = await ada.post(
        f"/chat/{chat}/1/forward/", to=[str(id) for id in to], client_id=client_id or new_id()
    )
    assert answer.status_code == 303, answer.text


async def test_the_message_page_leads_to_the_form(
    ada: Visitor, chat: int, tea: int, notes: int
) -> None:
    [link] = [
        attribute(link, "href")
        for link in parsed((await ada.get(f"/chat/{chat}/1/")).text).select(".actions a")
        if text_of(link) == "Forward…"
    ]
    page = await ada.get(link)
    assert offered(page.text) == ["Note to self", "Tea", "Bob"]
    assert text_of(parsed(page.text).select_one(".context .body")) == "Doors at seven"
    fields = fields_of(page.text) | {"to": [str(tea), str(notes)]}
    sent = await ada.post(link, **fields)
    assert (sent.status_code, sent.headers["location"].partition("#")[0]) == (
        303,
        f"/chat/{chat}/?at=1",
    )
    for id in (tea, notes):
        assert await said(ada, id) == [("Forwarded from Bob", "Doors at seven")]


async def test_one_conversation_is_where_it_leads(ada: Visitor, chat: int, tea: int) -> None:
    sent = await ada.post(f"/chat/{chat}/1/forward/", to=str(tea), client_id=new_id())
    assert sent.headers["location"] == f"/chat/{tea}/"


async def test_looking_for_a_name_keeps_what_is_chosen(
    ada: Visitor, chat: int, tea: int, notes: int
) -> None:
    page = await ada.get(f"/chat/{chat}/1/forward/?q=te&to={notes}")
    assert offered(page.text) == ["Note to self", "Tea"]
    assert fields_of(page.text)["to"] == [str(notes)]
    page = await ada.get(f"/chat/{chat}/1/forward/?q=nothing")
    assert "Nothing found" in page.text


async def test_a_repeat_sends_nothing_twice(ada: Visitor, chat: int, tea: int, notes: int) -> None:
    client_id = new_id()
    await forward(ada, chat, tea, client_id=client_id)
    await forward(ada, chat, tea, client_id=client_id)
    await forward(ada, chat, notes, tea, tea, client_id=client_id.upper())
    assert len(await said(ada, tea)) == len(await said(ada, notes)) == 1


async def test_htmx_gets_the_new_messages(ada: Visitor, chat: int, tea: int) -> None:
    answer = await ada.hx_post(f"/chat/{chat}/1/forward/", to=str(tea), client_id=new_id())
    page = Page()
    page.apply(answer.text)
    assert page.bodies() == ["Doors at seven"]


async def test_what_is_wrong_is_said_and_what_was_chosen_stays(
    ada: Visitor, bob: Visitor, chat: int, tea: int
) -> None:
    path, client_id = f"/chat/{chat}/1/forward/", new_id()
    none = await ada.post(path, client_id=client_id)
    assert (none.status_code, CHOOSE in none.text) == (422, True)
    others = await bob.start("ada", title="Bob's")
    await ada.post(f"/chat/{others}/leave/")
    for elsewhere in (others, 12345):
        refused = await ada.post(path, to=[str(tea), str(elsewhere)], client_id=client_id)
        assert (refused.status_code, LEFT in refused.text) == (422, True)
        assert fields_of(refused.text) == {"client_id": client_id, "to": [str(tea)]}
    assert await said(ada, tea) == []
    many = [str(id) for id in range(1, 22)]
    refused = await ada.post(path, to=many, client_id=client_id)
    assert (refused.status_code, "You chose 21." in refused.text) == (422, True)
    damaged = await ada.post(path, to=str(tea), client_id="x")
    assert (damaged.status_code, "not a UUID" in damaged.text) == (422, True)
    assert (await ada.post(path, to="x", client_id=client_id)).status_code == 400
    assert await said(ada, tea) == []


async def test_what_was_unsent_cannot_be_forwarded(
    ada: Visitor, bob: Visitor, chat: int, tea: int
) -> None:
    await bob.post(f"/chat/{chat}/1/unsend/")
    answer = await ada.get(f"/chat/{chat}/1/forward/")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/chat/{chat}/1/")
    assert "Forward" not in text_of(parsed((await ada.get(f"/chat/{chat}/1/")).text).main)
    refused = await ada.post(f"/chat/{chat}/1/forward/", to=str(tea), client_id=new_id())
    assert refused.status_code == 422
    assert errors(refused.text)["form"] == "This message was unsent."
    assert await said(ada, tea) == []


async def test_an_outsider_forwards_nothing(site: Site, chat: int) -> None:
    [eve] = await site.people("eve")
    own = await eve.start("ada")
    assert (await eve.get(f"/chat/{chat}/1/forward/")).status_code == 404
    refused = await eve.post(f"/chat/{chat}/1/forward/", to=str(own), client_id=new_id())
    assert refused.status_code == 404
    assert await said(eve, own) == []


async def test_the_copy_belongs_to_who_forwarded_it(
    ada: Visitor, bob: Visitor, chat: int, tea: int
) -> None:
    """Its text is the one of that moment, and stays."""
    await forward(ada, chat, tea)
    await bob.post(f"/chat/{chat}/1/edit/", body="At eight", revision="1")
    await bob.post(f"/chat/{chat}/1/unsend/")
    assert await said(ada, tea) == [("Forwarded from Bob", "Doors at seven")]
    await ada.post(f"/chat/{tea}/1/unsend/")
    assert await said(ada, tea) == [("", "Message unsent")]


async def test_the_author_may_hide_and_what_was_forwarded_before_stays(
    ada: Visitor, bob: Visitor, chat: int, tea: int, notes: int
) -> None:
    await forward(ada, chat, notes)
    assert 'name="show" value="yes" checked' in (await bob.get("/account/")).text
    saved = await bob.post("/account/forwards/")
    assert saved.headers["location"] == "/account/?saved=forwards"
    assert 'name="show" value="yes">' in (await bob.get("/account/")).text
    await forward(ada, chat, tea)
    assert await said(ada, notes) == [("Forwarded from Bob", "Doors at seven")]
    assert await said(ada, tea) == [("Forwarded", "Doors at seven")]
    page = parsed((await ada.get(f"/chat/{tea}/")).text)
    assert "data-named" not in str(page.select_one(".forwarded"))
    await bob.post("/account/forwards/", show="yes")
    await forward(ada, chat, tea)
    assert [mark for mark, _ in await said(ada, tea)] == ["Forwarded", "Forwarded from Bob"]


async def test_a_copy_of_a_copy_names_who_wrote_it(
    ada: Visitor, chat: int, tea: int, notes: int
) -> None:
    await forward(ada, chat, tea)
    await forward(ada, tea, notes)
    assert await said(ada, notes) == [("Forwarded from Bob", "Doors at seven")]
    await ada.post(f"/chat/{notes}/messages/", client_id=new_id(), body="Own")
    await ada.post(f"/chat/{notes}/2/forward/", to=str(tea), client_id=new_id())
    assert (await said(ada, tea))[-1] == ("Forwarded from Ada", "Own")


async def test_an_author_who_takes_another_name_has_it_and_one_who_leaves_is_not_named(
    ada: Visitor, bob: Visitor, other: User, chat: int, tea: int
) -> None:
    await forward(ada, chat, tea)
    await bob.post("/account/name/", name="Zoë")
    assert await said(ada, tea) == [("Forwarded from Zoë", "Doors at seven")]
    await bob.post("/account/delete/", delete=PASSWORD)
    assert await said(ada, tea) == [("Forwarded", "Doors at seven")]
    assert await said(ada, chat) == [("", "Doors at seven")]
