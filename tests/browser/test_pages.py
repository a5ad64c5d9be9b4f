"""Pages beside the inbox: a group's people, and the account."""

import pytest
from playwright.async_api import expect

from tests import factories
from tests.browser.people import People


@pytest.mark.parametrize("javascript", [True, False], ids=["js", "plain"])
async def test_removing_and_leaving_ask_once(people: People, javascript: bool) -> None:
    ada, bob = await people.join("ada", javascript=javascript), await people.join("bob")
    id = await factories.make_conversation([ada.user, bob.user], title="Sailing")
    await ada.go(f"/chat/{id}/people/")
    await ada.press("Remove… Bob")
    await ada.press("Cancel")
    await ada.press("Remove… Bob")
    await ada.press("Remove Bob")
    await expect(ada.page.locator(".handle")).to_have_text(["ada"])
    await ada.press("Leave group…")
    await ada.press("Stay")
    await ada.press("Leave group…")
    await ada.press("Leave group")
    await ada.title_is("Inbox")
    assert (await ada.go(id)).status == 404


async def test_on_a_wide_screen_too_one_gets_back_to_the_conversation(people: People) -> None:
    ada = await people.join("ada")
    id = await factories.make_conversation([ada.user], title="Sailing")
    await ada.go(f"/chat/{id}/people/")
    await expect(ada.page.locator(".page-head .icon-back")).to_be_visible()
    await ada.press("Back to the conversation")
    await ada.title_is("Sailing")


async def test_a_checkbox_stands_beside_its_label(people: People) -> None:
    ada = await people.join("ada")
    await ada.go("/account/")
    box = await ada.page.get_by_label("Hide when I am online").bounding_box()
    words = await ada.page.get_by_text("Hide when I am online").bounding_box()
    assert box
    assert words
    assert box["width"] < 32
    assert 0 < words["x"] - (box["x"] + box["width"]) < 24
