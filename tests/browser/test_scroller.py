"""What one looks at stays where it is, and the newest is followed only from the bottom."""

import pytest
from playwright.async_api import Locator, Route, expect

from db import conversations, participants
from routes.streams.catch_up import TOO_FAR_BEHIND
from tests import factories
from tests.browser.people import People
from tests.browser.screen import FROM_TOP, SCROLL, Screen
from tests.waiting import eventually

LOOK = """() => {
    const scroller = document.getElementById('scroller').getBoundingClientRect()
    const middle = scroller.top + scroller.height / 2
    const li = [...document.querySelectorAll('#messages > .message')]
        .find(li => li.getBoundingClientRect().bottom > middle)
    return [li.id, Math.round(li.getBoundingClientRect().top)]
}"""
"""What stands in the middle of the view, and how far down."""

TOP, BOTTOM = -(10**6), 0


async def test_the_view_follows_the_newest_message_at_the_bottom(people: People) -> None:
    ada, bob, _ = await long_conversation(people, 60)
    await bob.say("The newest")
    await expect(ada.message("The newest")).to_be_in_viewport(ratio=1)
    await expect(jump(ada)).to_be_hidden()


async def test_further_up_it_stays_and_a_button_counts_what_is_new_and_leads_there(
    people: People,
) -> None:
    ada, bob, _ = await long_conversation(people, 60)
    await ada.page.evaluate(SCROLL, -600)
    await expect(jump(ada)).to_have_text("Newest messages")
    seen = await ada.page.evaluate(LOOK)
    await bob.say("One")
    await expect(jump(ada)).to_have_text("1 new message")
    await bob.say("Two\nwith\nmany\nlines")
    await expect(jump(ada)).to_have_text("2 new messages")
    assert await ada.page.evaluate(LOOK) == seen
    await jump(ada).click()
    await expect(ada.messages.last).to_be_in_viewport(ratio=1)
    await expect(jump(ada)).to_be_hidden()
    await bob.say("Three")
    await expect(ada.message("Three")).to_be_in_viewport(ratio=1)


async def test_ones_own_message_leads_to_the_bottom(people: People) -> None:
    ada, _, _ = await long_conversation(people, 60)
    await ada.page.evaluate(SCROLL, -600)
    await expect(jump(ada)).to_be_visible()
    await ada.say("Mine")
    await expect(ada.message("Mine")).to_be_in_viewport(ratio=1)
    await expect(jump(ada)).to_be_hidden()


@pytest.mark.parametrize("number", [20, 180])
async def test_a_conversation_opens_at_the_first_unread_and_what_was_on_screen_is_read(
    people: People, number: int
) -> None:
    ada, id = await unread_conversation(people, number)
    await ada.page.set_viewport_size({"width": 1280, "height": 800})
    await ada.chat(id)
    await expect(ada.message("Message 1\nand more")).to_be_in_viewport(ratio=1)
    top = await ada.page.evaluate(FROM_TOP)
    assert 0 <= top < 150
    below = int((await jump(ada).inner_text()).split()[0])
    assert 0 < below < number

    async def is_as_said() -> bool:
        seen = await conversations.get(id, ada.user.id)
        assert seen is not None
        return seen.read_position == 5 + number - below

    await eventually(is_as_said)
    await jump(ada).click()
    await ada.title_is("Bob")
    await expect(ada.messages.last).to_be_in_viewport(ratio=1)
    await ada.press("Jump to first unread")
    await expect(ada.message("Message 1\nand more")).to_be_in_viewport(ratio=1)
    await expect(ada.page.get_by_text("Jump to first unread")).to_have_count(0)
    await is_a_whole_piece(ada)


async def test_without_javascript_an_inbox_leads_to_the_first_unread(people: People) -> None:
    ada, id = await unread_conversation(people, 180, javascript=False)
    await ada.go("/")
    await ada.press("Bob")
    await expect(ada.page).to_have_url(f"{people.url}/chat/{id}/#unread")
    await expect(ada.message("Message 1\nand more")).to_be_in_viewport(ratio=1)
    await ada.go(id)
    await ada.press("Jump to first unread")
    await expect(ada.message("Message 1\nand more")).to_be_in_viewport(ratio=1)


