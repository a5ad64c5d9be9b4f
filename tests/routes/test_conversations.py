"""Conversations as pages."""

import pytest

from actions.conversations import PEOPLE
from tests.applications import Site
from tests.factories import make_conversation, make_messages, make_user
from tests.pages import attribute, errors, parsed, text_of


def typed(html: str) -> str:
    return attribute(parsed(html).find("input", {"name": "q"}), "value")


def chosen(html: str) -> list[str]:
    return [attribute(box, "value") for box in parsed(html).select("[name=to][checked]")]


def suggested(html: str) -> list[str]:
    return [attribute(box, "value") for box in parsed(html).select("#suggestions [name=to]")]


async def test_a_conversation_is_started_or_found_again(site: Site) -> None:
    ada, bob = await site.people("ada", "bob")
    started = await ada.post("/chat/new/", to="bob", title="")
    assert started.status_code == 303
    page = await ada.get(started.headers["location"])
    assert text_of(parsed(page.text).find("h1")) == "Bob"
    assert (await bob.post("/chat/new/", to="ada")).headers["location"] == started.headers[
        "location"
    ]


async def test_people_are_named_in_one_field_or_several(site: Site) -> None:
    [ada, *_] = await site.people("ada", "bob", "cem")
    for fields in (["bob, cem"], ["bob", "cem"], ["@bob cem\n"], ["bob,", "", "CEM"]):
        started = await ada.post("/chat/new/", to=fields, title="Tea")
        page = await ada.get(started.headers["location"])
        assert text_of(parsed(page.text).find("h1")) == "Tea"


async def test_a_refused_start_comes_back_filled_in(site: Site) -> None:
    [ada] = await site.people("ada")
    refused = await ada.post("/chat/new/", to=["eve", "mallory"], title='"T" <i>')
    assert refused.status_code == 422
    assert errors(refused.text) == {"to": "Nobody here is called eve or mallory."}
    assert typed(refused.text) == "eve, mallory"
    title = parsed(refused.text).find("input", {"name": "title"})
    assert attribute(title, "value") == '"T" <i>'
    refused = await ada.post("/chat/new/", to="ada", title="x" * 101)
    assert list(errors(refused.text)) == ["title"]
    refused = await ada.post("/chat/new/", to=[f"u{n}" for n in range(PEOPLE + 1)])
    assert errors(refused.text) == {"to": "A group starts with at most 100 people."}
    refused = await ada.post("/chat/new/")
    assert errors(refused.text) == {"to": "Type at least one username."}


async def test_names_are_suggested_and_chosen_without_a_script(site: Site) -> None:
    [ada] = await site.people("ada")
    for username in ("bob", "bobby", "cem"):
        await make_user(username)
    fragment = await ada.get("/chat/new/suggestions/?to=cem&q=bo", HX_Request="true")
    assert suggested(fragment.text) == ["bob", "bobby"]
    assert "<html" not in fragment.text
    page = await ada.get("/chat/new/?to=cem&to=bob&q=bo&title=Tea")
    assert (chosen(page.text), typed(page.text)) == (["cem", "bob"], "bo")
    assert suggested(page.text) == ["bobby"]
    assert chosen((await ada.get("/chat/new/?to=bob,cem")).text) == ["bob", "cem"]
    started = await ada.post("/chat/new/", to=["cem", "bob"], q="bobby", title="Tea")
    page = await ada.get(started.headers["location"] + "people/")
    assert len(parsed(page.text).select(".handle")) == 4


async def test_a_refused_start_keeps_who_was_chosen(site: Site) -> None:
    ada, _ = await site.people("ada", "bob")
    refused = await ada.post("/chat/new/", to="bob", q="bo")
    assert refused.status_code == 422
    assert errors(refused.text) == {"to": "Nobody here is called bo."}
    assert (chosen(refused.text), typed(refused.text)) == (["bob"], "bo")


async def test_recent_people_are_suggested_before_anything_is_typed(site: Site) -> None:
    ada, bob, cem, dan = [await make_user(name) for name in ("ada", "bob", "cem", "dan")]
    visitor = await site.visitor(ada)
    await make_conversation([ada, bob], active_at=1)
    await make_conversation([ada, cem, bob], "Tea", active_at=3)
    await make_conversation([dan, ada], active_at=4)
    page = await visitor.get("/chat/new/")
    assert suggested(page.text) == ["bob", "cem"], "not who has only opened a conversation"
    fragment = await visitor.get("/chat/new/suggestions/?q=&to=cem", HX_Request="true")
    assert suggested(fragment.text) == ["bob"]


