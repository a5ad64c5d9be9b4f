"""Each part killed with kill -9 while people write and read: nothing is lost, nothing doubled."""

import asyncio
from pathlib import Path

from tests.faults.oracle import Oracle
from tests.faults.town import Town, village

TIERS = ("ws", "sse", "poll")


async def test_a_killed_worker(town: Town, oracle: Oracle) -> None:
    await oracle.follow(*TIERS)
    async with oracle.writing():
        for _ in range(3):
            await oracle.more_acknowledged(15)
            await asyncio.to_thread(town.app.kill_a_worker)
        await oracle.more_acknowledged(15)
    assert (await oracle.verdict()).holds(within=10)


async def test_a_killed_redis(town: Town, oracle: Oracle) -> None:
    assert town.redis is not None
    await oracle.follow(*TIERS)
    async with oracle.writing():
        await oracle.more_acknowledged(15)
        town.redis.kill()
        await oracle.more_acknowledged(60)
        await asyncio.to_thread(town.redis.start)
        await oracle.more_acknowledged(15)
    assert set(oracle.answers) == {"acknowledged"}
    assert (await oracle.verdict()).holds(within=5)


async def test_a_killed_postgresql(town: Town, oracle: Oracle) -> None:
    """A sender is refused in time meanwhile."""
    assert town.postgresql is not None
    await oracle.follow(*TIERS)
    async with oracle.writing():
        for _ in range(2):
            await oracle.more_acknowledged(15)
            town.postgresql.kill()
            await oracle.answered("503")
            await asyncio.to_thread(town.postgresql.start)
        await oracle.more_acknowledged(30)
    assert oracle.answers_in_time()
    assert (await oracle.verdict()).holds(within=10)


async def test_a_worker_killed_while_postgresql_is_down(town: Town, oracle: Oracle) -> None:
    """The next one starts without a database, and serves as soon as there is one."""
    assert town.postgresql is not None
    await oracle.follow(*TIERS)
    async with oracle.writing():
        await oracle.more_acknowledged(15)
        town.postgresql.kill()
        await asyncio.to_thread(town.app.kill_a_worker)
        await asyncio.to_thread(town.postgresql.start)
        await oracle.more_acknowledged(15)
    assert (await oracle.verdict()).holds(within=20)


async def test_the_whole_server_killed(town: Town, oracle: Oracle) -> None:
    await oracle.follow(*TIERS)
    async with oracle.writing():
        for _ in range(2):
            await oracle.more_acknowledged(15)
            town.app.kill()
            await asyncio.to_thread(town.app.start)
        await oracle.more_acknowledged(15)
    assert (await oracle.verdict()).holds()


async def test_the_whole_server_killed_on_sqlite(tmp_path: Path) -> None:
    with village(tmp_path) as town:
        async with Oracle(town.app.url, town.database_url) as oracle:
            await oracle.follow(*TIERS)
            async with oracle.writing():
                for _ in range(2):
                    await oracle.more_acknowledged(15)
                    town.app.kill()
                    await asyncio.to_thread(town.app.start)
                await oracle.more_acknowledged(15)
            assert (await oracle.verdict()).holds()
