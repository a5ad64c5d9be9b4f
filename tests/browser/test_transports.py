"""Every tier works, and whatever stands in the way, a page lands on one that passes."""

import pytest
from playwright.async_api import expect

from tests import factories
from tests.browser.faulty_proxy import Fault, FaultyProxy
from tests.browser.people import People
from tests.browser.screen import Screen
from tests.waiting import eventually

WORDS = {
    "ws": "Live over WebSocket",
    "sse": "Live over Server-Sent Events",
    "poll": "Live by polling",
}


@pytest.mark.parametrize("tier", ["ws", "sse", "poll"])
async def test_a_tier_that_is_asked_for_is_shown_and_carries_messages_both_ways(
    people: People, tier: str
) -> None:
    ada, bob, _ = await people.pair()
    await ada.chat(ada.conversation_id, tier)
    await expect(ada.page.locator("#connection")).to_have_accessible_name(WORDS[tier])
    await talk(ada, bob)
    await ada.has_read(2)
    await ada.page.reload()
    await ada.is_live(tier)
    await ada.go("/")
    await ada.is_live(tier)
    await bob.say("To the inbox")
    await ada.title_is("(1) Inbox")


async def test_with_live_updates_off_the_page_says_so_and_is_plain(people: People) -> None:
    ada, bob, id = await people.pair()
    await ada.go(id, "?live=off")
    connection = ada.page.locator("#connection")
    await expect(connection).to_have_attribute("data-tier", "off")
    await expect(connection).to_have_text("Live updates are off")
    await ada.say("By a plain form")
    await ada.shows("By a plain form")
    await bob.shows("By a plain form")
    await bob.say("Seen after a reload")
    await bob.shows("By a plain form", "Seen after a reload")
    await ada.press("Reload")
    await ada.shows("By a plain form", "Seen after a reload")
    await ada.go(id, "?live=auto")
    await ada.is_live("ws")


@pytest.mark.parametrize(
    ("faults", "tier"),
    [
        ({"GET /ws/": Fault.REFUSED}, "sse"),
        ({"GET /ws/": Fault.NO_UPGRADE}, "sse"),
        ({"GET /ws/": Fault.SILENT}, "sse"),
        ({"GET /ws/": Fault.REFUSED, "GET /sse/": Fault.UNAVAILABLE}, "poll"),
        ({"GET /ws/": Fault.REFUSED, "GET /sse/": Fault.BUFFERED}, "poll"),
    ],
    ids=[
        "WebSocket refused",
        "Upgrade stripped",
        "WebSocket silent",
        "events refused as well",
        "events buffered as well",
    ],
)
async def test_it_steps_down_to_what_passes_and_stays_there(
    travellers: People, proxy: FaultyProxy, faults: dict[str, Fault], tier: str
) -> None:
    proxy.faults = faults
    ada, bob = await travellers.join("ada"), await travellers.join("bob")
    id = await factories.make_conversation([ada.user, bob.user])
    await ada.go(id)
    await bob.go(id)
    for screen in (ada, bob):
        await screen.is_live(tier)
        await expect(screen.page.locator("#connection")).to_have_accessible_name(WORDS[tier])
    await talk(ada, bob)
    proxy.requests.clear()
    await ada.page.reload()
    await ada.is_live(tier)
    assert not [request for request in proxy.requests if request.startswith("GET /ws/")]
    await ada.holds_the_log(id)


async def test_it_steps_down_when_sockets_are_refused_from_now_on_and_up_again_later(
    travellers: People, proxy: FaultyProxy
) -> None:
    ada, bob, id = await travellers.pair()
    proxy.faults = {"GET /ws/": Fault.REFUSED}
    await proxy.cut()
    for screen in (ada, bob):
        await screen.is_live("sse")
    await talk(ada, bob)
    proxy.faults = {}
    await after_five_minutes(ada)
    await ada.is_live("ws")
    await bob.say("Up again")
    await ada.shows("From Ada", "From Bob", "Up again")
    await ada.holds_the_log(id)


async def test_from_polling_it_climbs_to_the_best_that_passes_by_then(
    travellers: People, proxy: FaultyProxy
) -> None:
    proxy.faults = {"GET /ws/": Fault.REFUSED, "GET /sse/": Fault.UNAVAILABLE}
    ada = await travellers.join("ada")
    await ada.go(await factories.make_conversation([ada.user]))
    await ada.is_live("poll")
    del proxy.faults["GET /sse/"]
    await after_five_minutes(ada)
    await ada.is_live("sse")
    proxy.faults = {}
    await after_five_minutes(ada)
    await ada.is_live("ws")


async def test_a_socket_that_is_silent_where_all_is_slow_is_tried_again(
    travellers: People, proxy: FaultyProxy
) -> None:
    ada = await travellers.join("ada")
    await ada.page.clock.install()
    id = await factories.make_conversation([ada.user])
    proxy.faults = {"GET /ws/": Fault.SILENT}
    await ada.go(id)
    await until_asked(proxy, "GET /ws/")
    proxy.hold()
    await ada.page.clock.run_for(5_000)
    await until_asked(proxy, "GET /poll/")
    await ada.page.clock.run_for(2_000)
    proxy.faults = {}
    proxy.release()
    await ada.is_live("ws")


async def until_asked(proxy: FaultyProxy, start: str) -> None:
    """Returns once such a request has come by."""
    await eventually(lambda: any(request.startswith(start) for request in proxy.requests))


async def after_five_minutes(screen: Screen) -> None:
    """As if so much time had passed since the page stepped down."""
    await screen.page.evaluate("sessionStorage.stepped = 0")


async def talk(ada: Screen, bob: Screen) -> None:
    await ada.say("From Ada")
    await bob.shows("From Ada")
    await bob.say("From Bob")
    for screen in (ada, bob):
        await screen.shows("From Ada", "From Bob")