async def test_a_page_that_refreshes_itself_follows_the_newest_and_links_to_the_first_unread(
    people: People,
) -> None:
    ada, id = await unread_conversation(people, 180, javascript=False)
    await ada.go(id, "?refresh=60")
    log = ada.page.frame_locator("#log")
    await expect(log.get_by_text("Message 180")).to_be_in_viewport()
    await ada.press("Jump to first unread")
    await expect(ada.page).to_have_url(f"{people.url}/chat/{id}/#unread")
    await expect(ada.message("Message 1\nand more")).to_be_in_viewport(ratio=1)


async def test_a_window_that_nobody_attends_reads_nothing(people: People) -> None:
    ada, bob, _ = await long_conversation(people, 5)
    await ada.page.evaluate("document.hasFocus = () => false")
    await ada.page.clock.install()
    await ada.page.clock.fast_forward(61_000)
    await bob.say("Are you there?")
    await expect(ada.message("Are you there?")).to_be_in_viewport(ratio=1)
    await ada.title_is("(1) Bob")
    await bob.say("Hello?")
    await ada.title_is("(2) Bob")
    position = 7
    mouse, keyboard = ada.page.mouse, ada.page.keyboard
    for attend in (
        lambda: mouse.move(200, 200),
        lambda: mouse.wheel(0, 5),
        lambda: mouse.click(200, 200),
        lambda: keyboard.press("Shift"),
        lambda: ada.page.evaluate("dispatchEvent(new Event('focus'))"),
    ):
        await attend()
        await ada.title_is("Bob")
        await ada.has_read(position)
        await bob.say(f"Within the minute {position}")
        position += 1
        await ada.has_read(position)
        await ada.page.clock.fast_forward(61_000)
        await bob.say(f"After it {position}")
        position += 1
        await ada.title_is("(1) Bob")


async def test_what_one_scrolled_past_is_read_only_at_the_bottom(people: People) -> None:
    ada, bob, _ = await long_conversation(people, 60)
    await ada.page.evaluate(SCROLL, -600)
    await bob.say("Unseen")
    await ada.title_is("(1) Bob")
    await expect(jump(ada)).to_have_text("1 new message")
    await jump(ada).click()
    await ada.title_is("Bob")


async def test_older_messages_load_on_scrolling_and_the_view_stays(people: People) -> None:
    ada, _, id = await long_conversation(people, 120)
    for held in (100, 120):
        # In one step: the older ones may be there before the next.
        seen = await ada.page.evaluate(f"() => {{ ({SCROLL})({TOP}); return ({LOOK})() }}")
        await expect(ada.messages).to_have_count(held)
        assert await ada.page.evaluate(LOOK) == seen
    await expect(ada.page.locator("#messages > .older")).to_have_count(0)
    await ada.holds_the_log(id)


async def test_at_most_300_messages_are_held_wherever_one_goes(people: People) -> None:
    ada, bob, id = await long_conversation(people, 460)
    while not await ada.page.locator("#messages > [data-position='1']").count():
        first = await ada.messages.first.get_attribute("id")
        await ada.page.evaluate(SCROLL, TOP)
        await expect(ada.messages.first).not_to_have_id(str(first))
        await is_a_whole_piece(ada)
    await bob.say("Out of reach")
    await expect(jump(ada)).to_have_text("1 new message")
    await expect(ada.message("Out of reach")).to_have_count(0)
    while await ada.page.locator("#messages > .newer").count():
        last = await ada.messages.last.get_attribute("id")
        await ada.page.evaluate(SCROLL, BOTTOM)
        await expect(ada.messages.last).not_to_have_id(str(last))
        await is_a_whole_piece(ada)
    await expect(ada.message("Out of reach")).to_have_count(1)
    await ada.holds_the_log(id, newest=len(await ada.held()))


async def test_the_button_leads_home_from_far_away(people: People) -> None:
    ada, bob, id = await long_conversation(people, 200)
    await ada.go(id, "?at=40")
    await ada.is_live()
    await expect(ada.message("Message 40")).to_be_in_viewport()
    await bob.say("Far below")
    await expect(jump(ada)).to_have_text("1 new message")
    await jump(ada).click()
    await expect(ada.message("Far below")).to_be_in_viewport(ratio=1)
    await is_a_whole_piece(ada)


