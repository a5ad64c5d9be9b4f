"""Pinning, keeping and going to a place, in a browser."""

import pytest
from playwright.async_api import Locator, expect

from tests import factories
from tests.browser.people import People
from tests.browser.screen import Screen

DAY = 86_400_000
NOON = 1_700_049_600_000
"""15 November 2023, 12:00."""


def line(screen: Screen) -> Locator:
    return screen.page.locator("#pinned")


async def choose(screen: Screen, body: str, words: str) -> None:
    """From a message's menu; without JavaScript from its page."""
    if screen.javascript:
        await screen.message(body).locator(".bubble").hover()
        await screen.press("Actions")
        await screen.page.get_by_role("menuitem", name=words).click()
    else:
        await screen.message(body).locator(".meta a").click()
        await screen.press(words)


@pytest.mark.parametrize("javascript", [True, False], ids=["js", "plain"])
async def test_what_one_pins_stands_at_the_top_for_all(people: People, javascript: bool) -> None:
    ada = await people.join("ada", javascript=javascript)
    bob = await people.join("bob")
    id = await factories.make_conversation([ada.user, bob.user])
    for body in ("First", "Second"):
        await factories.make_message(ada.user, id, body)
    await bob.chat(id)
    await ada.chat(id)
    await expect(line(ada)).to_be_hidden()
    await choose(ada, "First", "Pin for everyone")
    for screen in (ada, bob):
        await expect(line(screen).locator("bdi")).to_have_text("First")
        await expect(screen.message("First").locator(".pinned")).to_be_visible()
        await expect(screen.message("Second").locator(".pinned")).to_have_count(0)
    await choose(ada, "Second", "Pin for everyone")
    await expect(line(bob).locator("bdi")).to_have_text("Second")
    await line(bob).get_by_role("link", name="2 pinned").click()
    await expect(bob.page.locator(".excerpts .body")).to_have_text(["Second", "First"])
    await bob.page.get_by_role("button", name="Unpin").first.click()
    await expect(line(bob).locator("bdi")).to_have_text("First")
    if javascript:
        await expect(line(ada).locator("bdi")).to_have_text("First")
        await choose(ada, "First", "Unpin")
        await expect(line(ada)).to_be_hidden()
        await expect(line(bob)).to_be_hidden()


async def test_the_line_leads_to_the_message(people: People) -> None:
    ada = await people.join("ada")
    bob = await factories.make_user("bob")
    id = await factories.make_conversation([ada.user, bob])
    await factories.make_messages(bob, id, 120)
    await ada.chat(id)
    await ada.go(f"/chat/{id}/3/")
    await ada.press("Pin for everyone")
    await ada.chat(id)
    await line(ada).locator("a").first.click()
    await expect(ada.message("Message 3")).to_be_in_viewport()


@pytest.mark.parametrize("javascript", [True, False], ids=["js", "plain"])
async def test_what_one_keeps_is_marked_for_oneself_and_listed(
    people: People, javascript: bool
) -> None:
    ada = await people.join("ada", javascript=javascript)
    bob = await people.join("bob")
    id = await factories.make_conversation([ada.user, bob.user])
    for body in ("First", "Second"):
        await factories.make_message(bob.user, id, body)
    await ada.chat(id)
    await choose(ada, "First", "Keep for me")
    await expect(ada.page.locator("#starred")).to_be_attached()
    await ada.page.wait_for_function(MARKED, arg="First")
    assert not await ada.page.evaluate(MARKED, "Second")
    await bob.chat(id)
    assert not await bob.page.evaluate(MARKED, "First")
    await ada.go("/saved/")
    await expect(ada.page.locator(".excerpts .body")).to_have_text(["First"])
    await ada.press("Remove")
    await expect(ada.page.get_by_text("Nothing is kept.")).to_be_visible()
    await ada.chat(id)
    assert not await ada.page.evaluate(MARKED, "First")


MARKED = """body => [...document.querySelectorAll('#messages .message')].some(li =>
    li.querySelector('.body').textContent === body
    && getComputedStyle(li.querySelector('.meta'), '::before').content.includes('★'))"""


@pytest.mark.parametrize("javascript", [True, False], ids=["js", "plain"])
async def test_a_day_is_gone_to(people: People, javascript: bool) -> None:
    ada = await people.join("ada", javascript=javascript)
    bob = await factories.make_user("bob")
    id = await factories.make_conversation([ada.user, bob])
    for n in range(120):
        await factories.make_message(bob, id, f"Day {n}", created_at=NOON + n * DAY)
    await ada.go(id)
    await ada.press("Go to")
    await ada.page.get_by_label("A day").fill("2023-11-25")
    await ada.press("Go to this day")
    await expect(ada.message("Day 10")).to_be_in_viewport()
    await ada.press("Go to")
    await ada.press("Oldest message")
    await expect(ada.message("Day 0")).to_be_attached()
