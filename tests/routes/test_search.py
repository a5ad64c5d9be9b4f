"""Finding conversations and people by name, and messages by what they say."""

from unittest.mock import AsyncMock

import pytest

from actions.search_index import index_all
from db.engine import TooSlow
from db.users import User, get_by_username
from routes import rate_limit
from tests.applications import Site
from tests.clients import Visitor
from tests.factories import make_conversation, make_message, make_user
from tests.pages import parsed, text_of

NOON = 1_795_780_800_000
"""Of 27 November 2026."""

DAY = 86_400_000


def found(html: str) -> list[str]:
    return [text_of(name) for name in parsed(html).select("#results .rows:not(.hits) .row b")]


async def test_conversations_are_found_by_their_title_or_partner(site: Site) -> None:
    ada, bob, cem = await make_user("ada"), await make_user("bob"), await make_user("cem")
    visitor = await site.visitor(ada)
    await make_message(bob, await make_conversation([ada, bob], "Émile & 100 %", active_at=1))
    await make_message(bob, await make_conversation([bob, ada], active_at=2))
    await make_conversation([bob, cem], "Émile in secret")
    for q, expected in (
        ("Émi", ["Émile & 100 %"]),
        ("MILE", ["Émile & 100 %"]),
        ("100 %", ["Émile & 100 %"]),
        ("bob", ["Bob", "Bob"]),
        ("@bob", ["Bob", "Bob"]),
        ("b", ["Bob"]),
        ("secret", []),
        ("_", []),
        ("", ["Bob", "Émile & 100 %"]),
    ):
        page = await visitor.http.get("/search/", params={"q": q})
        assert found(page.text) == expected, q
    fragment = await visitor.get("/search/?q=mile", HX_Request="true")
    assert found(fragment.text) == ["Émile & 100 %"]
    assert "<html" not in fragment.text


async def test_what_others_have_only_opened_is_not_found(site: Site) -> None:
    ada, bob = await make_user("ada"), await make_user("bob")
    await make_conversation([bob, ada])
    page = parsed((await (await site.visitor(ada)).get("/search/?q=bob")).text)
    assert not page.select("#results a.row")


@pytest.mark.parametrize("path", ["/search/", "/search/?q=x", "/shortcuts/"])
async def test_a_stranger_is_led_to_the_sign_in(site: Site, path: str) -> None:
    assert (await (await site.stranger()).get(path)).status_code == 303


# Messages


def hits(html: str) -> list[str]:
    return [text_of(line) for line in parsed(html).select("#results .hits small")]


def marked(html: str) -> list[str]:
    return [text_of(mark) for mark in parsed(html).select("#results mark")]


@pytest.fixture
async def harbour(site: Site) -> tuple[Visitor, User, int]:
    """Ada at the site, Bob, and their conversation, of which all is indexed."""
    ada, bob = await make_user("ada"), await make_user("bob")
    chat = await make_conversation([ada, bob])
    await make_message(bob, chat, "The tide is in", created_at=NOON - DAY)
    await make_message(ada, chat, "High **Tide** at ten: https://tide.example/", created_at=NOON)
    await make_message(bob, chat, "<b>Nothing</b> of that kind", created_at=NOON + 1)
    await index_all()
    return await site.visitor(ada), bob, chat


async def test_messages_are_found_newest_first_with_what_was_looked_for_marked(
    harbour: tuple[Visitor, User, int],
) -> None:
    visitor, _, chat = harbour
    page = await visitor.get("/search/?q=tide")
    assert page.status_code == 200
    assert hits(page.text) == ["High Tide at ten: https://tide.example/", "The tide is in"]
    assert marked(page.text) == ["Tide", "tide", "tide"]
    found = parsed(page.text).select("#results [data-conversation][data-position]")
    assert [(each["data-conversation"], each["data-position"]) for each in found] == [
        (str(chat), "2"),
        (str(chat), "1"),
    ]
    names = [text_of(each) for each in parsed(page.text).select(".hits b")]
    assert names == ["You to Bob", "Bob"]
    escaped = await visitor.get("/search/?q=nothing")
    assert hits(escaped.text) == ["<b>Nothing</b> of that kind"]
    fragment = await visitor.get("/search/?q=tide", HX_Request="true")
    assert hits(fragment.text) == hits(page.text)
    assert "<html" not in fragment.text


