"""The line drops, the server dies, answers get lost: nothing that was written does, or twice."""

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, expect

from tests import factories
from tests.applications import Process
from tests.browser.faulty_proxy import Fault, FaultyProxy
from tests.browser.people import People
from tests.browser.screen import Screen
from tests.waiting import within

SAID_WITHIN = 5.0
NO_WAY = {"": Fault.CUT}
NO_PUSH = {"GET /(ws|sse|poll)/": Fault.CUT}


@pytest_asyncio.fixture(loop_scope="session")
async def visitors(chromium: Browser, process: Process) -> AsyncIterator[People]:
    """Who visits the process."""
    async with People(chromium, process.url) as visitors:
        yield visitors


async def test_a_server_killed_while_one_types_and_sends_is_survived_without_a_reload(
    visitors: People, process: Process
) -> None:
    ada, bob, id = await visitors.pair()
    await ada.say("Before")
    await bob.shows("Before")
    for screen in (ada, bob):
        await screen.page.evaluate("window.loaded = 'once'")
    await ada.composer.press_sequentially("half a th")

    await asyncio.to_thread(process.kill)
    for screen in (ada, bob):
        await screen.is_not_live(within=SAID_WITHIN)
    await ada.composer.press_sequentially("ought")
    await ada.composer.press("Enter")
    await ada.say("another")
    await bob.say("and mine")
    await expect(ada.pending).to_have_text(["half a thought", "another"])
    await ada.composer.press_sequentially("a draft")

    await asyncio.to_thread(process.start)
    for screen in (ada, bob):
        await screen.is_live("ws")
        await expect(screen.page.locator("#messages > [data-position]")).to_have_count(4)
        await screen.holds_the_log(id)
        assert await screen.page.evaluate("window.loaded") == "once"
        bodies = await screen.messages.locator(".body").all_text_contents()
        assert bodies.index("half a thought") < bodies.index("another")
    await expect(ada.composer).to_have_value("a draft")


async def test_a_page_that_waits_for_the_server_can_be_told_to_try_now(
    travellers: People, proxy: FaultyProxy
) -> None:
    ada, _, _ = await travellers.pair()
    await ada.page.evaluate("Math.random = () => 1e9")  # by itself it would not come back
    proxy.faults = NO_WAY
    await proxy.cut()
    await ada.press("Try now")
    await ada.is_not_live(within=SAID_WITHIN)
    proxy.faults = {}
    await ada.press("Try now")
    await ada.is_live("ws")
    await expect(ada.page.get_by_role("button", name="Try now")).to_be_hidden()


async def test_a_server_killed_again_and_again_loses_nothing_and_doubles_nothing(
    visitors: People, process: Process
) -> None:
    ada, bob, id = await visitors.pair()
    sending = asyncio.gather(say_numbers(ada, 30), say_numbers(bob, 30))
    for acknowledged in (5, 20):
        sent = ada.page.locator("#messages > [data-position]")
        await expect(sent.nth(acknowledged)).to_be_attached()
        await asyncio.to_thread(process.kill)
        await asyncio.to_thread(process.start)
    await sending
    for screen in (ada, bob):
        await expect(screen.page.locator("#messages > [data-position]")).to_have_count(60)
        await screen.holds_the_log(id)
        for whose in (ada, bob):
            own = screen.page.locator(f".message[data-author='{whose.user.id}'] .body")
            assert await own.all_text_contents() == [str(n) for n in range(30)]


async def say_numbers(screen: Screen, number: int) -> None:
    for n in range(number):
        await screen.say(str(n))


async def test_a_restart_in_good_order_is_over_in_a_moment(
    visitors: People, process: Process
) -> None:
    ada, bob, id = await visitors.pair("ws")
    tabs = {"ws": ada, "sse": await ada.another_tab(), "poll": await ada.another_tab()}
    for tier, tab in tabs.items():
        await tab.chat(id, tier)
    await asyncio.to_thread(process.restart)
    await bob.say("After the restart")
    for tier, tab in tabs.items():
        await tab.shows("After the restart")
        await tab.is_live(tier)
        await tab.holds_the_log(id)


async def test_offline_the_page_says_so_and_online_it_sends_and_catches_up(people: People) -> None:
    ada, bob, id = await people.pair()
    await ada.page.evaluate("window.loaded = 'once'")
    await ada.page.context.set_offline(True)
    with within(SAID_WITHIN):
        await expect(ada.page.locator("#connection")).to_contain_text("You are offline")
    await ada.say("Queued")
    await ada.say("And another")
    await bob.say("Meanwhile")
    await bob.shows("Meanwhile")
    await expect(ada.pending).to_have_text(["Queued", "And another"])
    await ada.composer.press_sequentially("a draft")
    await ada.page.context.set_offline(False)
    await ada.is_live()
    for screen in (ada, bob):
        await screen.shows("Meanwhile", "Queued", "And another")
        await screen.holds_the_log(id)
    await expect(ada.composer).to_have_value("a draft")
    assert await ada.page.evaluate("window.loaded") == "once"


