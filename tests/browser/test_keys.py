"""The keyboard: one can write at once, and get about without a mouse."""

from playwright.async_api import expect

from tests import factories
from tests.browser.people import People


async def test_a_page_opens_where_one_would_type(people: People) -> None:
    ada, bob = await people.join("ada"), await people.join("bob")
    id = await factories.make_conversation([ada.user, bob.user])
    for path, field in (
        (f"/chat/{id}/", "#body"),
        ("/people/", "#q"),
        ("/search/", "#q"),
        ("/chat/new/", "#to"),
    ):
        await ada.go(path)
        await expect(ada.page.locator(field)).to_be_focused()


async def test_on_touch_no_keyboard_comes_unasked(people: People) -> None:
    ada = await people.join("ada", has_touch=True, is_mobile=True)
    id = await factories.make_conversation([ada.user])
    await ada.chat(id)
    await expect(ada.composer).not_to_be_focused()


async def test_opening_at_the_first_unread_message_one_can_write_and_stays_there(
    people: People,
) -> None:
    ada, bob = await people.join("ada"), await people.join("bob")
    id = await factories.make_conversation([ada.user, bob.user])
    await factories.make_messages(bob.user, id, 40)
    await ada.chat(id)
    await expect(ada.composer).to_be_focused()
    await expect(ada.page.locator("#unread")).to_be_in_viewport()


async def test_focus_comes_back_after_the_button_to_the_newest(people: People) -> None:
    for touch, place in ((False, "#body"), (True, "#scroller")):
        ada = await people.join(f"ada{touch}".lower(), has_touch=touch, is_mobile=touch)
        bob = await factories.make_user()
        id = await factories.make_conversation([ada.user, bob])
        await factories.make_messages(bob, id, 40)
        await ada.chat(id)
        await ada.page.locator("#jump").click()
        await expect(ada.page.locator("#jump")).to_be_hidden()
        await expect(ada.page.locator(place)).to_be_focused()


async def test_escape_goes_to_the_newest_message_and_keeps_the_draft(people: People) -> None:
    ada, bob = await people.join("ada"), await people.join("bob")
    id = await factories.make_conversation([ada.user, bob.user])
    await factories.make_messages(bob.user, id, 40)
    await ada.chat(id)
    await ada.composer.fill("Draft")
    await ada.composer.press("Escape")
    await expect(ada.page.locator("#jump")).to_be_hidden()
    await expect(ada.messages.last).to_be_in_viewport()
    await expect(ada.composer).to_have_value("Draft")
    await expect(ada.composer).to_be_focused()


async def test_control_k_jumps_to_a_conversation_or_a_person(people: People) -> None:
    ada = await people.join("ada")
    bob, zoe = await factories.make_user("bob"), await factories.make_user("zoe", name="Zoé")
    id = await factories.make_conversation([ada.user, bob], title="Sailing")
    await factories.make_conversation([ada.user, bob])
    await ada.chat(id)
    await ada.page.keyboard.press("Control+k")
    await ada.title_is("Search")
    rows = ada.page.locator("#results .row b")
    await expect(rows).to_have_text(["Bob", "Sailing"])
    await ada.page.keyboard.type("sail")
    await expect(rows).to_have_text(["Sailing"])
    await ada.page.keyboard.press("Enter")
    await ada.title_is("Sailing")
    await ada.page.keyboard.press("Control+k")
    await ada.title_is("Search")
    await ada.page.keyboard.type(zoe.username)
    await expect(rows).to_have_text(["Zoé"])
    await ada.page.keyboard.press("ArrowDown")
    await ada.page.keyboard.press("Enter")
    await ada.title_is("Zoé")


async def test_escape_leaves_the_search(people: People) -> None:
    ada = await people.join("ada")
    await ada.chat(await factories.make_conversation([ada.user]))
    await ada.page.keyboard.press("Control+k")
    await ada.title_is("Search")
    await ada.page.keyboard.press("Escape")
    await ada.title_is("Note to self")


async def test_a_page_lists_the_shortcuts(people: People) -> None:
    ada = await people.join("ada")
    await ada.go("/people/")
    await ada.page.locator(".account summary").click()
    await ada.press("Keyboard shortcuts")
    await expect(ada.page.locator("kbd").first).to_have_text("Ctrl K")


async def test_keys_put_marks_around_what_is_selected_and_take_them_away(people: People) -> None:
    ada, bob, _ = await people.pair()
    await ada.composer.fill("so good")
    await ada.composer.press("ControlOrMeta+A")
    for key, written in (("b", "**so good**"), ("i", "***so good***"), ("b", "*so good*")):
        await ada.composer.press(f"ControlOrMeta+{key}")
        await expect(ada.composer).to_have_value(written)
    await ada.composer.press("ControlOrMeta+Z")
    await expect(ada.composer).to_have_value("***so good***")
    await ada.composer.press("Enter")
    await expect(bob.messages.locator(".body em > strong")).to_have_text("so good")
