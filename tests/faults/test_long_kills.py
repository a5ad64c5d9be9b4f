"""Minutes of kills, each part many times: run by bin/test --faults."""

import asyncio
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import httpx
import pytest
import redis

from tests.faults import deployments
from tests.faults.deployments import Deployment, sqlite_deployment
from tests.faults.oracle import Oracle
from tests.faults.readers import Follower
from tests.servers import execute

pytestmark = [pytest.mark.minutes, pytest.mark.timeout(900)]

READERS = ("ws", "ws", "sse", "poll")
WRITERS = ("ws", "htmx", "form", "ws", "htmx", "ws")
RATE = 50


async def test_a_worker_killed_fifty_times(deployment: Deployment, oracle: Oracle) -> None:
    await oracle.follow(*READERS)
    async with oracle.writing(*WRITERS, a_second=RATE):
        for _ in range(50):
            await oracle.more_acknowledged(RATE)
            await asyncio.to_thread(deployment.app.kill_a_worker)
        await oracle.more_acknowledged(RATE)
    assert (await oracle.verdict()).holds(within=10)


async def test_the_whole_server_killed_twenty_times(deployment: Deployment, oracle: Oracle) -> None:
    await oracle.follow(*READERS)
    async with oracle.writing(*WRITERS, a_second=RATE):
        for _ in range(20):
            await oracle.more_acknowledged(RATE)
            deployment.app.kill()
            await asyncio.to_thread(deployment.app.start)
        await oracle.more_acknowledged(RATE)
    assert (await oracle.verdict()).holds()


async def test_workers_replaced_one_after_the_other(deployment: Deployment, oracle: Oracle) -> None:
    """SIGHUP makes uvicorn do that. The server refuses no send meanwhile."""
    await oracle.follow(*READERS)
    async with oracle.writing(*WRITERS, a_second=RATE):
        for _ in range(5):
            before = await asyncio.to_thread(deployment.app.worker_ids)
            assert deployment.app.process is not None
            deployment.app.process.send_signal(signal.SIGHUP)
            while set(await asyncio.to_thread(deployment.app.worker_ids)) & set(before):
                await oracle.more_acknowledged(1)
            await oracle.more_acknowledged(RATE)
    refused = {what for what in oracle.answers if what.isdigit()}
    assert not refused, oracle.answers
    assert (await oracle.verdict()).holds(within=10)


async def test_redis_away_for_a_minute(deployment: Deployment, oracle: Oracle) -> None:
    """Every send succeeds, and 99 of 100 deliveries take at most 2 s."""
    assert deployment.redis is not None
    await oracle.follow(*READERS)
    async with oracle.writing(*WRITERS, a_second=20):
        await oracle.more_acknowledged(20)
        deployment.redis.kill()
        back_at = time.monotonic() + 60
        while time.monotonic() < back_at:
            await oracle.more_acknowledged(1)
        await asyncio.to_thread(deployment.redis.start)
        await oracle.more_acknowledged(20)
    assert set(oracle.answers) == {"acknowledged"}
    verdict = await oracle.verdict()
    assert verdict.holds(within=5)
    assert verdict.converge(99) <= 2


@pytest.mark.parametrize("command", ["FLUSHALL", "CLIENT PAUSE 5000", "stopped for 5 s"])
async def test_redis_disturbed(deployment: Deployment, oracle: Oracle, command: str) -> None:
    assert deployment.redis is not None
    assert deployment.redis.process is not None
    await oracle.follow(*READERS)
    async with oracle.writing(*WRITERS, a_second=20):
        await oracle.more_acknowledged(20)
        if command.startswith("stopped"):
            deployment.redis.process.send_signal(signal.SIGSTOP)
            begun = time.monotonic()
            while time.monotonic() < begun + 5:
                await oracle.more_acknowledged(1)
            deployment.redis.process.send_signal(signal.SIGCONT)
        else:
            with redis.Redis.from_url(deployment.redis.url) as connection:
                connection.execute_command(*command.split())
        await oracle.more_acknowledged(200)
    assert set(oracle.answers) == {"acknowledged"}
    assert (await oracle.verdict()).holds(within=10)