@pytest.mark.parametrize("failures", [0, 1])
async def test_who_comes_back_far_behind_still_sees_what_they_looked_at(
    people: People, failures: int
) -> None:
    ada, bob, id = await long_conversation(people, 120)
    await ada.page.evaluate(SCROLL, -900)
    await expect(jump(ada)).to_be_visible()
    seen_id, seen_top = await ada.page.evaluate(LOOK)
    await ada.page.context.set_offline(True)
    await expect(ada.page.locator("#connection")).to_have_attribute("data-state", "offline")
    await factories.make_messages(bob.user, id, TOO_FAR_BEHIND + 100)
    place, failed = ada.page.locator("#conversation"), 0

    async def fail(route: Route) -> None:
        nonlocal failed
        failed += 1
        if failed > failures:
            await route.continue_()
            return
        before = await place.get_attribute("data-cursor")
        await bob.say("Meanwhile")
        await expect(place).not_to_have_attribute("data-cursor", before or "")
        await route.abort()

    await ada.page.route("**/chat/*/?at=*", fail)
    await ada.page.context.set_offline(False)
    await expect(ada.page.get_by_role("link", name="Newer messages")).to_have_count(1)
    assert failed == failures + 1
    now_id, now_top = await ada.page.evaluate(LOOK)
    assert now_id == seen_id
    assert abs(now_top - seen_top) <= 2
    await is_a_whole_piece(ada)
    await expect(jump(ada)).to_be_visible()
    await bob.say("The newest")
    await jump(ada).click()
    await expect(ada.message("The newest")).to_be_in_viewport(ratio=1)
    await is_a_whole_piece(ada)


async def test_who_comes_back_far_behind_at_the_bottom_follows_the_newest(people: People) -> None:
    ada, bob, id = await long_conversation(people, 60)
    await ada.page.context.set_offline(True)
    await expect(ada.page.locator("#connection")).to_have_attribute("data-state", "offline")
    await factories.make_messages(bob.user, id, TOO_FAR_BEHIND + 100)
    await ada.page.context.set_offline(False)
    await expect(ada.message(f"Message {TOO_FAR_BEHIND + 100}")).to_be_in_viewport(ratio=1)
    await expect(jump(ada)).to_be_hidden()


async def test_without_javascript_links_lead_through_the_log_both_ways(people: People) -> None:
    ada = await people.join("ada", javascript=False)
    id = await factories.make_conversation([ada.user])
    await factories.make_messages(ada.user, id, 120)
    await ada.chat(id)
    await ada.shows(*numbered(71, 120))
    await ada.press("Older messages")
    await ada.shows(*numbered(21, 70))
    await ada.press("Older messages")
    await ada.shows(*numbered(1, 20))
    await expect(ada.page.get_by_role("link", name="Older messages")).to_have_count(0)
    await ada.press("Newer messages")
    await ada.shows(*numbered(21, 70))


def numbered(first: int, last: int) -> list[str]:
    return [f"Message {n}" for n in range(first, last + 1)]


async def long_conversation(people: People, number: int) -> tuple[Screen, Screen, int]:
    """Ada at the newest page of a long conversation; Bob, who can write there; its id."""
    ada, bob = await people.join("ada"), await people.join("bob")
    id = await factories.make_conversation([ada.user, bob.user])
    await factories.make_messages(ada.user, id, number)
    await participants.update_read([(id, bob.user.id, number)])
    for screen in (ada, bob):
        await screen.chat(id)
        await expect(screen.messages.last).to_be_in_viewport(ratio=1)
    return ada, bob, id


async def unread_conversation(
    people: People, number: int, *, javascript: bool = True
) -> tuple[Screen, int]:
    """Ada, who has read five messages and not the next ones of two lines each, and where."""
    ada = await people.join("ada", javascript=javascript)
    bob = await factories.make_user("bob")
    id = await factories.make_conversation([ada.user, bob])
    for n in range(5):
        await factories.make_message(ada.user, id, f"Read {n}")
    await participants.update_read([(id, ada.user.id, 5)])
    for n in range(1, number + 1):
        await factories.make_message(bob, id, f"Message {n}\nand more")
    return ada, id


def jump(screen: Screen) -> Locator:
    return screen.page.locator("#jump")


async def is_a_whole_piece(screen: Screen) -> None:
    """At most 300 messages, one after the other."""
    positions = [position for _, position, _ in await screen.held()]
    assert len(positions) <= 300
    assert positions == list(range(positions[0] or 0, (positions[0] or 0) + len(positions)))