async def test_a_hit_leads_to_its_place_in_the_conversation(
    harbour: tuple[Visitor, User, int],
) -> None:
    visitor, _, chat = harbour
    page = parsed((await visitor.get("/search/?q=nothing")).text)
    address = str(page.select("#results .hits a")[0]["href"])
    path, _, id = address.partition("#")
    assert path == f"/chat/{chat}/?at=3"
    conversation = parsed((await visitor.get(path)).text)
    assert text_of(conversation.select(f"#{id} .body")[0]) == "<b>Nothing</b> of that kind"


async def test_a_search_is_narrowed_by_people_places_days_and_links(
    harbour: tuple[Visitor, User, int],
) -> None:
    visitor, bob, _ = harbour
    ada = await get_by_username("ada")
    assert ada is not None
    group = await make_conversation([ada, bob], "Sailing club")
    await make_message(bob, group, "No tide here", created_at=NOON - 2)
    await index_all()
    for q, expected in (
        ("tide from:bob", ["No tide here", "The tide is in"]),
        ("tide from:me", ["High Tide at ten: https://tide.example/"]),
        ("tide -from:bob", ["High Tide at ten: https://tide.example/"]),
        ("tide in:sailing", ["No tide here"]),
        ('tide in:"sailing club"', ["No tide here"]),
        ("tide in:bob -from:me", ["The tide is in"]),
        ("tide -in:bob", ["No tide here"]),
        ("tide before:2026-11-27", ["The tide is in"]),
        ("from:bob on:2026-11-26", ["The tide is in"]),
        ("tide after:2026-11-26 has:link", ["High Tide at ten: https://tide.example/"]),
        ("has:link", ["High Tide at ten: https://tide.example/"]),
        ('"tide is"', ["The tide is in"]),
        ("tide -ten -here", ["The tide is in"]),
        ("tide from:stranger", []),
        ("tide in:nowhere", []),
        ("tide -from:stranger -in:nowhere here", ["No tide here"]),
    ):
        page = await visitor.http.get("/search/", params={"q": q})
        assert hits(page.text) == expected, q


async def test_inside_a_conversation_only_its_messages_are_looked_through(
    harbour: tuple[Visitor, User, int],
) -> None:
    visitor, bob, chat = harbour
    ada = await get_by_username("ada")
    assert ada is not None
    group = await make_conversation([ada, bob], "Tide club")
    await make_message(bob, group, "No tide here")
    await index_all()
    conversation = parsed((await visitor.get(f"/chat/{group}/")).text)
    address = str(conversation.select(".icon-search")[0]["href"])
    page = parsed((await visitor.get(address)).text)
    assert text_of(page.select("h1")[0]) == "Search in Tide club"
    assert page.select("form[role=search] [name=in]")[0]["value"] == str(group)
    found = await visitor.get(f"/search/?in={group}&q=tide")
    assert hits(found.text) == ["No tide here"]
    assert [text_of(h2) for h2 in parsed(found.text).select("#results h2")] == ["Messages"]
    assert hits((await visitor.get(f"/search/?in={chat}&q=no")).text) == [
        "<b>Nothing</b> of that kind"
    ]