async def test_postgresql_killed_and_restarted_twenty_times(
    deployment: Deployment, oracle: Oracle
) -> None:
    assert deployment.postgresql is not None
    await oracle.follow(*READERS)
    async with oracle.writing(*WRITERS, a_second=RATE):
        for n in range(20):
            await oracle.more_acknowledged(RATE)
            if n % 2:
                await asyncio.to_thread(deployment.postgresql.stop)
            else:
                deployment.postgresql.kill()
            await asyncio.to_thread(deployment.postgresql.start)
        await oracle.more_acknowledged(RATE)
    assert (await oracle.verdict()).holds(within=10)


async def test_fifty_sockets_outlive_a_killed_postgresql(
    deployment: Deployment, oracle: Oracle
) -> None:
    """The first message is on the same sockets at most 5 s after the database is back."""
    assert deployment.postgresql is not None
    await oracle.follow(*["ws"] * 50)
    async with oracle.writing("htmx"):
        await oracle.more_acknowledged(10)
        deployment.postgresql.kill()
        await asyncio.to_thread(deployment.postgresql.start)
        back_at = time.time()
        await oracle.more_acknowledged(1)
    first = max(oracle.acknowledged, key=lambda client_id: oracle.acknowledged[client_id])
    assert (await oracle.verdict()).holds(within=5)
    for reader in oracle.readers:
        assert isinstance(reader, Follower)
        assert reader.connections == 1
        assert dict(await reader.held())[first] - back_at <= 5


async def test_postgresql_as_the_broker_too() -> None:
    """Without Redis: what wakes the workers dies with the database, and comes back with it."""
    with deployments.single_worker_deployment() as deployment:
        assert deployment.postgresql is not None
        async with Oracle(deployment.app.url, deployment.database_url) as oracle:
            await oracle.follow(*READERS)
            async with oracle.writing(*WRITERS, a_second=20):
                for _ in range(5):
                    await oracle.more_acknowledged(40)
                    deployment.postgresql.kill()
                    await asyncio.to_thread(deployment.postgresql.start)
                    await oracle.more_acknowledged(40)
                    await asyncio.to_thread(deployment.app.kill_a_worker)
                await oracle.more_acknowledged(40)
            assert (await oracle.verdict()).holds(within=10)


async def test_a_table_locked_for_five_seconds(deployment: Deployment, oracle: Oracle) -> None:
    """Sends are refused honestly within 3 s, and resume; other requests do not wait."""
    assert deployment.postgresql is not None
    await oracle.follow(*READERS)
    lock = "BEGIN; LOCK TABLE messages; SELECT pg_sleep(5); COMMIT"
    async with oracle.writing("htmx", "form", a_second=10), httpx.AsyncClient() as anybody:
        await oracle.more_acknowledged(10)
        locking = asyncio.create_task(asyncio.to_thread(execute, deployment.database_url, lock))
        slowest = 0.0
        while not locking.done():
            begun = time.monotonic()
            assert (await anybody.get(f"{deployment.app.url}/login/")).status_code == 200
            slowest = max(slowest, time.monotonic() - begun)
        await locking
        await oracle.more_acknowledged(50)
    print(f"slowest page meanwhile: {slowest:.3f} s")
    assert slowest <= 1
    assert oracle.answers_in_time()
    assert (await oracle.verdict()).holds(within=10)


async def test_sqlite_locked_by_another_program(tmp_path: Path) -> None:
    """For longer than a send waits: an honest 503, and the same message succeeds later."""
    with sqlite_deployment(tmp_path) as deployment:
        async with Oracle(deployment.app.url, deployment.database_url) as oracle:
            await oracle.follow(*READERS)
            async with oracle.writing("htmx", "form", a_second=10):
                for seconds in (1, 4, 8):
                    await oracle.more_acknowledged(10)
                    await asyncio.to_thread(hold, tmp_path / "parley.sqlite3", seconds)
                await oracle.more_acknowledged(10)
            assert set(oracle.answers) == {"acknowledged", "503"}
            assert oracle.answers_in_time()
            assert (await oracle.verdict()).holds(within=10)


def hold(path: Path, seconds: float) -> None:
    """Be another program that writes for so long."""
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("BEGIN IMMEDIATE")
        time.sleep(seconds)
        file.execute("COMMIT")
