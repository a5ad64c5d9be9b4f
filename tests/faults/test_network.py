"""The way between people and the server breaks, or carries less than it should."""

from collections.abc import AsyncIterator

import pytest

from tests.browser.road import Fault, Road
from tests.faults.dom import browser
from tests.faults.oracle import Oracle
from tests.faults.town import Town

HANDSHAKES = 4
"""How often a page may try for a WebSocket where none can be had."""

SETTLED_WITHIN = 8.0
"""Seconds in which a page has found out that neither sockets nor events pass."""


@pytest.fixture
async def road(town: Town) -> AsyncIterator[Road]:
    """The way on which things go wrong."""
    async with Road(town.app.url) as road:
        yield road


async def test_a_partition(oracle: Oracle, road: Road) -> None:
    """Nothing passes and neither side gets an error, on old connections and new ones."""
    await oracle.follow("ws", "sse", "poll", url=road.url)
    await oracle.follow("ws")
    async with oracle.writing("ws", "htmx", "form"):
        await oracle.more_acknowledged(15)
        road.hold()
        await oracle.more_acknowledged(60)
        road.release()
        await oracle.more_acknowledged(15)
    assert (await oracle.verdict()).holds()


async def test_connections_that_are_cut_again_and_again(oracle: Oracle, road: Road) -> None:
    await oracle.follow("ws", "sse", "poll", url=road.url)
    async with oracle.writing("ws", "htmx", "form", url=road.url):
        for _ in range(5):
            await oracle.more_acknowledged(15)
            await road.cut()
        await oracle.more_acknowledged(15)
    assert (await oracle.verdict()).holds(within=10)


async def test_a_stripped_upgrade(oracle: Oracle, road: Road) -> None:
    """A real browser settles for events at once, and does not storm."""
    road.faults = {"GET /ws/": Fault.NO_UPGRADE}
    async with browser(oracle.people[2], road.url, oracle.conversation_id) as page:
        oracle.readers.append(page)
        await page.is_live("sse")
        async with oracle.writing():
            await oracle.more_acknowledged(30)
            await road.cut()
            await oracle.more_acknowledged(30)
        assert (await oracle.verdict()).holds(within=10)
    handshakes = [request for request in road.requests if request.startswith("GET /ws/")]
    assert len(handshakes) <= HANDSHAKES


async def test_a_proxy_that_buffers_events(oracle: Oracle, road: Road) -> None:
    """Nothing of a stream arrives before its end: a real browser settles for polls, and has what
    was written meanwhile no later than others do."""
    road.faults = {"GET /ws/": Fault.NO_UPGRADE, "GET /sse/": Fault.BUFFERED}
    async with browser(oracle.people[2], road.url, oracle.conversation_id) as page:
        oracle.readers.append(page)
        async with oracle.writing():
            await page.is_live("poll", within=SETTLED_WITHIN)
            await oracle.more_acknowledged(30)
        assert (await oracle.verdict()).holds(within=10)
