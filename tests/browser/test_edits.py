"""Editing in a browser: from the message's page, seen at once, earlier texts readable."""

import re

import pytest
from playwright.async_api import expect

from tests import factories
from tests.browser.people import People


@pytest.mark.parametrize("javascript", [True, False], ids=["js", "plain"])
async def test_a_message_is_edited_on_its_page(people: People, javascript: bool) -> None:
    ada = await people.join("ada", javascript=javascript)
    bob = await people.join("bob")
    id = await factories.make_conversation([ada.user, bob.user])
    await factories.make_message(ada.user, id, "Helo")
    await bob.chat(id)
    await ada.chat(id)
    await ada.message("Helo").locator(".meta a").click()
    text = ada.page.get_by_label("Edit your text")
    await expect(text).to_have_value("Helo")
    await text.fill("Hello\nthere")
    await ada.press("Save")
    await ada.shows("Hello\nthere")
    await bob.shows("Hello\nthere")
    await bob.holds_the_log(id)
    mark = bob.messages.locator(".edited")
    await expect(mark).to_have_text("edited")
    await expect(mark).to_have_attribute("title", re.compile("at \\d"))
    await bob.go(f"/chat/{id}/1/")
    await expect(bob.page.locator(".versions .text")).to_have_text(["Helo"])
