"""Mentions in a browser: offered while one types, marked for whom they mention."""

from playwright.async_api import Locator, expect

from tests import factories
from tests.browser.people import People
from tests.browser.screen import Screen


async def talk(people: People, *, javascript: bool = True) -> tuple[Screen, Screen]:
    """Ada and Bob, at a group with Zoë and Zora."""
    ada, bob = await people.join("ada"), await people.join("bob", javascript=javascript)
    zoe = await factories.make_user("zlind", "Zoë Lind")
    zora = await factories.make_user("zora")
    id = await factories.make_conversation([ada.user, bob.user, zoe, zora], "Tea")
    await ada.chat(id)
    await bob.go("/")
    return ada, bob


def options(screen: Screen) -> Locator:
    return screen.page.get_by_role("option")


def chosen(screen: Screen) -> Locator:
    return screen.page.get_by_role("option", selected=True)


async def background(of: Locator) -> str:
    return str(await of.evaluate("e => getComputedStyle(e).backgroundColor"))


async def test_keys_take_a_name_from_the_list(people: People) -> None:
    ada, _ = await talk(people)
    keys = ada.page.keyboard
    await ada.composer.press_sequentially("Hi @zo")
    await expect(options(ada)).to_have_count(2)
    await expect(chosen(ada)).to_contain_text("Zoë Lind")
    await expect(ada.page.get_by_role("status").filter(has_text="2 people")).to_be_attached()
    await keys.press("ArrowDown")
    await expect(chosen(ada)).to_contain_text("zora")
    id = await chosen(ada).get_attribute("id")
    await expect(ada.composer).to_have_attribute("aria-activedescendant", str(id))
    await keys.press("ArrowDown")
    await expect(chosen(ada)).to_contain_text("Zoë Lind")
    await keys.press("Enter")
    await expect(ada.composer).to_have_value("Hi @zlind ")
    await expect(options(ada)).to_have_count(0)
    await ada.composer.press_sequentially("and @bo")
    await expect(chosen(ada)).to_contain_text("bob")
    await keys.press("Tab")
    await expect(ada.composer).to_have_value("Hi @zlind and @bob ")
    await expect(ada.composer).to_be_focused()
    await keys.press("Enter")
    await ada.shows("Hi @zlind and @bob")


async def test_escape_closes_the_list_until_the_next_name(people: People) -> None:
    ada, _ = await talk(people)
    asked: list[str] = []
    ada.page.on("request", lambda request: asked.append(request.url.partition("?q=")[2]))
    await ada.composer.press_sequentially("@z")
    await expect(options(ada)).to_have_count(2)
    await ada.page.keyboard.press("Escape")
    await expect(options(ada)).to_have_count(0)
    await ada.composer.press_sequentially("o")
    await expect(ada.composer).to_have_value("@zo")
    await ada.composer.press_sequentially(" @bo")
    await expect(chosen(ada)).to_contain_text("bob")
    assert "z" in asked
    assert "zo" not in asked
    await ada.page.keyboard.press("ArrowLeft")
    await ada.page.keyboard.press("Home")
    await expect(options(ada)).to_have_count(0)
    await ada.page.keyboard.press("Enter")
    await ada.shows("@zo @bo")


async def test_enter_sends_where_a_name_is_whole(people: People) -> None:
    ada, _ = await talk(people)
    await ada.composer.press_sequentially("Hi @Bob")
    await expect(chosen(ada)).to_contain_text("bob")
    await ada.page.keyboard.press("Enter")
    await ada.shows("Hi @Bob")
    await expect(options(ada)).to_have_count(0)


async def test_a_click_takes_a_name_and_the_field_keeps_the_focus(people: People) -> None:
    ada, _ = await talk(people)
    await ada.composer.press_sequentially("@lind")
    await options(ada).click()
    await expect(ada.composer).to_have_value("@zlind ")
    await expect(ada.composer).to_be_focused()


async def test_what_an_input_method_composes_takes_no_name(people: People) -> None:
    ada, _ = await talk(people)
    await ada.composer.press_sequentially("@bo")
    await expect(chosen(ada)).to_contain_text("bob")
    for event in ("{isComposing: true}", "{keyCode: 229}"):
        await ada.composer.evaluate(
            f"""e => e.dispatchEvent(new KeyboardEvent('keydown', {{
                key: 'Enter', bubbles: true, cancelable: true, ...{event}}}))"""
        )
    await expect(ada.composer).to_have_value("@bo")
    await expect(chosen(ada)).to_contain_text("bob")


async def test_who_is_mentioned_sees_it_in_the_list_and_in_the_text(people: People) -> None:
    ada, bob = await talk(people)
    await ada.say("Hello")
    line = bob.page.locator(".entry", has_text="Tea")
    await expect(line.locator(".badge")).to_have_text(["1 unread"])
    await ada.say("Here @bob")
    badges = line.locator(".badge")
    await expect(badges).to_have_text(["2 unread,", "@ mentioned"])
    number, at = [await badges.nth(n).bounding_box() for n in (0, 1)]
    assert number
    assert at
    assert at["x"] + at["width"] <= number["x"], "beside each other"
    await bob.chat(ada.conversation_id)
    await bob.shows("Hello", "Here @bob")
    mine, other = bob.message("Here @bob"), bob.message("Hello")
    assert await background(mine.locator(".bubble")) != await background(other.locator(".bubble"))
    theirs = ada.message("Here @bob")
    assert await background(theirs.locator(".mention")) == "rgba(0, 0, 0, 0)"
    assert await background(mine.locator(".mention")) != "rgba(0, 0, 0, 0)"
    await bob.has_read(2)
    await expect(line.locator(".badge")).to_have_count(0)


async def test_without_scripts_names_are_typed_and_marked(people: People) -> None:
    ada, bob = await talk(people, javascript=False)
    await bob.chat(ada.conversation_id)
    await bob.composer.fill("Hi @ada")
    await bob.press("Send")
    await ada.shows("Hi @ada")
    await expect(bob.message("Hi @ada").locator(".mention")).to_have_text("@ada")
    await ada.say("Hi @Bob")
    await expect(ada.message("Hi @Bob").locator(".mention")).to_be_visible()
    await bob.go("/")
    badges = bob.page.locator(".entry", has_text="Tea").locator(".badge")
    await expect(badges).to_have_text(["1 unread,", "@ mentioned"])
    await bob.go(ada.conversation_id)
    mention = bob.message("Hi @Bob").locator(".mention")
    assert await background(mention) != "rgba(0, 0, 0, 0)"
