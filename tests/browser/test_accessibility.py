"""Every page and fragment can be used by everybody: no fault by axe, nothing cut off or tiny."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from db import participants
from tests import factories, programs
from tests.browser.catalogue import Catalogue
from tests.browser.faulty_proxy import Fault, FaultyProxy
from tests.browser.people import People
from tests.browser.screen import Screen

DESKTOP, PHONE, NARROW = (1280, 800), (390, 844), (320, 640)

VIOLATIONS = """async options => {
    const {violations} = await axe.run(document, {resultTypes: ['violations'], ...options})
    return violations.flatMap(rule => rule.nodes.map(
        node => `${rule.id}: ${node.html} (${node.failureSummary})`))
}"""
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}
"""The rules that may be kept in the light and broken in the dark."""

SMALL = """() => [...document.querySelectorAll('button, input, textarea, nav a, .button')]
    .filter(e => e.checkVisibility({visibilityProperty: true}) && !e.closest('#inbox'))
    .map(e => [e.outerHTML, (e.type === 'checkbox' ? e.labels[0] : e).getBoundingClientRect()])
    .filter(([_, box]) => box.height && box.height < 44)
    .map(([html, box]) => `${html} is ${box.height} px high`)"""

WIDER = """() => [document.scrollingElement, document.getElementById('scroller')]
    .filter(e => e && e.scrollWidth > e.clientWidth)
    .map(e => `${e.id || 'the page'} is ${e.scrollWidth} px wide`)"""


@pytest_asyncio.fixture(loop_scope="session")
async def page(people: People) -> AsyncIterator[Page]:
    """A tab to show the catalogue in: as it is when no script has come."""
    screen = await people.stranger()
    await screen.page.route("**/*.js", lambda route: route.abort())
    await screen.go("/login/")
    yield screen.page


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_axe_finds_no_violation_in_light_and_dark(
    page: Page, catalogue: Catalogue, size: tuple[int, int]
) -> None:
    await resize(page, size)
    found = {}
    for name, markup in catalogue.pages.items():
        await show(page, markup)
        found[name] = await violations(page)
    assert not any(found.values()), listed(found)


async def test_nothing_is_wider_than_a_narrow_screen_or_too_small_for_a_finger(
    page: Page, catalogue: Catalogue
) -> None:
    await resize(page, NARROW)
    found = {}
    for name, markup in catalogue.pages.items():
        await show(page, markup)
        found[name] = await page.evaluate(WIDER) + await page.evaluate(SMALL)
    assert not any(found.values()), listed(found)


async def test_axe_finds_no_violation_in_what_scripts_show(
    travellers: People, proxy: FaultyProxy
) -> None:
    ada, bob, id = await travellers.pair()
    await factories.make_messages(bob.user, id, 60)
    await ada.page.reload()
    await ada.is_live()
    await bob.composer.press_sequentially("typing")
    await expect(ada.page.get_by_text("Bob is typing…")).to_be_visible()
    await judge(ada, "typing")
    await ada.page.evaluate("document.getElementById('scroller').scrollTop = -600")
    await expect(ada.page.locator("#jump")).to_be_visible()
    await judge(ada, "further up")
    await ada.page.locator("#scroller").focus()
    for key in ("ArrowUp", "Enter"):
        await ada.page.keyboard.press(key)
    await expect(ada.page.get_by_role("menuitemcheckbox").first).to_be_focused()
    await judge(ada, "menu")
    await ada.page.get_by_role("menuitem", name="Another emoji").click()
    await ada.page.get_by_label("Search emoji").fill("heart")
    await judge(ada, "picker")
    await ada.page.keyboard.press("Escape")
    await expect(ada.page.get_by_role("dialog")).to_be_hidden()
    await ada.say("x" * 9000)
    await expect(ada.page.locator(".failed")).to_be_visible()
    await judge(ada, "refused")
    proxy.faults = {"": Fault.CUT}
    await proxy.cut()
    await ada.say("Pending")
    await expect(ada.page.locator(".sending .state")).to_have_text("Waiting for the connection…")
    await expect(ada.page.locator("#connection")).to_have_attribute("data-state", "offline")
    await judge(ada, "offline")


async def judge(screen: Screen, state: str) -> None:
    found = {}
    for size in (DESKTOP, PHONE, NARROW):
        await resize(screen.page, size)
        found[f"{state} {size}"] = await violations(screen.page)
    found[state] = await screen.page.evaluate(WIDER) + await screen.page.evaluate(SMALL)
    assert not any(found.values()), listed(found)
    await resize(screen.page, DESKTOP)


async def violations(page: Page) -> list[str]:
    """In the light, and then in the dark, where nothing is still moving into its place."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(programs.AXE.read_text())
    await page.emulate_media(color_scheme="light", reduced_motion="reduce")
    found: list[str] = await page.evaluate(VIOLATIONS, {})
    await page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    return found + list(await page.evaluate(VIOLATIONS, COLOURS))


async def show(page: Page, markup: str) -> None:
    await page.set_content(markup)
    # What waits for a script that does not come has waited long enough.
    await page.evaluate("document.getAnimations().forEach(animation => animation.finish())")


async def resize(page: Page, size: tuple[int, int]) -> None:
    await page.set_viewport_size({"width": size[0], "height": size[1]})


def listed(found: dict[str, list[str]]) -> str:
    return "\n".join(f"{name}: {what}" for name, every in found.items() for what in every)


async def test_what_is_new_is_read_aloud_and_the_history_that_loads_is_not(people: People) -> None:
    ada, bob = await people.join("ada"), await people.join("bob")
    id = await factories.make_conversation([ada.user, bob.user])
    await factories.make_messages(bob.user, id, 120)
    await participants.update_read([(id, ada.user.id, 120)])
    for screen in (ada, bob):
        await screen.chat(id)
    await expect(ada.page.locator("#scroller")).to_have_attribute("aria-live", "off")
    await ada.page.locator("#scroller").press("Home")
    await expect(ada.messages).to_have_count(100)
    await expect(ada.page.locator("#messages")).to_have_attribute("aria-busy", "false")
    news = ada.page.locator("#news[aria-live=polite] > li")
    await expect(news).to_have_count(0)
    await ada.say("Mine is no news")
    await bob.say("Hello")
    await expect(news).to_have_text(["Bob: Hello"])


async def test_forced_colours_show_what_is_current(people: People) -> None:
    ada = await people.join("ada", forced_colors="active")
    id = await factories.make_conversation([ada.user])
    for path in (f"/chat/{id}/", "/", "/people/", "/account/", "/chat/new/"):
        await ada.go(path)
        outlines = await ada.page.evaluate(
            """() => [...document.querySelectorAll('[aria-current]')]
                .filter(e => e.offsetParent)
                .map(e => getComputedStyle(e.closest('.entry') ?? e).outlineStyle)"""
        )
        assert outlines, path
        assert set(outlines) == {"solid"}, path