async def test_a_line_that_goes_silent_is_noticed_and_left(
    travellers: People, proxy: FaultyProxy
) -> None:
    ada, bob = await travellers.join("ada"), await travellers.join("bob")
    await ada.page.clock.install()
    id = await factories.make_conversation([ada.user, bob.user])
    await ada.chat(id)
    proxy.forget()
    await bob.chat(id)
    await bob.say("Into the silence")
    await bob.shows("Into the silence")
    await ada.page.clock.run_for(22_000)
    await ada.shows("Into the silence")
    await ada.is_live("ws")


async def test_after_sleep_it_is_there_again_at_once(
    travellers: People, proxy: FaultyProxy
) -> None:
    ada, bob = await travellers.join("ada"), await travellers.join("bob")
    await ada.page.clock.install()
    id = await factories.make_conversation([ada.user, bob.user])
    await ada.chat(id)
    proxy.forget()
    await bob.chat(id)
    await bob.say("Good morning")
    await bob.shows("Good morning")
    await ada.page.clock.fast_forward("08:00:00")
    await ada.shows("Good morning")
    await ada.holds_the_log(id)


async def test_after_more_than_500_changes_the_pane_is_drawn_anew(
    travellers: People, proxy: FaultyProxy
) -> None:
    ada, bob, id = await travellers.pair()
    await ada.say("Long ago")
    await ada.shows("Long ago")
    await ada.page.evaluate("window.loaded = 'once'")
    await ada.composer.press_sequentially("a draft")
    proxy.faults = NO_PUSH
    await proxy.cut()
    await ada.is_not_live(within=SAID_WITHIN)
    await factories.make_messages(bob.user, id, 510)
    proxy.faults = {}
    await expect(ada.message("Message 510")).to_be_in_viewport()
    await expect(ada.messages).to_have_count(50)
    await ada.holds_the_log(id, newest=50)
    assert await ada.page.evaluate("window.loaded") == "once"
    await expect(ada.composer).to_have_value("a draft")
    await ada.page.get_by_role("link", name="Older messages").scroll_into_view_if_needed()
    await expect(ada.messages).to_have_count(100)
    await ada.holds_the_log(id, newest=100)
    await bob.is_live()
    await bob.say("Message 511")
    await expect(ada.message("Message 511")).to_have_count(1)


async def test_what_the_server_does_not_take_says_so_and_can_be_tried_again_or_discarded(
    travellers: People, proxy: FaultyProxy
) -> None:
    ada, bob, id = await travellers.pair("sse")
    proxy.faults = {"POST": Fault.UNAVAILABLE}
    await ada.say("Try again")
    failed = ada.page.locator(".message.failed")
    await expect(failed.locator(".body")).to_have_text(["Try again"])
    await expect(failed.locator(".state")).to_have_text("Not sent. The server could not take it.")
    await ada.page.reload()
    proxy.faults = {}
    await ada.press("Retry")
    for screen in (ada, bob):
        await screen.shows("Try again")
    await ada.say_too_much(" ".join(["too long"] * 1000))
    await ada.press("Discard")
    await ada.shows("Try again")
    await ada.page.reload()
    await ada.shows("Try again")
    await ada.holds_the_log(id)


async def test_a_message_whose_answer_is_lost_stands_once(
    travellers: People, proxy: FaultyProxy
) -> None:
    ada, bob, id = await travellers.pair("poll")
    proxy.faults = {"POST /chat/.*/messages/": Fault.LOST}
    await ada.say("Once")
    await bob.shows("Once")
    proxy.faults = {}
    await ada.say("Twice")
    for screen in (ada, bob):
        await screen.shows("Once", "Twice")
        await screen.holds_the_log(id)


async def test_what_was_queued_in_a_tab_that_was_closed_is_sent_by_the_next(
    travellers: People, proxy: FaultyProxy
) -> None:
    ada, bob, id = await travellers.pair()
    proxy.faults = NO_WAY
    await proxy.cut()
    await ada.is_not_live(within=SAID_WITHIN)
    await ada.say("Before the battery died")
    await expect(ada.pending).to_have_text(["Before the battery died"])
    next_tab = await ada.another_tab()
    await ada.page.close()
    proxy.faults = {}
    await next_tab.chat(id)
    for screen in (next_tab, bob):
        await screen.shows("Before the battery died")
        await screen.holds_the_log(id)