async def test_a_note_to_self_is_one_click(site: Site) -> None:
    [ada] = await site.people("ada")
    for path in ("/", "/chat/new/"):
        forms = parsed((await ada.get(path)).text).select("form[action='/chat/new/']")
        [note] = [form for form in forms if "Note to self" in text_of(form)]
        assert attribute(note.find("input"), "value") == "ada"
    started = await ada.post("/chat/new/", to="ada")
    page = parsed((await ada.get(started.headers["location"])).text)
    assert text_of(page.find("h1")) == "Note to self"


@pytest.mark.parametrize("query", ["", "b", "bob,", "bob, c", "%", "nobody"])
async def test_a_short_query_has_no_suggestions(site: Site, query: str) -> None:
    [ada] = await site.people("ada")
    await make_user("bob")
    found = await ada.http.get("/chat/new/suggestions/", params={"q": query})
    assert suggested(found.text) == []


async def test_a_page_lists_the_participants(site: Site) -> None:
    people = [await make_user(name) for name in ("ada", "bob", "cem")]
    ada = await site.visitor(people[0])
    for title, part, expected in (
        ("", people[:1], "Only you can read this"),
        ("", people[:2], "bob"),
        ("Tea", people, "Ada, Bob, Cem"),
    ):
        chat = await make_conversation(part, title)
        page = parsed((await ada.get(f"/chat/{chat}/")).text)
        assert expected in " ".join(text_of(page.select_one(".conversation-head")).split())


async def test_a_page_has_what_the_live_one_starts_from(site: Site) -> None:
    ada, bob = await make_user("ada"), await make_user("bob")
    visitor = await site.visitor(ada)
    chat = await make_conversation([ada, bob])
    await make_messages(bob, chat, 3)
    page = parsed((await visitor.get(f"/chat/{chat}/")).text)
    live = page.select_one("main#conversation")
    assert attribute(live, "data-live") == f"/chat/{chat}/"
    assert attribute(live, "data-cursor") == "3"
    client_ids = {(await visitor.page(f"/chat/{chat}/")).client_id for _ in range(2)}
    assert len(client_ids) == 2


async def test_a_page_without_a_script_refreshes_itself_as_chosen(site: Site) -> None:
    ada, bob = await make_user("ada"), await make_user("bob")
    visitor = await site.visitor(ada)
    chat = await make_conversation([ada, bob])
    await make_messages(bob, chat, 3)
    page = parsed((await visitor.get(f"/chat/{chat}/?refresh=15")).text)
    frame = attribute(page.find("iframe"), "src")
    assert frame == f"/chat/{chat}/log/?refresh=15&viewer={ada.id}"
    assert attribute(page.find("input", {"name": "refresh"}), "value") == "15"
    log = await visitor.get(frame)
    assert log.headers["refresh"] == "15"
    assert len((await visitor.page(frame)).messages()) == 3
    for query in ("", "?refresh=off", "?refresh=1", "?refresh=0;url=https://evil.example"):
        assert parsed((await visitor.get(f"/chat/{chat}/{query}")).text).find("iframe") is None
        assert "refresh" not in (await visitor.get(f"/chat/{chat}/log/{query}")).headers


async def test_a_conversation_can_be_marked_read_without_a_script(site: Site) -> None:
    ada, bob = await make_user("ada"), await make_user("bob")
    visitor = await site.visitor(ada)
    chat = await make_conversation([ada, bob])
    await make_messages(bob, chat, 3)
    page = parsed((await visitor.get(f"/chat/{chat}/")).text)
    form = page.find("form", action=f"/chat/{chat}/read/")
    assert form is not None
    position = attribute(form.find("input", {"name": "position"}), "value")
    assert position == "3"
    read = await visitor.post(f"/chat/{chat}/read/", position=position)
    assert read.headers["location"] == f"/chat/{chat}/"
    page = parsed((await visitor.get(f"/chat/{chat}/")).text)
    assert page.find("form", action=f"/chat/{chat}/read/") is None
    assert (await visitor.page("/")).unread == 0