async def test_further_pages_follow_by_a_cursor(site: Site) -> None:
    ada = await make_user("ada")
    chat = await make_conversation([ada])
    for n in range(45):
        await make_message(ada, chat, f"Tide {n}", created_at=NOON + n)
    await index_all()
    visitor = await site.visitor(ada)
    page = await visitor.get(f"/search/?in={chat}&q=tide")
    seen = hits(page.text)
    assert len(seen) == 20
    link = parsed(page.text).select("#results .more a")[0]
    assert link["href"] == link["data-hx-get"]
    plain = await visitor.get(str(link["href"]))
    more = await visitor.get(str(link["href"]), HX_Request="true")
    assert hits(plain.text) == [text_of(each) for each in parsed(more.text).select("small")]
    seen += hits(plain.text)
    last = await visitor.get(str(parsed(plain.text).select("#results .more a")[0]["href"]))
    assert not parsed(last.text).select("#results .more")
    assert seen + hits(last.text) == [f"Tide {n}" for n in range(44, -1, -1)]


@pytest.mark.parametrize(
    ("q", "sentence"),
    [
        ("tide on:friday", "“friday” is not a date. Write it as"),
        ("x" * 201, "A search has at most 200 characters. This one has 201."),
        ("-tide", "Say what to look for too, not only what to leave out."),
    ],
)
async def test_what_cannot_be_looked_for_is_said(
    harbour: tuple[Visitor, User, int], q: str, sentence: str
) -> None:
    """Names are looked for all the same. As one types it is no failure."""
    visitor, _, _ = harbour
    page = await visitor.http.get("/search/", params={"q": q})
    assert page.status_code == 422
    [error] = parsed(page.text).select("#results .error")
    assert text_of(error).startswith(sentence)
    assert parsed(page.text).select("#q")[0]["value"] == q
    fragment = await visitor.http.get("/search/", params={"q": q}, headers={"HX-Request": "true"})
    assert fragment.status_code == 200


async def test_too_many_matches_are_a_sentence(
    harbour: tuple[Visitor, User, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actions.search.hits.find", AsyncMock(side_effect=TooSlow))
    visitor, _, _ = harbour
    page = await visitor.get("/search/?q=tide")
    [error] = parsed(page.text).select("#results .error")
    assert text_of(error) == "Too many messages match. Add a word."


async def test_nothing_found_says_so(harbour: tuple[Visitor, User, int]) -> None:
    visitor, _, _ = harbour
    page = await visitor.get("/search/?q=%3Cplum%3E")
    assert "Nothing found for “<plum>”. Try fewer letters." in text_of(
        parsed(page.text).select("#results")[0]
    )


async def test_others_conversations_are_not_searched(site: Site) -> None:
    ada, bob, eve = await make_user("ada"), await make_user("bob"), await make_user("eve")
    chat = await make_conversation([ada, bob], "Wombats")
    await make_message(ada, chat, "The wombat sleeps")
    await index_all()
    visitor = await site.visitor(eve)
    for q in ("wombat", "wombat from:ada", "wombat in:wombats", "has:link", "from:ada"):
        page = await visitor.http.get("/search/", params={"q": q})
        assert not parsed(page.text).select("#results [data-position]"), q
    assert (await visitor.get(f"/search/?in={chat}&q=wombat")).status_code == 404
    assert (await visitor.get(f"/search/?in={chat + 1}&q=wombat")).status_code == 404


@pytest.mark.parametrize("before", ["x", "-1", "1" * 20, "٣", str(2**63)])
async def test_a_damaged_cursor_is_refused(site: Site, before: str) -> None:
    visitor = await site.visitor(await make_user())
    page = await visitor.http.get("/search/", params={"q": "tide", "before": before})
    assert page.status_code == 400


async def test_who_searches_too_often_has_to_wait(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = await site.visitor(await make_user())
    assert rate_limit.searches.burst == 30
    monkeypatch.setattr(rate_limit, "searches", rate_limit.Allowance(0.001, 2, "Too often."))
    answers = [(await visitor.get("/search/?q=tide")).status_code for _ in range(3)]
    assert answers == [200, 200, 429]
