"""Reactions in a browser: by a click, by keys, from the menu and from the message's page."""

import re

import pytest
from playwright.async_api import Locator, expect

from actions.reactions import EMOJI
from db.log.commit import commit
from db.reactions import EMOJI_OF_ONE, React
from tests import factories
from tests.browser.people import People
from tests.browser.screen import Screen


def reaction(screen: Screen, body: str, emoji: str) -> Locator:
    return screen.message(body).locator(f'.reaction[data-emoji="{emoji}"]')


async def talk(people: People) -> tuple[Screen, Screen]:
    """Ada and Bob, at their conversation, in which both have spoken."""
    ada, bob = await people.join("ada"), await people.join("bob")
    id = await factories.make_conversation([ada.user, bob.user])
    await factories.make_message(ada.user, id, "Hello")
    await factories.make_message(bob.user, id, "Answer")
    await bob.chat(id)
    await ada.chat(id)
    return ada, bob


async def test_a_click_on_a_reaction_adds_ones_own_and_takes_it_back(people: People) -> None:
    ada, bob = await talk(people)
    await ada.message("Answer").locator(".bubble").hover()
    await ada.press("Actions")
    await ada.page.get_by_role("menuitemcheckbox", name="thumbs up").click()
    await expect(ada.page.get_by_role("menu")).to_be_hidden()
    own, theirs = reaction(ada, "Answer", "👍"), reaction(bob, "Answer", "👍")
    await expect(own).to_have_attribute("aria-pressed", "true")
    await expect(theirs).to_have_attribute("aria-pressed", "false")
    await expect(theirs).to_have_attribute("title", "Ada")
    await theirs.click()
    await expect(own).to_have_attribute("data-count", "2")
    await expect(theirs).to_have_attribute("aria-pressed", "true")
    await expect(theirs).to_have_role("button")
    edges = [await each.evaluate("e => getComputedStyle(e).borderColor") for each in (own, theirs)]
    await own.click()
    await expect(theirs).to_have_attribute("data-count", "1")
    await expect(own).to_have_attribute("aria-pressed", "false")
    assert edges[0] == edges[1] != await own.evaluate("e => getComputedStyle(e).borderColor")
    await theirs.click()
    await expect(own).to_have_count(0)
    for screen in (ada, bob):
        await screen.holds_the_log(ada.conversation_id)


async def test_by_keys_a_reaction_is_reached_from_its_message(people: People) -> None:
    ada, bob = await talk(people)
    await bob.message("Answer").locator(".bubble").hover()
    await bob.press("Actions")
    await bob.page.get_by_role("menuitemcheckbox", name="red heart").click()
    own = reaction(ada, "Answer", "❤️")
    await expect(own).to_be_visible()
    keys = ada.page.keyboard
    await keys.press("Shift+Tab")
    await keys.press("ArrowUp")
    await keys.press("Tab")
    await expect(own).to_be_focused()
    await keys.press("Space")
    await expect(own).to_have_attribute("data-count", "2")
    await expect(own).to_be_focused()
    await keys.press("Enter")
    await expect(own).to_have_attribute("data-count", "1")
    await keys.press("Tab")
    await expect(ada.composer).to_be_focused()
    await keys.press("Shift+Tab")
    await keys.press("Shift+Tab")
    await keys.press("ArrowUp")
    await keys.press("Tab")
    await expect(ada.composer).to_be_focused()


async def test_a_reaction_too_many_is_taken_back_and_said(people: People) -> None:
    ada, _ = await talk(people)
    emoji = sorted(EMOJI.values())[:EMOJI_OF_ONE]
    id = ada.conversation_id
    await commit([React(id, ada.user.id, 2, each, on=True, at=1) for each in emoji])
    await ada.message("Answer").locator(".bubble").hover()
    await ada.press("Actions")
    await ada.page.get_by_role("menuitemcheckbox", name="thumbs up").click()
    said = ada.page.get_by_role("alert")
    await expect(said).to_contain_text(f"{EMOJI_OF_ONE}")
    await expect(reaction(ada, "Answer", "👍")).to_have_count(0)
    await reaction(ada, "Answer", emoji[0]).click()
    await expect(said).to_have_count(0)
    await expect(reaction(ada, "Answer", emoji[0])).to_have_count(0)
    await ada.holds_the_log(id)


@pytest.mark.parametrize("javascript", [True, False], ids=["js", "plain"])
async def test_one_reacts_on_the_messages_page(people: People, javascript: bool) -> None:
    ada = await people.join("ada", javascript=javascript)
    bob = await people.join("bob")
    id = await factories.make_conversation([ada.user, bob.user])
    await factories.make_message(bob.user, id, "Hello")
    await bob.chat(id)
    await ada.go(f"/chat/{id}/1/")
    await ada.page.get_by_label("Another emoji").fill("🦄")
    await ada.press("React")
    await expect(reaction(bob, "Hello", "🦄")).to_have_attribute("title", "Ada")
    await ada.go(f"/chat/{id}/1/")
    mine = ada.page.get_by_role("button", name=re.compile("1 with unicorn You Yours: take back"))
    await expect(mine).to_have_attribute("aria-pressed", "true")
    await mine.click()
    await expect(reaction(bob, "Hello", "🦄")).to_have_count(0)
    if not javascript:
        await bob.message("Hello").locator(".bubble").hover()
        await bob.press("Actions")
        await bob.page.get_by_role("menuitemcheckbox", name="thumbs up").click()
        await expect(reaction(bob, "Hello", "👍")).to_be_visible()
        await ada.go(id)
        await reaction(ada, "Hello", "👍").click()
        await expect(ada.page).to_have_url(re.compile(r"/1/#reactions$"))


async def test_a_page_that_was_away_for_many_reactions_is_as_a_fresh_one(people: People) -> None:
    ada, bob = await talk(people)
    await ada.page.context.set_offline(True)
    await ada.is_not_live(30)
    path = f"/chat/{ada.conversation_id}/"
    for n in range(30):
        form: dict[str, str | float | bool] = {"emoji": "👍😂🎉"[n % 3], "on": int(n % 4 < 3)}
        await bob.page.request.post(f"{path}{1 + n % 2}/react/", form=form)
    await ada.page.context.set_offline(False)
    await ada.is_live()
    fresh = await ada.another_tab()
    await fresh.chat(ada.conversation_id)
    shown = "all => all.map(li => li.querySelector('.reactions')?.outerHTML)"
    wanted = await fresh.messages.evaluate_all(shown)
    assert all(wanted)
    await expect(ada.messages.last.locator(".reaction")).not_to_have_count(0)
    assert await ada.messages.evaluate_all(shown) == wanted
    await ada.holds_the_log(ada.conversation_id)
