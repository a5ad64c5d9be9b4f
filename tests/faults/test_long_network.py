"""Minutes on a bad line: run by bin/test --faults."""

import asyncio
import time
from asyncio import StreamReader, StreamWriter

import pytest

from tests.browser.faulty_proxy import Fault, FaultyProxy
from tests.faults.deployments import Deployment
from tests.faults.dom import browser
from tests.faults.oracle import Oracle
from tests.faults.readers import Follower
from tests.tcp_proxy import PIECE

pytestmark = [pytest.mark.minutes, pytest.mark.timeout(900)]

TIERS = ("ws", "sse", "poll")


@pytest.mark.parametrize("seconds", [5, 20, 60])
async def test_a_partition_of(deployment: Deployment, oracle: Oracle, seconds: float) -> None:
    """Nothing passes, and all converge at most 30 s after it heals."""
    async with FaultyProxy(deployment.app.url) as proxy:
        await oracle.follow(*TIERS, url=proxy.url)
        async with oracle.writing(a_second=10):
            await oracle.more_acknowledged(10)
            proxy.hold()
            heals_at = time.monotonic() + seconds
            while time.monotonic() < heals_at:
                await oracle.more_acknowledged(1)
            proxy.release()
        assert (await oracle.verdict()).holds(within=seconds + 30)


async def test_lines_that_go_silent_for_ever(deployment: Deployment, oracle: Oracle) -> None:
    """Neither side gets an error. The page notices that heartbeats stop."""
    async with FaultyProxy(deployment.app.url) as proxy:
        await oracle.follow(*TIERS, url=proxy.url)
        async with oracle.writing(a_second=10):
            await oracle.more_acknowledged(10)
            proxy.forget()
            await oracle.more_acknowledged(10)
        assert (await oracle.verdict()).holds()


async def test_a_browser_behind_a_line_that_comes_and_goes(
    deployment: Deployment, oracle: Oracle
) -> None:
    """The DOM of a page that is never reloaded, through kills of the line and of the workers."""
    async with (
        FaultyProxy(deployment.app.url) as proxy,
        browser(oracle.people[1], proxy.url, oracle.conversation_id) as page,
    ):
        oracle.readers.append(page)
        await page.is_live("ws")
        async with oracle.writing(a_second=10):
            for n in range(12):
                await oracle.more_acknowledged(20)
                match n % 3:
                    case 0:
                        await proxy.cut()
                    case 1:
                        await asyncio.to_thread(deployment.app.kill_a_worker)
                    case _:
                        proxy.hold()
                        await oracle.more_acknowledged(30)
                        proxy.release()
            await oracle.more_acknowledged(20)
        assert (await oracle.verdict()).holds()


class ImpatientRoad(FaultyProxy):
    """Drops a line on which the server has said nothing for `patience` seconds."""

    patience = 5.0

    async def bring_back(
        self, there: StreamReader, writer: StreamWriter, passes: asyncio.Event, fault: Fault | None
    ) -> None:
        try:
            while True:
                async with asyncio.timeout(self.patience):
                    piece = await there.read(PIECE)
                if not piece:
                    return
                writer.write(piece)
                await writer.drain()
        except (TimeoutError, ConnectionError):
            return


async def test_a_proxy_that_drops_what_is_idle(deployment: Deployment, oracle: Oracle) -> None:
    async with ImpatientRoad(deployment.app.url) as proxy:
        await oracle.follow(*TIERS, url=proxy.url)
        for _ in range(4):
            async with oracle.writing():
                await oracle.more_acknowledged(10)
            await asyncio.sleep(proxy.patience + 1)
        async with oracle.writing():
            await oracle.more_acknowledged(10)
        assert (await oracle.verdict()).holds(within=5)


async def test_heartbeats_keep_a_line_that_may_be_idle_for_20_seconds(
    deployment: Deployment, oracle: Oracle
) -> None:
    """Two minutes of silence, and no page reconnects."""
    async with ImpatientRoad(deployment.app.url) as proxy:
        proxy.patience = 20
        await oracle.follow("ws", "sse", url=proxy.url)
        await asyncio.sleep(120)
        for reader in oracle.readers:
            assert isinstance(reader, Follower)
            assert reader.connections == 1
