"""Each part killed with kill -9 while people write and read: nothing is lost, nothing doubled."""

import asyncio
from pathlib import Path

import pytest

from tests.faults.deployments import Deployment, sqlite_deployment
from tests.faults.oracle import Oracle

TIERS = ("ws", "sse", "poll")


async def test_a_killed_worker(deployment: Deployment, oracle: Oracle) -> None:
    await oracle.follow(*TIERS)
    async with oracle.writing():
        for _ in range(3):
            await oracle.more_acknowledged(15)
            await asyncio.to_thread(deployment.app.kill_a_worker)
        await oracle.more_acknowledged(15)
    assert (await oracle.verdict()).holds(within=10)


async def test_a_killed_redis(deployment: Deployment, oracle: Oracle) -> None:
    assert deployment.redis is not None
    await oracle.follow(*TIERS)
    async with oracle.writing():
        await oracle.more_acknowledged(15)
        deployment.redis.kill()
        await oracle.more_acknowledged(60)
        await asyncio.to_thread(deployment.redis.start)
        await oracle.more_acknowledged(15)
    assert set(oracle.answers) == {"acknowledged"}
    assert (await oracle.verdict()).holds(within=5)


async def test_a_killed_postgresql(deployment: Deployment, oracle: Oracle) -> None:
    """A sender is refused in time meanwhile."""
    assert deployment.postgresql is not None
    await oracle.follow(*TIERS)
    async with oracle.writing():
        for _ in range(2):
            await oracle.more_acknowledged(15)
            deployment.postgresql.kill()
            await oracle.answered("503")
            await asyncio.to_thread(deployment.postgresql.start)
        await oracle.more_acknowledged(30)
    assert oracle.answers_in_time()
    assert (await oracle.verdict()).holds(within=10)


async def test_a_worker_killed_while_postgresql_is_down(
    deployment: Deployment, oracle: Oracle
) -> None:
    """The next one starts without a database, and serves as soon as there is one."""
    assert deployment.postgresql is not None
    await oracle.follow(*TIERS)
    async with oracle.writing():
        await oracle.more_acknowledged(15)
        deployment.postgresql.kill()
        await asyncio.to_thread(deployment.app.kill_a_worker)
        await asyncio.to_thread(deployment.postgresql.start)
        await oracle.more_acknowledged(15)
    assert (await oracle.verdict()).holds(within=20)


async def test_the_whole_server_killed(deployment: Deployment, oracle: Oracle) -> None:
    await oracle.follow(*TIERS)
    async with oracle.writing():
        for _ in range(2):
            await oracle.more_acknowledged(15)
            deployment.app.kill()
            await asyncio.to_thread(deployment.app.start)
        await oracle.more_acknowledged(15)
    assert (await oracle.verdict()).holds()


async def test_the_whole_server_killed_on_sqlite(tmp_path: Path) -> None:
    with sqlite_deployment(tmp_path) as deployment:
        async with Oracle(deployment.app.url, deployment.database_url) as oracle:
            await oracle.follow(*TIERS)
            async with oracle.writing():
                for _ in range(2):
                    await oracle.more_acknowledged(15)
                    deployment.app.kill()
                    await asyncio.to_thread(deployment.app.start)
                await oracle.more_acknowledged(15)
            assert (await oracle.verdict()).holds()


@pytest.mark.parametrize("victim", ["worker", "redis", "postgresql"])
async def test_a_kill_amid_sends_edits_unsends_pins_and_reactions(
    deployment: Deployment, oracle: Oracle, victim: str
) -> None:
    """Every reader holds each message as it is stored in the end."""
    assert deployment.redis is not None
    assert deployment.postgresql is not None
    kill, start = {
        "worker": (deployment.app.kill_a_worker, None),
        "redis": (deployment.redis.kill, deployment.redis.start),
        "postgresql": (deployment.postgresql.kill, deployment.postgresql.start),
    }[victim]
    await oracle.follow(*TIERS)
    async with oracle.writing(), oracle.changing(a_second=12):
        for _ in range(2):
            await oracle.more_acknowledged(40)
            await asyncio.to_thread(kill)
            if start is not None:
                await asyncio.to_thread(start)
        await oracle.more_acknowledged(40)
    assert oracle.texts
    assert oracle.unsent
    assert oracle.reactions
    assert (await oracle.verdict()).holds(within=20)
