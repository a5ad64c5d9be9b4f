"""Replying in a browser: the strip above the text, the quote, and the way to the original."""

import pytest
from playwright.async_api import Locator, expect

from db import participants
from db.log.commit import commit
from db.unsends import Unsend
from tests import factories
from tests.browser.faulty_proxy import Fault, FaultyProxy
from tests.browser.people import People
from tests.browser.screen import Screen
from tests.waiting import within


def strip(screen: Screen) -> Locator:
    return screen.page.locator(".composer .replying .quote")


def quotes(screen: Screen) -> Locator:
    return screen.messages.locator(".quote")


async def reply_to(screen: Screen, body: str) -> None:
    """By the menu."""
    await screen.page.locator("#messages .body").get_by_text(body, exact=True).hover()
    await screen.press("Actions")
    await screen.page.get_by_role("menuitem", name="Reply").click()
    await expect(strip(screen)).to_contain_text(body)


async def talk(people: People) -> tuple[Screen, Screen, int]:
    """Ada and Bob, who has asked her something."""
    ada, bob, id = await people.pair()
    await bob.say("Tea or **coffee**?")
    await bob.shows("Tea or coffee?")
    await ada.shows("Tea or coffee?")
    return ada, bob, id


@pytest.mark.parametrize("javascript", [True, False], ids=["js", "plain"])
async def test_a_reply_by_the_message_page(people: People, javascript: bool) -> None:
    ada = await people.join("ada", javascript=javascript)
    bob = await people.join("bob")
    id = await factories.make_conversation([ada.user, bob.user])
    await factories.make_messages(bob.user, id, 120)
    await participants.update_read([(id, ada.user.id, 120)])
    await bob.chat(id)
    await ada.go(f"/chat/{id}/30/")
    await ada.press("Reply")
    await expect(ada.message("Message 30")).to_be_in_viewport()
    await expect(strip(ada)).to_have_text("Reply to Bob Message 30")
    await ada.say("Yes")
    await expect(strip(ada)).to_have_count(0)
    for screen in (ada, bob):
        answer = screen.message("Yes")
        await expect(answer.locator(".quote")).to_have_text("Bob Message 30")
        await expect(answer).to_be_in_viewport()


async def test_by_the_menu_and_left_by_escape_or_its_button(people: People) -> None:
    ada, bob, _ = await talk(people)
    await ada.composer.fill("A draft")
    await reply_to(ada, "Tea or coffee?")
    await expect(strip(ada)).to_have_text("Reply to Bob Tea or coffee?")
    await expect(ada.composer).to_be_focused()
    await ada.composer.press("Escape")
    await expect(strip(ada)).to_have_count(0)
    await reply_to(ada, "Tea or coffee?")
    await ada.press("Don’t reply")
    await expect(strip(ada)).to_have_count(0)
    await expect(ada.composer).to_have_value("A draft")
    await ada.composer.press("Enter")
    await bob.shows("Tea or coffee?", "A draft")
    await expect(quotes(bob)).to_have_count(0)


async def test_it_survives_a_reload_with_the_draft_and_goes_when_it_is_sent(
    people: People,
) -> None:
    ada, bob, id = await talk(people)
    await reply_to(ada, "Tea or coffee?")
    await ada.composer.press_sequentially("Both")
    await ada.page.reload()
    await expect(strip(ada)).to_have_text("Reply to Bob Tea or coffee?")
    await expect(ada.composer).to_have_value("Both")
    other = await ada.another_tab()
    await other.chat(id)
    await expect(strip(other)).to_have_count(1)
    await ada.composer.press("Enter")
    for tab in (ada, other):
        await expect(strip(tab)).to_have_count(0)
        await expect(quotes(tab)).to_have_text(["Bob Tea or coffee?"])
    await ada.page.reload()
    await ada.is_live()
    await expect(strip(ada)).to_have_count(0)
    await expect(quotes(bob)).to_have_text(["Bob Tea or coffee?"])


