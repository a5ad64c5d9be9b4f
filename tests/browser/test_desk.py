"""What stands around a conversation: the connection's dot, the account menu, times, faces."""

import pytest
from playwright.async_api import FloatRect, Locator, expect

from tests import factories
from tests.browser.people import People
from tests.browser.screen import Screen


async def test_a_live_connection_is_a_dot_whose_words_come_on_hover_and_focus(
    people: People,
) -> None:
    ada, _, _ = await people.pair()
    dot = ada.page.locator("#connection")
    words = dot.locator("span")
    await expect(dot).to_have_accessible_name("Live over WebSocket")
    await expect(dot).to_have_attribute("aria-live", "off")
    await expect(words).to_have_css("clip-path", "inset(50%)")
    await dot.hover()
    await expect(words).to_have_css("clip-path", "none")
    await ada.composer.hover()
    await expect(words).to_have_css("clip-path", "inset(50%)")
    await dot.focus()
    await expect(words).to_have_css("clip-path", "none")


async def test_a_connection_that_is_lost_is_news(people: People) -> None:
    ada, _, _ = await people.pair()
    await ada.page.context.set_offline(True)
    dot = ada.page.get_by_text("You are offline. What you send waits here.")
    await expect(dot).to_be_visible(timeout=30_000)
    await expect(ada.page.locator("#connection")).to_have_attribute("aria-live", "polite")


async def test_the_names_of_a_group_have_the_room_beside_a_live_connection(people: People) -> None:
    ada = await people.join("ada")
    others = [await factories.make_user(name=f"Person {n}") for n in range(9)]
    id = await factories.make_conversation([ada.user, *others], title="Sailing")
    await ada.chat(id)
    head = await box(ada.page.locator(".conversation-head"))
    title = await box(ada.page.locator(".title"))
    assert title["width"] > head["width"] - 160  # two icons, the dot, and the space between


@pytest.mark.parametrize("javascript", [True, False], ids=["js", "plain"])
async def test_the_account_menu_leads_to_the_account_and_out(
    people: People, javascript: bool
) -> None:
    ada = await people.join("ada", javascript=javascript)
    await ada.go("/people/")
    await expect(ada.page.get_by_role("button", name="Sign out")).to_be_hidden()
    await menu(ada).click()
    await ada.press("Your account")
    await ada.title_is("Your account")
    await ada.sign_out()
    await ada.title_is("Sign in")


async def test_the_account_menu_closes_by_escape_and_when_one_goes_elsewhere(
    people: People,
) -> None:
    ada, _, _ = await people.pair()
    out = ada.page.get_by_role("button", name="Sign out")
    await menu(ada).press("Enter")
    await expect(out).to_be_visible()
    await out.press("Escape")
    await expect(out).to_be_hidden()
    await expect(menu(ada)).to_be_focused()
    await menu(ada).click()
    await expect(out).to_be_visible()
    await ada.composer.click()
    await expect(out).to_be_hidden()


@pytest.mark.parametrize("touch", [True, False], ids=["touch", "mouse"])
async def test_each_message_shows_its_time_without_pointing_at_it(
    people: People, touch: bool
) -> None:
    ada, bob = await people.join("ada", has_touch=touch, is_mobile=touch), await people.join("bob")
    id = await factories.make_conversation([ada.user, bob.user])
    await factories.make_messages(bob.user, id, 3)
    await ada.chat(id)
    for time in await ada.messages.locator(".meta time").all():
        await expect(time).to_be_visible()
        await expect(time).to_have_css("opacity", "1")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_faces_of_one_conversation_differ_in_colour(people: People, scheme: str) -> None:
    ada = await people.join("ada", color_scheme=scheme)
    others = [await factories.make_user(name="Same Name") for _ in range(7)]
    id = await factories.make_conversation([ada.user, *others], title="Sailing")
    for author in others:
        await factories.make_message(author, id)
    await ada.chat(id)
    colours = "all => all.map(e => getComputedStyle(e, '::before').backgroundColor)"
    assert len(set(await ada.page.locator(".author").evaluate_all(colours))) == 7
    await ada.go(f"/chat/{id}/people/")
    assert len(set(await ada.page.locator(".page .row").evaluate_all(colours))) == 8


async def test_writing_has_a_thin_ring(people: People) -> None:
    ada, _, _ = await people.pair()
    await ada.composer.focus()
    await expect(ada.composer).to_have_css("outline-style", "none")
    await expect(ada.page.locator("#composer")).to_have_css("border-top-width", "1px")


async def test_the_button_to_the_newest_is_round_with_its_count_at_its_right(
    people: People,
) -> None:
    ada, bob, id = await people.pair()
    await factories.make_messages(bob.user, id, 40)
    await ada.page.reload()
    await ada.is_live()
    await ada.page.locator("#scroller").evaluate("e => { e.scrollTop = -400 }")
    await bob.say("New")
    jump = ada.page.locator("#jump[data-count]:not([data-count=''])")
    await expect(jump).to_be_visible()
    shape = await box(jump)
    assert shape["width"] == shape["height"]
    right = "e => parseFloat(getComputedStyle(e, '::after').insetInlineEnd)"
    assert await jump.evaluate(right) < 0


def menu(screen: Screen) -> Locator:
    return screen.page.locator(".account summary")


async def box(locator: Locator) -> FloatRect:
    found = await locator.bounding_box()
    assert found
    return found
