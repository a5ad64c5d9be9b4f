"""A message's own page in a browser."""

import re

import pytest
from playwright.async_api import expect

from tests import factories
from tests.browser.people import People


@pytest.mark.parametrize("javascript", [True, False], ids=["js", "plain"])
async def test_from_the_log_to_a_message_and_back_to_its_place(
    people: People, javascript: bool
) -> None:
    ada = await people.join("ada", javascript=javascript)
    id = await factories.make_conversation([ada.user])
    await factories.make_messages(ada.user, id, 120)
    await ada.chat(id)
    await ada.message("Message 90").locator(".meta a").click()
    await ada.title_is("Your message")
    await expect(ada.page.locator(".at-hand .body")).to_have_text("Message 90")
    await ada.press("Older messages")
    await expect(ada.message("Message 86")).to_be_in_viewport()
    await ada.go(f"/chat/{id}/20/")
    await ada.press("Show in conversation")
    await expect(ada.message("Message 20")).to_be_in_viewport()


async def test_text_and_link_of_a_message_can_be_copied(people: People) -> None:
    ada = await people.join("ada", permissions=["clipboard-read", "clipboard-write"])
    id = await factories.make_conversation([ada.user])
    await factories.make_message(ada.user, id, "Two\nlines & <more>")
    await ada.go(f"/chat/{id}/1/")
    for words, copied in (
        ("Copy text", "Two\nlines & <more>"),
        ("Copy link", f"{people.url}/chat/{id}/1/"),
    ):
        await ada.press(words)
        await expect(ada.page.get_by_role("button", name="Copied")).to_be_visible()
        assert await ada.page.evaluate("navigator.clipboard.readText()") == copied
        await expect(ada.page.get_by_role("button", name=words)).to_be_visible()


async def test_the_full_time_is_the_readers(people: People) -> None:
    ada = await people.join("ada", timezone_id="Asia/Tokyo", locale="en-GB")
    id = await factories.make_conversation([ada.user])
    await factories.make_message(ada.user, id, created_at=1_795_795_200_000)
    await ada.go(f"/chat/{id}/1/")
    full = ada.page.locator("time.full")
    await expect(full).to_have_text(re.compile("Saturday,? 28 November 2026 at 01:00"))