async def test_what_is_edited_or_unsent_changes_in_all_quotes_and_in_the_strip(
    people: People,
) -> None:
    ada, bob, _ = await talk(people)
    await reply_to(ada, "Tea or coffee?")
    await ada.say("Both")
    await expect(quotes(bob)).to_have_text(["Bob Tea or coffee?"])
    await bob.composer.press("ArrowUp")
    await bob.page.get_by_label("Edit your text").fill("Tea or milk?")
    await bob.press("Save")
    for screen in (ada, bob):
        await expect(quotes(screen)).to_have_text(["Bob Tea or milk?"])
    await reply_to(ada, "Tea or milk?")
    await bob.go(f"/chat/{bob.conversation_id}/1/unsend/")
    await bob.press("Unsend message")
    for screen in (ada, bob):
        await expect(quotes(screen)).to_have_text(["Bob Message unsent"])
        assert "milk" not in await screen.page.content()
    await expect(strip(ada)).to_have_count(0)


async def test_a_quote_leads_to_its_original_here_or_far_back(people: People) -> None:
    ada, bob = await people.join("ada"), await people.join("bob")
    id = await factories.make_conversation([ada.user, bob.user])
    await factories.make_messages(bob.user, id, 400)
    await factories.make_message(ada.user, id, "To an old one", reply_to=20)
    await factories.make_message(ada.user, id, "To one that is here", reply_to=370)
    await participants.update_read([(id, ada.user.id, 402)])
    await ada.chat(id)
    await ada.page.evaluate("window.loaded = 'once'")
    for quote, original in (
        ("To one that is here", "Message 370"),
        ("To an old one", "Message 20"),
    ):
        await ada.message(quote).locator(".quote").click()
        found = ada.messages.filter(has=ada.page.locator(".body").get_by_text(original, exact=True))
        await expect(found).to_be_in_viewport()
        await expect(found).to_be_focused()
        await expect(ada.page.locator(".found .body")).to_have_text([original])
        await expect(ada.page.locator(".found")).to_have_count(0)
        await ada.page.locator("#jump").click()
        await expect(ada.message("To one that is here")).to_be_in_viewport()
    assert await ada.page.evaluate("window.loaded") == "once"


async def test_a_reply_that_waits_shows_its_quote_and_is_sent_as_one(
    travellers: People, proxy: FaultyProxy
) -> None:
    ada, bob, id = await talk(travellers)
    await reply_to(ada, "Tea or coffee?")
    proxy.faults = {"": Fault.CUT}
    await proxy.cut()
    await ada.is_not_live(within=5)
    await ada.say("Both")
    await expect(ada.pending).to_have_text(["Both"])
    await expect(quotes(ada)).to_have_text(["Bob Tea or coffee?"])
    tab = await ada.another_tab()
    await ada.page.close()
    proxy.faults = {}
    await tab.chat(id)
    for screen in (tab, bob):
        await screen.shows("Tea or coffee?", "Both")
        await expect(quotes(screen)).to_have_text(["Bob Tea or coffee?"])


async def test_a_reply_to_what_was_unsent_meanwhile_says_so_and_keeps_the_text(
    travellers: People, proxy: FaultyProxy
) -> None:
    ada, bob, id = await talk(travellers)
    await reply_to(ada, "Tea or coffee?")
    proxy.faults = {"": Fault.CUT}
    await proxy.cut()
    await ada.is_not_live(within=5)
    await ada.say("Both")
    await commit([Unsend(id, bob.user.id, 1, 1)])
    proxy.faults = {}
    failed = ada.page.locator(".failed .state")
    with within(15):
        await expect(failed).to_contain_text("The message that you reply to was unsent.")
    await ada.press("Edit")
    await expect(ada.composer).to_have_value("Both")
    await expect(strip(ada)).to_have_count(0)
    await ada.composer.press("Enter")
    for screen in (ada, bob):
        await screen.shows("Message unsent", "Both")
