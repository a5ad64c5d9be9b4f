"""Network partitions between Parley and PostgreSQL or Redis; neither side gets an error."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from db import engine
from db.engine import Unavailable
from tests.faults.deployments import Workers
from tests.faults.oracle import Oracle
from tests.servers import execute
from tests.tcp_proxy import TcpProxy

TIERS = ("ws", "sse", "poll")
HEALED_WITHIN = 30.0


@dataclass
class Lines:
    """The lines of two workers to what they stand on."""

    oracle: Oracle
    postgresql: TcpProxy
    redis: TcpProxy


@pytest.fixture
async def lines(postgresql_url: str, redis_url: str) -> AsyncIterator[Lines]:
    async with (
        TcpProxy(port(postgresql_url)) as postgresql,
        TcpProxy(port(redis_url)) as redis,
    ):
        environment = {
            "DATABASE_URL": postgresql.through(postgresql_url),
            "REDIS_URL": redis.through(redis_url),
        }
        with Workers(2, **environment, WEB_CONCURRENCY="2") as app:
            await asyncio.to_thread(app.start)
            async with Oracle(app.url, postgresql_url) as oracle:
                yield Lines(oracle, postgresql, redis)
            await asyncio.to_thread(app.stop)


def port(url: str) -> int:
    found = urlsplit(url).port
    assert found
    return found


async def test_a_partition_from_postgresql(lines: Lines) -> None:
    """Sends are refused honestly and in time, and succeed once it has healed."""
    oracle = lines.oracle
    await oracle.follow(*TIERS)
    async with oracle.writing("htmx", "form", "htmx", "form"):
        await oracle.more_acknowledged(15)
        lines.postgresql.hold()
        for _ in range(8):
            await oracle.answered("503")
        lines.postgresql.release()
        healed_at = time.time()
        await oracle.more_acknowledged(15)
    assert set(oracle.answers) == {"acknowledged", "503"}
    assert oracle.answers_in_time()
    assert (await oracle.verdict(HEALED_WITHIN)).holds()
    assert max(oracle.acknowledged.values()) - healed_at <= HEALED_WITHIN


async def test_a_partition_from_redis(lines: Lines) -> None:
    """Every send succeeds, and every reader finds it in the database."""
    oracle = lines.oracle
    await oracle.follow(*TIERS)
    async with oracle.writing("htmx", "form", "ws"):
        await oracle.more_acknowledged(15)
        lines.redis.hold()
        held_until = time.monotonic() + 8
        while time.monotonic() < held_until:
            await oracle.more_acknowledged(1)
        lines.redis.release()
        await oracle.more_acknowledged(15)
    assert set(oracle.answers) == {"acknowledged"}
    assert (await oracle.verdict()).holds(within=10)


async def test_a_transaction_that_was_cut_off_does_not_keep_its_locks(postgresql_url: str) -> None:
    """The server gets no error for the dead connection, and times it out."""
    execute(postgresql_url, "CREATE TABLE marks (mark BIGINT PRIMARY KEY)")
    execute(postgresql_url, "INSERT INTO marks VALUES (1)")
    async with TcpProxy(port(postgresql_url)) as line:
        await engine.connect(line.through(postgresql_url), 5, 1)

        async def write(mark: int, *, forsaken: bool = False) -> None:
            async with engine.transaction():
                await engine.row("UPDATE marks SET mark = :mark RETURNING mark", mark=mark)
                if forsaken:
                    line.forget()

        with pytest.raises(Unavailable):
            await write(2, forsaken=True)
        async with asyncio.timeout(HEALED_WITHIN):
            while True:
                try:
                    await write(3)
                except Unavailable:
                    continue
                break
        [marked] = await engine.rows("SELECT mark FROM marks")
        assert marked["mark"] == 3
        await engine.disconnect()
