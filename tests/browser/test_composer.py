"""Writing in a browser: how much there is room for, and code to be copied."""

from playwright.async_api import expect

from actions.messages import BODY_LENGTH
from tests import factories
from tests.browser.people import People

WIDE = "😂"
"""One character, and two units of a script."""


async def test_near_the_limit_one_sees_how_many_characters_are_left(people: People) -> None:
    ada, bob, _ = await people.pair()
    count, send = ada.page.locator("#composer-count"), ada.page.locator(".send")
    await ada.composer.fill("x" * (BODY_LENGTH - 501))
    await expect(count).not_to_be_visible()
    await ada.composer.fill("x" * (BODY_LENGTH - 214))
    await expect(count).to_have_text("214 left")
    await ada.composer.fill(WIDE * (BODY_LENGTH + 12))
    await expect(count).to_have_text("12 too many")
    await expect(send).to_be_disabled()
    await ada.composer.press("Enter")
    await expect(ada.composer).to_have_value(WIDE * (BODY_LENGTH + 12))
    await ada.composer.fill(WIDE * BODY_LENGTH + "\n ")
    await expect(count).to_have_text("0 left")
    await expect(send).to_be_enabled()
    await ada.composer.press("Enter")
    await expect(count).to_be_hidden()
    await bob.shows(WIDE * BODY_LENGTH)


CODE = "if tea:\n    drink()"


async def test_a_block_of_code_can_be_copied(people: People) -> None:
    ada, bob, id = await people.pair()
    await bob.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await ada.say(f"See:\n```\n{CODE}\n```")
    copy = bob.page.locator("#messages pre button")
    await expect(copy).to_have_accessible_name("Copy code")
    await copy.click()
    await expect(copy).to_have_accessible_name("Copied")
    assert await bob.page.evaluate("navigator.clipboard.readText()") == CODE
    await expect(copy).to_have_accessible_name("Copy code")
    await bob.shows(f"See:{CODE}")
    await ada.page.get_by_text("See:").first.hover()
    await bob.holds_the_log(id)


async def test_without_a_clipboard_no_block_has_a_button(people: People) -> None:
    ada = await people.join("ada")
    await ada.page.add_init_script(
        "Object.defineProperty(Navigator.prototype, 'clipboard', {get: () => undefined})"
    )
    id = await factories.make_conversation([ada.user])
    await factories.make_message(ada.user, id, f"```\n{CODE}\n```")
    await ada.chat(id)
    await expect(ada.page.locator("#messages pre")).to_be_visible()
    await expect(ada.page.locator("#messages pre button")).to_have_count(0)


async def test_one_may_choose_to_send_with_ctrl_enter(people: People) -> None:
    ada, bob, id = await people.pair()
    await ada.go("/account/")
    await expect(ada.page.get_by_label("Send with Enter")).to_be_checked()
    await ada.page.get_by_label("Send with Ctrl+Enter").check()
    await ada.press("Save writing")
    await expect(ada.page.locator(".saved")).to_have_text("Saved.")
    await expect(ada.page.get_by_label("Send with Ctrl+Enter")).to_be_checked()
    await ada.chat(id)
    await ada.composer.fill("One")
    await ada.composer.press("Enter")
    await expect(ada.composer).to_have_value("One\n")
    await ada.page.keyboard.type("two")
    for key in ("Shift+Enter", "Alt+Enter"):
        await ada.composer.press(key)
    await expect(ada.messages).to_have_count(0)
    await ada.composer.press("Control+Enter")
    await bob.shows("One\ntwo")
    await ada.composer.fill("Apple")
    await ada.composer.press("Meta+Enter")
    await bob.shows("One\ntwo", "Apple")
    await bob.say("With Enter")
    await ada.shows("One\ntwo", "Apple", "With Enter")
    await ada.go("/account/")
    await ada.page.get_by_label("Send with Enter").check()
    await ada.press("Save writing")
    await ada.chat(id)
    await ada.say("As before")
    await bob.shows("One\ntwo", "Apple", "With Enter", "As before")
