"""The inbox: what is unread, in which order, without a reload; and what is read."""

import re

from playwright.async_api import expect

from tests import factories
from tests.browser.people import People
from tests.browser.screen import Screen

UNREAD_ICON = re.compile("unread")


async def test_an_empty_inbox_says_what_to_do_next(people: People) -> None:
    ada = await people.join("ada")
    await ada.go("/")
    await expect(ada.page.get_by_text("No conversations yet")).to_be_visible()
    await ada.press("Find people")
    await ada.title_is("People")


async def test_it_counts_and_reorders_without_a_reload_and_so_does_the_title(
    people: People,
) -> None:
    ada, bob, eve = [await people.join(name) for name in ("ada", "bob", "eve")]
    with_bob = await factories.make_conversation([ada.user, bob.user], active_at=2)
    with_eve = await factories.make_conversation([ada.user, eve.user], active_at=1)
    second = await ada.another_tab()
    for tab in (ada, second):
        await tab.go("/")
        await tab.is_live()
        await shows(tab, "Bob", "Eve")
    await eve.chat(with_eve)
    await eve.say("One")
    await shows(ada, "Eve 1 unread One", "Bob")
    await ada.title_is("(1) Inbox")
    await bob.chat(with_bob)
    await bob.say("Two")
    await bob.say("Three")
    for tab in (ada, second):
        await shows(tab, "Bob 2 unread Three", "Eve 1 unread One")
        await tab.title_is("(3) Inbox")

    await ada.press("Bob")
    await ada.title_is("(1) Bob")
    await shows(ada, "Bob Three", "Eve 1 unread One")
    await shows(second, "Bob Three", "Eve 1 unread One")
    await second.title_is("(1) Inbox")
    await eve.say("Four")
    await ada.title_is("(2) Bob")
    await shows(ada, "Eve 2 unread Four", "Bob Three")


async def test_a_title_that_looks_like_a_count_is_none(people: People) -> None:
    ada, bob = await people.join("ada"), await people.join("bob")
    party = await factories.make_conversation([ada.user, bob.user], "(5) party")
    other = await factories.make_conversation([ada.user, bob.user])
    await ada.chat(party)
    await ada.title_is("(5) party")
    await bob.chat(other)
    await bob.say("Elsewhere")
    await ada.title_is("(1) (5) party")
    await bob.chat(party)
    await bob.say("Here")
    await ada.shows("Here")
    await ada.title_is("(1) (5) party")
    await ada.page.reload()
    await ada.is_live()
    await ada.title_is("(1) (5) party")
    tab = await ada.another_tab()
    await tab.chat(other)
    await tab.title_is("Bob")
    await ada.title_is("(5) party")


async def test_a_conversation_that_others_start_appears(people: People) -> None:
    ada, bob = await people.join("ada"), await people.join("bob")
    await ada.go("/")
    await ada.is_live()
    await expect(ada.page.get_by_text("No conversations yet")).to_be_visible()
    await bob.go("/chat/new/")
    await bob.fill(q="ada", title="Surprise")
    await bob.press("Start conversation")
    await bob.is_live()
    await bob.say("Hello")
    await shows(ada, "Surprise 1 unread Bob: Hello")
    await expect(ada.page.get_by_text("No conversations yet")).to_be_hidden()


async def test_without_javascript_messages_are_read_when_one_says_so(people: People) -> None:
    ada, bob = await people.join("ada", javascript=False), await people.join("bob")
    id = await factories.make_conversation([ada.user, bob.user])
    await factories.make_message(ada.user, id, "Hello Bob")
    await factories.make_messages(bob.user, id, 3)
    await ada.go("/")
    await ada.title_is("(3) Inbox")
    await ada.press("Bob")
    await ada.title_is("(3) Bob")
    await expect(ada.page.locator("#unread + .message")).to_contain_text("Message 1")
    await ada.press("Reload")
    await ada.title_is("(3) Bob")
    await ada.press("Mark as read")
    await ada.title_is("Bob")
    await expect(ada.page.locator("#unread")).to_have_count(0)
    await expect(ada.page.get_by_role("button", name="Mark as read")).to_have_count(0)


async def shows(screen: Screen, *lines: str) -> None:
    """Returns once the inbox has these lines, each beginning so, without the times."""
    entries = screen.page.locator("#inbox > li")
    await expect(entries).to_have_count(len(lines))
    for n, line in enumerate(lines):
        title, *parts = line.split(" ", 1)
        await expect(entries.nth(n).get_by_role("link")).to_have_text(title)
        count, _, preview = parts[0].partition(" unread ") if parts else ("", "", "")
        if preview:
            await expect(entries.nth(n).locator("b")).to_have_text(f"{count} unread")
        else:
            preview = count
            await expect(entries.nth(n).locator("b")).to_have_count(0)
        await expect(entries.nth(n).locator("p")).to_have_text(preview or "No messages yet")


async def test_marking_unread_and_all_read_show_on_every_device_at_once(people: People) -> None:
    ada, bob = await people.join("ada"), await people.join("bob")
    id = await factories.make_conversation([ada.user, bob.user])
    await factories.make_messages(bob.user, id, 3)
    phone = await people.sign_in(ada.user)
    await phone.go("/")
    await phone.is_live()
    await ada.chat(id)
    await phone.title_is("Inbox")
    await ada.messages.nth(1).locator(".meta a").click()
    await ada.press("Mark as unread from here")
    for device in (ada, phone):
        await device.title_is("(2) Inbox")
        await expect(device.page.locator("link[rel=icon]")).to_have_attribute("href", UNREAD_ICON)
    await ada.page.locator(".account summary").click()
    await ada.press("Mark all as read")
    for device in (ada, phone):
        await device.title_is("Inbox")
        await expect(device.page.locator("link[rel=icon]")).not_to_have_attribute(
            "href", UNREAD_ICON
        )
