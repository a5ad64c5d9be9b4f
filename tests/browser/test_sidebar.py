"""The inbox beside every page of a wide screen: it keeps its place, goes further, and is live."""

import pytest
from playwright.async_api import Locator, expect

from live import hub
from live.publication import RESYNC
from routes.inbox import PAGE
from tests import factories
from tests.browser.people import People
from tests.browser.screen import Screen

NUMBER = 2 * PAGE + 15
"""Conversations: three pages of the inbox."""


@pytest.mark.parametrize("javascript", [True, False], ids=["js", "plain"])
async def test_it_stands_beside_every_page(people: People, javascript: bool) -> None:
    ada = await people.join("ada", javascript=javascript)
    group = await factories.make_conversation([ada.user], title="Sailing")
    pages = (
        "/people/",
        "/chat/new/",
        "/account/",
        f"/chat/{group}/people/",
        "/nothing/",
        "/?before=x",
    )
    for path in pages:
        await ada.go(path)
        await expect(lines(ada)).to_contain_text(["Sailing"])
        if javascript:
            await ada.is_live()


async def test_it_counts_live_beside_another_page(people: People) -> None:
    ada, bob = await people.join("ada"), await people.join("bob")
    id = await factories.make_conversation([ada.user, bob.user])
    await ada.go("/account/")
    await ada.is_live()
    await bob.chat(id)
    await bob.say("Hello")
    await expect(lines(ada)).to_contain_text(["Hello"])
    await ada.title_is("(1) Your account")


async def test_further_pages_are_loaded_where_one_scrolls_and_stay_when_it_changes(
    people: People,
) -> None:
    ada, bob, ids = await crowd(people)
    await ada.go("/people/")
    await ada.is_live()
    await all_lines(ada)
    order = await numbers(ada)
    assert order == list(reversed(range(NUMBER)))
    await bob.chat(ids[3])
    await bob.say("From far below")
    await expect(lines(ada).first).to_contain_text("From far below")
    shown = [3, *(n for n in order if n != 3)]
    digest = await ada.page.locator("#inbox").get_attribute("data-digest")
    hub.deliver(RESYNC)
    await expect(ada.page.locator("#inbox")).not_to_have_attribute("data-digest", digest or "")
    assert await numbers(ada) == shown, "read anew"
    await bob.say("And once more")
    await expect(lines(ada).first).to_contain_text("And once more")
    await ada.page.context.set_offline(True)
    await ada.is_not_live(within=30)
    await ada.page.context.set_offline(False)
    await ada.is_live()
    await expect(lines(ada)).to_have_count(NUMBER)
    assert await numbers(ada) == shown, "after an outage"


async def test_a_line_from_further_down_that_changes_stays_there(people: People) -> None:
    ada, bob, ids = await crowd(people)
    await factories.make_message(bob.user, ids[5], created_at=6)
    await ada.go("/people/")
    await ada.is_live()
    await ada.title_is("(1) People")
    tab = await ada.another_tab()
    await tab.chat(ids[5])
    await ada.title_is("People")
    await bob.chat(ids[-1])
    await bob.say("Newer")
    await expect(lines(ada).first).to_contain_text("Newer")
    assert await lines(ada).count() == PAGE


async def test_it_keeps_its_place_when_one_opens_a_conversation(people: People) -> None:
    ada, _, ids = await crowd(people)
    await ada.go("/")
    await ada.is_live()
    await all_lines(ada)
    line = ada.page.locator(f"#conversation-{ids[5]}")
    await line.scroll_into_view_if_needed()
    before = await line.bounding_box()
    await line.get_by_role("link").click()
    await ada.title_is("Tea 5")
    await expect(line.get_by_role("link")).to_have_attribute("aria-current", "page")
    await expect(lines(ada)).to_have_count(NUMBER)
    await expect(line).to_be_in_viewport(ratio=1)
    after = await line.bounding_box()
    assert before
    assert after
    assert abs(before["y"] - after["y"]) <= 2
    await ada.go("/account/")
    await expect(line).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("javascript", [True, False], ids=["js", "plain"])
async def test_one_s_place_is_marked_beyond_the_newest_page(
    people: People, javascript: bool
) -> None:
    ada, bob, ids = await crowd(people, javascript=javascript)
    await ada.chat(ids[5])
    marked = ada.page.locator("#inbox [aria-current=page]")
    await expect(marked).to_have_text("Tea 5")
    await expect(lines(ada)).to_have_count(PAGE + 1)
    if not javascript:
        return
    await bob.chat(ids[5])
    await bob.say("Here")
    await expect(lines(ada).first).to_contain_text("Here")
    await expect(marked).to_have_text("Tea 5")
    await all_lines(ada)
    assert sorted(await numbers(ada)) == list(range(NUMBER))


async def crowd(people: People, *, javascript: bool = True) -> tuple[Screen, Screen, list[int]]:
    """Ada, Bob, and their many groups, the latest last."""
    ada, bob = await people.join("ada", javascript=javascript), await people.join("bob")
    ids = [
        await factories.make_conversation([ada.user, bob.user], title=f"Tea {n}", active_at=n + 1)
        for n in range(NUMBER)
    ]
    return ada, bob, ids


def lines(screen: Screen) -> Locator:
    return screen.page.locator("#inbox .entry")


async def all_lines(screen: Screen) -> None:
    """Scroll to the end of the inbox, until it is there."""
    more = screen.page.locator("#inbox .more")
    for held in range(PAGE, NUMBER, PAGE):
        await expect(lines(screen)).not_to_have_count(held - 1)
        await more.scroll_into_view_if_needed()
        await expect(lines(screen).nth(min(held + PAGE, NUMBER) - 1)).to_be_attached()
    await expect(more).to_have_count(0)
    await expect(lines(screen)).to_have_count(NUMBER)


async def numbers(screen: Screen) -> list[int]:
    titles = await lines(screen).locator("a").all_text_contents()
    return [int(title.removeprefix("Tea ")) for title in titles]
