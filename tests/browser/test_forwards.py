"""Forwarding in a browser: chosen by eye or by name, to several conversations."""

import pytest
from playwright.async_api import expect

from tests import factories
from tests.browser.people import People


@pytest.mark.parametrize("javascript", [True, False], ids=["js", "plain"])
async def test_a_message_is_forwarded_from_its_page(people: People, javascript: bool) -> None:
    ada = await people.join("ada", javascript=javascript)
    bob, cem = await people.join("bob"), await people.join("cem")
    chat = await factories.make_conversation([ada.user, bob.user])
    tea = await factories.make_conversation([ada.user, cem.user], "Tea")
    await factories.make_message(bob.user, chat, "Doors at **seven**")
    await cem.chat(tea)
    await ada.go(f"/chat/{chat}/1/")
    await ada.press("Forward…")
    await ada.page.get_by_label("Bob").check()
    await ada.page.get_by_label("Name of a conversation").fill("Te")
    await ada.page.keyboard.press("Enter")
    await expect(ada.page.get_by_label("Bob")).to_be_checked()
    await ada.page.get_by_label("Tea").check()
    await ada.press("Forward")
    await ada.shows("Doors at seven", "Doors at seven")
    await cem.shows("Doors at seven")
    await expect(cem.messages.locator(".forwarded")).to_have_text("Forwarded from Bob")
    await cem.holds_the_log(tea)
