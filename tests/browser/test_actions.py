"""The menu on each message: by mouse, finger and keys; and editing where one writes."""

from typing import Any

from playwright.async_api import Locator, expect

from tests import factories
from tests.browser.people import People
from tests.browser.screen import Screen

EVERYBODYS = [
    "+Another emoji",
    "Details",
    "Reply",
    "Forward…",
    "Keep for me",
    "Pin for everyone",
]
OWN = [*EVERYBODYS, "Copy text", "Copy link", "Edit", "Unsend…"]
HOLD = """(body, kind) => {
    const {left, top} = body.getBoundingClientRect()
    const at = {bubbles: true, pointerType: 'touch', clientX: left + 2, clientY: top + 2}
    body.dispatchEvent(new PointerEvent(kind, at))
}"""


async def talk(people: People, **options: Any) -> Screen:
    """Ada, at a conversation in which Bob has answered her."""
    ada = await people.join("ada", **options)
    bob = await factories.make_user("bob")
    id = await factories.make_conversation([ada.user, bob])
    await factories.make_message(ada.user, id, "Helo")
    await factories.make_message(bob, id, "Answer")
    await ada.chat(id)
    return ada


def items(ada: Screen) -> Locator:
    return ada.page.get_by_role("menu").get_by_role("menuitem")


def quick(ada: Screen) -> Locator:
    """The reactions that the menu offers."""
    return ada.page.get_by_role("menu").get_by_role("menuitemcheckbox")


async def test_by_mouse(people: People) -> None:
    ada = await talk(people)
    await expect(ada.page.get_by_role("button", name="Actions")).to_have_count(0)
    await ada.message("Helo").locator(".bubble").hover()
    await ada.press("Actions")
    await expect(items(ada)).to_have_text(OWN)
    await ada.page.mouse.click(5, 5)
    await expect(ada.page.get_by_role("menu")).to_be_hidden()
    await ada.message("Answer").locator(".bubble").hover()
    await ada.press("Actions")
    await expect(items(ada)).to_have_text(
        [*EVERYBODYS, "Mark as unread from here", "Copy text", "Copy link"]
    )
    await items(ada).filter(has_text="Details").click()
    await ada.title_is("A message from Bob")


async def test_by_keys_the_log_is_one_stop_and_the_menu_gives_the_focus_back(
    people: People,
) -> None:
    ada = await talk(people)
    keys = ada.page.keyboard
    await expect(ada.composer).to_be_focused()
    await keys.press("Shift+Tab")
    await expect(ada.page.locator("#scroller")).to_be_focused()
    await keys.press("ArrowUp")
    await expect(ada.message("Answer")).to_be_focused()
    await keys.press("ArrowUp")
    await keys.press("ArrowUp")
    await expect(ada.message("Helo")).to_be_focused()
    await keys.press("Enter")
    await expect(quick(ada).first).to_be_focused()
    await keys.press("ArrowUp")
    await expect(items(ada).last).to_be_focused()
    await keys.press("ArrowDown")
    await keys.press("ArrowRight")
    await expect(quick(ada).nth(1)).to_be_focused()
    await keys.press("ArrowDown")
    await expect(items(ada).filter(has_text="Details")).to_be_focused()
    await keys.press("ArrowUp")
    await expect(quick(ada).first).to_be_focused()
    await keys.press("Escape")
    await expect(ada.message("Helo")).to_be_focused()
    await keys.press("End")
    await expect(ada.message("Answer")).to_be_focused()
    await keys.press("ContextMenu")
    await expect(quick(ada).first).to_be_focused()
    await keys.press("Tab")
    await expect(ada.page.get_by_role("menu")).to_be_hidden()
    await keys.press("Tab")
    await expect(ada.composer).to_be_focused()
    await keys.press("Shift+Tab")
    await expect(ada.message("Answer")).to_be_focused()


async def test_a_long_press_opens_it_and_a_moving_finger_does_not(people: People) -> None:
    ada = await talk(people, has_touch=True, viewport={"width": 390, "height": 780})
    body = ada.message("Answer").locator(".body")
    await body.evaluate(HOLD, "pointerdown")
    await body.evaluate(HOLD, "pointerup")
    await body.evaluate(HOLD, "pointerdown")
    await expect(items(ada)).to_have_count(9)
    sheet = await ada.page.get_by_role("menu").bounding_box()
    assert sheet
    assert sheet["width"] > 370


async def test_the_menu_copies_text(people: People) -> None:
    ada = await talk(people, permissions=["clipboard-read", "clipboard-write"])
    await ada.message("Answer").locator(".bubble").hover()
    await ada.press("Actions")
    await items(ada).filter(has_text="Copy text").click()
    await expect(items(ada).filter(has_text="Copied")).to_be_visible()
    assert await ada.page.evaluate("navigator.clipboard.readText()") == "Answer"


async def test_the_arrow_up_edits_ones_last_message_and_escape_leaves_it(people: People) -> None:
    ada = await talk(people)
    await ada.composer.press("ArrowUp")
    text = ada.page.get_by_label("Edit your text")
    await expect(text).to_be_focused()
    await expect(text).to_have_value("Helo")
    await text.fill("Not this")
    await text.press("Escape")
    await expect(ada.composer).to_be_focused()
    await ada.shows("Helo", "Answer")
    await ada.composer.press("ArrowUp")
    await text.fill("Hello")
    await text.press("Enter")
    await ada.shows("Hello", "Answer")
    await expect(ada.composer).to_be_focused()
    await ada.composer.fill("A draft")
    await ada.composer.press("ArrowUp")
    await expect(text).to_have_count(0)
    await expect(ada.composer).to_have_value("A draft")


async def test_what_was_edited_elsewhere_meanwhile_is_told_and_the_text_kept(
    people: People,
) -> None:
    ada = await talk(people)
    phone = await people.sign_in(ada.user)
    await phone.chat(ada.conversation_id)
    text = ada.page.get_by_label("Edit your text")
    await ada.composer.press("ArrowUp")
    await text.fill("From the desk")
    await phone.composer.press("ArrowUp")
    await phone.page.get_by_label("Edit your text").fill("From the phone")
    await phone.page.get_by_label("Edit your text").press("Enter")
    await ada.shows("From the phone", "Answer")
    await ada.press("Save")
    await expect(ada.page.get_by_role("alert")).to_contain_text("changed on another device")
    await expect(text).to_have_value("From the desk")
    await ada.press("Save")
    await ada.shows("From the desk", "Answer")


async def test_editing_from_the_menu_keeps_the_draft(people: People) -> None:
    ada = await talk(people)
    await ada.composer.fill("A draft")
    await ada.message("Helo").locator(".bubble").hover()
    await ada.press("Actions")
    await items(ada).filter(has_text="Edit").click()
    await ada.page.get_by_label("Edit your text").fill("Hello")
    await ada.press("Save")
    await ada.shows("Hello", "Answer")
    await expect(ada.composer).to_have_value("A draft")
