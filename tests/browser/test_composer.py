"""The composer of a browser: how much may still be written."""

from playwright.async_api import expect

from actions.messages import BODY_LENGTH
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
