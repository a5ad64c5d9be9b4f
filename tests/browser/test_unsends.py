"""Unsending in a browser: asked once, and seen at once."""

import pytest
from playwright.async_api import expect

from tests import factories
from tests.browser.people import People


@pytest.mark.parametrize("javascript", [True, False], ids=["js", "plain"])
async def test_a_message_is_unsent_from_its_page(people: People, javascript: bool) -> None:
    ada = await people.join("ada", javascript=javascript)
    bob = await people.join("bob")
    id = await factories.make_conversation([ada.user, bob.user])
    await factories.make_message(ada.user, id, "Secret")
    await factories.make_message(bob.user, id, "Answer")
    await bob.chat(id)
    await bob.shows("Secret", "Answer")
    await ada.chat(id)
    await ada.message("Secret").locator(".meta a").click()
    await ada.press("Unsend…")
    await ada.press("Keep it")
    await ada.press("Unsend…")
    await ada.press("Unsend message")
    await ada.shows("Message unsent", "Answer")
    await bob.shows("Message unsent", "Answer")
    await bob.holds_the_log(id)
    assert "Secret" not in await bob.page.content()


async def test_a_preview_follows(people: People) -> None:
    ada, bob, id = await people.pair()
    await ada.say("Secret")
    line = bob.page.locator(f"#conversation-{id} .preview")
    await expect(line).to_have_text("Secret")
    await ada.go(f"/chat/{id}/1/unsend/")
    await ada.press("Unsend message")
    await expect(line).to_have_text("Message unsent")
    assert "Secret" not in await bob.page.content()
