"""Drafts in browsers: on all devices of a person, and nothing that was typed is lost."""

import pytest
from playwright.async_api import expect

from db import drafts, scheduled
from tests import factories
from tests.browser.people import People
from tests.browser.screen import Screen
from tests.waiting import eventually


async def devices(people: People, tier: str | None = None) -> tuple[Screen, Screen, Screen, int]:
    """Two of Ada's and one of Bob's, all at their conversation."""
    desk, bob, id = await people.pair(tier)
    phone = await people.sign_in(desk.user)
    await phone.chat(id, tier)
    return desk, phone, bob, id


@pytest.mark.parametrize("tier", ["ws", "sse", "poll"])
async def test_what_is_typed_on_one_device_stands_on_the_others_until_it_is_sent(
    people: People, tier: str
) -> None:
    desk, phone, bob, _ = await devices(people, tier)
    inbox = await people.sign_in(desk.user)
    await inbox.go("/")
    await desk.composer.press_sequentially("Hello")
    await expect(phone.composer).to_have_value("Hello")
    await expect(inbox.page.locator("#inbox .draft")).to_have_text("Draft: Hello")
    await expect(phone.page.locator("#inbox .draft")).to_be_hidden()
    await phone.composer.press_sequentially(" Bob")
    await expect(desk.composer).to_have_value("Hello Bob")
    await phone.composer.press("Enter")
    await bob.shows("Hello Bob")
    for device in (desk, phone):
        await device.shows("Hello Bob")
        await expect(device.composer).to_have_value("")
    await expect(inbox.page.locator("#inbox .draft")).to_have_count(0)
    await desk.page.reload()
    await expect(desk.composer).to_have_value("")
    await expect(bob.composer).to_have_value("")


async def test_sending_on_one_device_leaves_what_is_typed_on_the_other(people: People) -> None:
    desk, phone, bob, _ = await devices(people)
    await desk.composer.press_sequentially("From the desk")
    await phone.composer.fill("From the phone")
    await phone.composer.press("Enter")
    await bob.shows("From the phone")
    await expect(desk.composer).to_have_value("From the desk")
    await expect(phone.composer).to_have_value("From the desk")
    await desk.page.reload()
    await expect(desk.composer).to_have_value("From the desk")
    await desk.composer.press("Enter")
    await bob.shows("From the phone", "From the desk")
    await expect(phone.composer).to_have_value("")


async def test_two_devices_at_once_keep_both_texts(people: People) -> None:
    desk, phone, _, id = await devices(people)
    await desk.composer.press_sequentially("Hello")
    await expect(phone.composer).to_have_value("Hello")
    await desk.composer.press_sequentially(" from the desk")
    await phone.composer.press_sequentially(" from the phone")

    async def are_both_kept() -> bool:
        kept = {draft.body for draft in await drafts.list_in(id, desk.user.id)}
        return kept >= {"Hello from the desk", "Hello from the phone"}

    await eventually(are_both_kept)
    [last, other] = [draft.body for draft in await drafts.list_in(id, desk.user.id)]
    for device in (desk, phone):
        await expect(device.composer).to_have_value(last)
        await device.page.get_by_role("button", name="Use the other draft").wait_for()
    await desk.press("Use the other draft")
    for device in (desk, phone):
        await expect(device.composer).to_have_value(other)
    await desk.press("Use the other draft")
    await expect(desk.composer).to_have_value(last)


async def test_what_was_typed_offline_is_saved_when_the_line_is_back(people: People) -> None:
    desk, phone, _, _ = await devices(people)
    await desk.page.context.set_offline(True)
    await desk.composer.press_sequentially("In the train")
    await desk.is_not_live(30)
    await desk.page.context.set_offline(False)
    await expect(phone.composer).to_have_value("In the train")
    await desk.page.close()


async def test_what_is_deleted_is_gone_everywhere(people: People) -> None:
    desk, phone, _, id = await devices(people)
    await desk.composer.fill("Hello")
    await expect(phone.composer).to_have_value("Hello")
    await phone.composer.fill("")
    await expect(desk.composer).to_have_value("")
    await desk.page.reload()
    await expect(desk.composer).to_have_value("")
    assert await drafts.list_in(id, desk.user.id) == []


async def test_what_is_typed_in_the_last_moment_is_saved(people: People) -> None:
    desk, phone, _, _ = await devices(people)
    await desk.composer.fill("Hello")
    await desk.go("/people/")
    await expect(phone.composer).to_have_value("Hello")


async def test_a_message_that_is_discarded_is_no_draft(people: People) -> None:
    desk, _, _, id = await devices(people)
    await desk.composer.fill("x" * 8000)

    async def is_saved() -> bool:
        return len(await drafts.list_in(id, desk.user.id)) == 1

    await eventually(is_saved)
    await desk.say_too_much("x" * 8001)
    await desk.press("Discard")

    async def is_gone() -> bool:
        return await drafts.list_in(id, desk.user.id) == []

    await eventually(is_gone)


@pytest.mark.parametrize("javascript", [True, False], ids=["js", "plain"])
async def test_a_message_is_sent_later(people: People, javascript: bool) -> None:
    ada = await people.join("ada", javascript=javascript, timezone_id="Asia/Tokyo")
    bob = await people.join("bob")
    id = await factories.make_conversation([ada.user, bob.user])
    await ada.chat(id)
    await ada.composer.fill("Good morning")
    await ada.press("Send later")
    await expect(ada.page.locator("#text")).to_have_value("Good morning")
    zone = ada.page.get_by_label("Time zone")
    await expect(zone).to_have_value("Asia/Tokyo" if javascript else "UTC")
    await ada.press("Tomorrow at 9:00")
    await expect(ada.composer).to_have_value("")
    [message] = await scheduled.list_of(ada.user.id)
    assert (message.body, message.send_at % (24 * 3_600_000)) == (
        "Good morning",
        0 if javascript else 9 * 3_600_000,
    )
    await ada.press("Scheduled messages")
    await ada.press("Send now")
    await bob.chat(id)
    await bob.shows("Good morning")


async def test_without_javascript_a_draft_is_saved_by_a_button(people: People) -> None:
    ada = await people.join("ada", javascript=False)
    id = await factories.make_conversation([ada.user, await factories.make_user("bob")])
    await ada.go(id)
    await ada.composer.fill("Hello")
    await ada.press("Save draft")
    await expect(ada.composer).to_have_value("Hello")
    await ada.go("/")
    await expect(ada.page.locator("#inbox .draft")).to_have_text("Draft: Hello")
    phone = await people.sign_in(ada.user)
    await phone.chat(id)
    await expect(phone.composer).to_have_value("Hello")
    await expect(phone.page.get_by_role("button", name="Save draft")).to_be_hidden()
