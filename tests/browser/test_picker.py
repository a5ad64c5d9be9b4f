"""The emoji picker: from a message's menu and from the composer, and by keys alone."""

from playwright.async_api import Locator, expect

from tests import factories
from tests.browser.people import People
from tests.browser.screen import Screen


async def talk(people: People) -> Screen:
    """Ada, at a conversation in which Bob has spoken."""
    ada = await people.join("ada")
    bob = await factories.make_user("bob")
    id = await factories.make_conversation([ada.user, bob])
    await factories.make_message(bob, id, "Hello")
    await ada.chat(id)
    return ada


def picker(ada: Screen) -> Locator:
    return ada.page.get_by_role("dialog", name="Emoji")


def option(ada: Screen, name: str) -> Locator:
    return picker(ada).get_by_role("option", name=name, exact=True)


def reactions(ada: Screen) -> Locator:
    return ada.message("Hello").locator(".reaction")


async def test_it_is_loaded_when_it_is_first_opened(people: People) -> None:
    ada = await talk(people)
    asked: list[str] = []
    ada.page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    for _ in range(2):
        await ada.press("Emoji")
        await expect(option(ada, "grinning face")).to_be_visible()
        await ada.page.keyboard.press("Escape")
        await expect(picker(ada)).to_be_hidden()
    assert sorted(asked) == ["emoji.txt", "picker.css", "picker.js"]


async def test_an_emoji_from_the_menu_is_a_reaction_by_keys_alone(people: People) -> None:
    ada = await talk(people)
    keys = ada.page.keyboard
    await keys.press("Shift+Tab")
    await keys.press("ArrowUp")
    await keys.press("Enter")
    await expect(ada.page.get_by_role("menuitemcheckbox").first).to_be_focused()
    for _ in range(6):
        await keys.press("ArrowRight")
    await keys.press("Enter")
    field = picker(ada).get_by_label("Search emoji")
    await expect(field).to_be_focused()
    await keys.type("unicorn")
    await expect(picker(ada).get_by_role("status")).to_have_text("1 emoji")
    await keys.press("Enter")
    await expect(picker(ada)).to_be_hidden()
    await expect(reactions(ada)).to_have_attribute("data-emoji", "🦄")
    await expect(ada.message("Hello")).to_be_focused()


async def test_the_arrows_go_through_the_emoji_and_letters_back_to_the_field(
    people: People,
) -> None:
    ada = await talk(people)
    keys = ada.page.keyboard
    await ada.press("Emoji")
    field = picker(ada).get_by_label("Search emoji")
    await expect(field).to_be_focused()
    await keys.press("ArrowDown")
    await expect(option(ada, "grinning face")).to_be_focused()
    await keys.press("ArrowRight")
    await expect(option(ada, "grinning face with big eyes")).to_be_focused()
    first = await option(ada, "grinning face with big eyes").bounding_box()
    await keys.press("ArrowDown")
    below = await picker(ada).locator(":focus").bounding_box()
    assert first
    assert below
    assert (below["x"], below["y"] > first["y"]) == (first["x"], True)
    await keys.press("ArrowUp")
    await expect(option(ada, "grinning face with big eyes")).to_be_focused()
    await keys.press("ArrowUp")
    await expect(field).to_be_focused()
    await keys.press("ArrowDown")
    await keys.press("q")
    await expect(field).to_have_value("q")
    await field.fill("qqq")
    await expect(picker(ada).get_by_role("status")).to_contain_text("No emoji found")
    await keys.press("Escape")
    await expect(picker(ada)).to_be_hidden()
    await expect(ada.page.get_by_role("button", name="Emoji")).to_be_focused()


async def test_from_the_composer_it_writes_where_the_cursor_is_and_remembers(
    people: People,
) -> None:
    ada = await talk(people)
    await ada.composer.fill("Hello Bob")
    await ada.composer.evaluate("text => text.setSelectionRange(5, 5)")
    await ada.press("Emoji")
    await picker(ada).get_by_label("Skin tone").select_option("🏽")
    await picker(ada).get_by_label("Search emoji").fill("waving")
    await option(ada, "waving hand").click()
    await expect(ada.composer).to_have_value("Hello👋🏽 Bob")
    await expect(ada.composer).to_be_focused()
    await ada.press("Emoji")
    await option(ada, "dog").click()
    await expect(ada.composer).to_have_value("Hello👋🏽🐕 Bob")
    await ada.page.reload()
    await ada.is_live()
    await ada.press("Emoji")
    recent = picker(ada).get_by_role("group", name="Recent").get_by_role("option")
    await expect(recent).to_have_text(["🐕", "👋🏽"])
    await expect(option(ada, "raised hand")).to_have_text("✋🏽")


async def test_where_it_cannot_be_loaded_the_messages_page_takes_its_place(
    people: People,
) -> None:
    ada = await talk(people)
    await ada.page.route("**/picker.js", lambda route: route.abort())
    await ada.message("Hello").locator(".bubble").hover()
    await ada.press("Actions")
    await ada.page.get_by_role("menuitem", name="Another emoji").click()
    await expect(ada.page.get_by_label("Another emoji")).to_be_visible()
