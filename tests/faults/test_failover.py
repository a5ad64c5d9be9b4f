"""Another PostgreSQL takes over: no acknowledged message is lost, and Parley is not restarted."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.faults.deployments import Workers
from tests.faults.oracle import Oracle
from tests.servers import PATIENCE, PostgreSQL, execute
from tests.services import migrated_database
from tests.tcp_proxy import TcpProxy

TAKEN_OVER_WITHIN = 15.0
TIERS = ("ws", "sse", "poll")
HONEST = {"acknowledged", "503", "no fragment on the socket"}


class Standby(PostgreSQL):
    """Follows another server: a COMMIT there returns once it is here as well."""

    def __init__(self, primary: PostgreSQL) -> None:
        super().__init__(primary.program)
        self.primary = primary

    def initialize(self) -> None:
        program = self.program.with_name("pg_basebackup")
        options = ["--write-recovery-conf", "--checkpoint", "fast", "--no-sync", "--pgdata"]
        command: list[str | Path] = [program, "--dbname", self.primary.url, *options, self.data]
        if self.spawn(command).wait(PATIENCE) != 0:
            raise RuntimeError("pg_basebackup failed")

    def promote(self) -> None:
        execute(self.url, "SELECT pg_promote()")


@pytest.fixture
def pair(spare_postgresql: PostgreSQL) -> Iterator[tuple[PostgreSQL, Standby]]:
    """A PostgreSQL, and another one that holds whatever it has acknowledged."""
    with Standby(spare_postgresql) as standby:
        standby.start()
        execute(spare_postgresql.url, "ALTER SYSTEM SET synchronous_standby_names = '*'")
        execute(spare_postgresql.url, "SELECT pg_reload_conf()")
        yield spare_postgresql, standby


@pytest.fixture
async def line(pair: tuple[PostgreSQL, Standby]) -> AsyncIterator[TcpProxy]:
    """What leads to the one that serves."""
    async with TcpProxy(pair[0].port) as line:
        yield line


@pytest.fixture
async def oracle(
    pair: tuple[PostgreSQL, Standby], line: TcpProxy, redis_url: str
) -> AsyncIterator[Oracle]:
    """Two workers at the end of the line."""
    primary, standby = pair
    url = await asyncio.to_thread(migrated_database, primary)
    environment = {"DATABASE_URL": line.through(url), "REDIS_URL": redis_url}
    with Workers(2, **environment, WEB_CONCURRENCY="2") as app:
        await asyncio.to_thread(app.start)
        async with Oracle(app.url, url.replace(f":{primary.port}", f":{standby.port}")) as oracle:
            yield oracle


async def test_a_standby_takes_over_from_a_killed_postgresql(
    pair: tuple[PostgreSQL, Standby], line: TcpProxy, oracle: Oracle
) -> None:
    """Until it is promoted it can be read, and says of each send that it cannot be taken now."""
    primary, standby = pair
    await oracle.follow(*TIERS)
    async with oracle.writing():
        await oracle.more_acknowledged(30)
        primary.kill()
        line.target = standby.port
        for _ in range(5):
            await oracle.answered("503")
        assert (await oracle.people[0].get("/")).status_code == 200
        await asyncio.to_thread(standby.promote)
        await oracle.more_acknowledged(30)
    assert set(oracle.answers) <= HONEST
    assert (await oracle.verdict()).holds(within=TAKEN_OVER_WITHIN)


async def test_a_standby_takes_over_from_a_postgresql_that_hands_over(
    pair: tuple[PostgreSQL, Standby], line: TcpProxy, oracle: Oracle
) -> None:
    """The present connections to the old one stay, and are left as soon as it takes no writes."""
    primary, standby = pair
    await oracle.follow(*TIERS)
    async with oracle.writing():
        await oracle.more_acknowledged(30)
        execute(primary.url, "ALTER SYSTEM SET default_transaction_read_only = on")
        execute(primary.url, "SELECT pg_reload_conf()")
        await oracle.answered("503")
        await asyncio.to_thread(standby.promote)
        line.target = standby.port
        await oracle.more_acknowledged(30)
    assert set(oracle.answers) <= HONEST
    assert (await oracle.verdict()).holds(within=TAKEN_OVER_WITHIN)
