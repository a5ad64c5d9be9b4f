"""Jumping to a conversation or a person by name."""

import pytest

from tests.applications import Site
from tests.factories import make_conversation, make_message, make_user
from tests.pages import parsed, text_of


def found(html: str) -> list[str]:
    return [text_of(name) for name in parsed(html).select("#results .row b")]


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
