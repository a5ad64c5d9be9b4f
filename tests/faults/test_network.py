"""The way between people and the server breaks, or carries less than it should."""

from collections.abc import AsyncIterator

import pytest

from tests.browser.faulty_proxy import Fault, FaultyProxy
from tests.faults.deployments import Deployment
from tests.faults.dom import browser
from tests.faults.oracle import Oracle

HANDSHAKES = 4
"""How often a page may try for a WebSocket where none can be had."""

SETTLED_WITHIN = 8.0
"""Seconds in which a page has found out that neither sockets nor events pass."""


@pytest.fixture
async def proxy(deployment: Deployment) -> AsyncIterator[FaultyProxy]:
    """The way on which things go wrong."""
    async with FaultyProxy(deployment.app.url) as proxy:
        yield proxy


async def test_a_partition(oracle: Oracle, proxy: FaultyProxy) -> None:
    """Nothing passes and neither side gets an error, on old connections and new ones."""
    await oracle.follow("ws", "sse", "poll", url=proxy.url)
    await oracle.follow("ws")
    async with oracle.writing("ws", "htmx", "form"):
        await oracle.more_acknowledged(15)
        proxy.hold()
        await oracle.more_acknowledged(60)
        proxy.release()
        await oracle.more_acknowledged(15)
    assert (await oracle.verdict()).holds()


async def test_connections_that_are_cut_again_and_again(oracle: Oracle, proxy: FaultyProxy) -> None:
    await oracle.follow("ws", "sse", "poll", url=proxy.url)
    async with oracle.writing("ws", "htmx", "form", url=proxy.url):
        for _ in range(5):
            await oracle.more_acknowledged(15)
            await proxy.cut()
        await oracle.more_acknowledged(15)
    assert (await oracle.verdict()).holds(within=10)


async def test_a_stripped_upgrade(oracle: Oracle, proxy: FaultyProxy) -> None:
    """A real browser settles for events at once, and does not storm."""
    proxy.faults = {"GET /ws/": Fault.NO_UPGRADE}
    async with browser(oracle.people[2], proxy.url, oracle.conversation_id) as page:
        oracle.readers.append(page)
        await page.is_live("sse")
        async with oracle.writing():
            await oracle.more_acknowledged(30)
            await proxy.cut()
            await oracle.more_acknowledged(30)
        assert (await oracle.verdict()).holds(within=10)
    handshakes = [request for request in proxy.requests if request.startswith("GET /ws/")]
    assert len(handshakes) <= HANDSHAKES


async def test_a_proxy_that_buffers_events(oracle: Oracle, proxy: FaultyProxy) -> None:
    """Nothing of a stream arrives before its end: a real browser settles for polls, and has what
    was written meanwhile no later than others do."""
    proxy.faults = {"GET /ws/": Fault.NO_UPGRADE, "GET /sse/": Fault.BUFFERED}
    async with browser(oracle.people[2], proxy.url, oracle.conversation_id) as page:
        oracle.readers.append(page)
        async with oracle.writing():
            await page.is_live("poll", within=SETTLED_WITHIN)
            await oracle.more_acknowledged(30)
        assert (await oracle.verdict()).holds(within=10)
