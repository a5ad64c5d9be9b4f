"""Event lines on a screen: in their places, with "You" for oneself, and quiet."""

import pytest
from playwright.async_api import expect

from db.events import Event
from db.log.commit import commit
from tests import factories
from tests.browser.people import People

NOON = 1_795_780_800_000


async def test_a_line_comes_to_who_stays_without_a_count(people: People) -> None:
    ada, bob = await people.join("ada"), await people.join("bob")
    cem = await people.join("cem", javascript=False)
    id = await factories.make_conversation([ada.user, bob.user, cem.user], "Tea")
    await factories.make_message(ada.user, id, "Hello")
    await bob.chat(id)
    await expect(bob.page.locator(".beginning")).to_have_text("Ada made this group")
    await cem.go(f"/chat/{id}/leave/")
    await cem.press("Leave group")
    lines = bob.page.locator("#messages > :not(.new-line)")
    await expect(lines.last).to_contain_text("Cem left the group")
    assert await lines.evaluate_all("all => all.map(li => li.className)") == [
        "beginning",
        "message",
        "event",
    ]
    await ada.go("/")
    await expect(ada.page.locator(f"#conversation-{id} .preview")).to_have_text(
        "Cem left the group"
    )
    await expect(ada.page.locator(f"#conversation-{id} .badge")).to_have_count(0)
    assert "(" not in await ada.page.title()
    await ada.chat(id)
    await ada.say("So few")
    await bob.shows("Hello", "So few")
    assert await lines.evaluate_all("all => all.map(li => li.className)") == [
        "beginning",
        "message",
        "event",
        "message",
    ]


@pytest.mark.parametrize("javascript", [True, False], ids=["js", "plain"])
async def test_ones_own_name_is_you_for_eyes_and_readers_alone(
    people: People, javascript: bool
) -> None:
    ada = await people.join("ada", javascript=javascript)
    bob = await people.join("bob", javascript=javascript)
    id = await factories.make_conversation([ada.user, bob.user], "Tea")
    await commit([Event(id, ada.user.id, "added", NOON, bob.user.id)])
    for screen, said in ((ada, ["You", "Bob"]), (bob, ["Ada", "you"])):
        await screen.chat(id)
        names = screen.page.locator("#messages > .event b")
        heard = await names.evaluate_all(
            """all => all.map(b => getComputedStyle(b, '::before').content.replaceAll('"', '')
                .replace('none', '') + b.innerText)"""
        )
        assert heard == said
        spoken = await screen.page.locator("#messages").aria_snapshot()
        assert " added ".join(said) in " ".join(spoken.split()).replace('"', "")
