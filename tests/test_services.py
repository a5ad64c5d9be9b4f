"""The servers that tests stand on."""

import asyncio
import contextlib
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
import redis.asyncio as redis

from tests import programs, unprivileged
from tests.servers import PostgreSQL, Redis, first_to_start
from tests.services import migrated_database

ADD = "INSERT INTO marks (mark) VALUES ('a')"
MAKE = "CREATE TABLE marks (mark TEXT)"
COUNT = "SELECT COUNT(*) FROM marks"


@asynccontextmanager
async def connected(url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close(timeout=1)


@pytest.mark.parametrize("attempt", [1, 2])
async def test_every_test_gets_a_postgresql_database_of_its_own(
    postgresql_url: str, attempt: int
) -> None:
    async with connected(postgresql_url) as connection:
        assert await connection.fetchval("SELECT COUNT(*) FROM users") == 0
        await connection.execute(MAKE)


@pytest.mark.parametrize("attempt", [1, 2])
def test_every_test_gets_a_sqlite_database_of_its_own(sqlite_url: str, attempt: int) -> None:
    path = sqlite_url.removeprefix("sqlite:///")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT COUNT(*) FROM users").fetchone() == (0,)
        connection.execute(MAKE)


def test_a_test_of_behaviour_runs_on_both(
    database_url: str, request: pytest.FixtureRequest
) -> None:
    kind = request.node.callspec.params["database_url"]
    assert database_url.startswith(f"{kind}://")


async def test_a_killed_postgresql_comes_back_with_all_that_it_acknowledged(
    spare_postgresql: PostgreSQL,
) -> None:
    url = await asyncio.to_thread(migrated_database, spare_postgresql)
    async with connected(url) as connection:
        await connection.execute(MAKE)
        await connection.execute(ADD)
        spare_postgresql.kill()
        with pytest.raises((OSError, asyncpg.PostgresError, asyncpg.InterfaceError)):
            await connection.execute("SELECT pg_sleep(5)")  # its orphans live for a moment
    await asyncio.to_thread(spare_postgresql.start)
    async with connected(url) as connection:
        assert await connection.fetchval(COUNT) == 1
    await asyncio.to_thread(spare_postgresql.restart)
    async with connected(url) as connection:
        assert await connection.fetchval(COUNT) == 1


async def test_a_killed_redis_comes_back_on_its_port(spare_redis: Redis) -> None:
    async with redis.Redis.from_url(spare_redis.url) as connection:
        await connection.set("here", "1")
        spare_redis.kill()
        with pytest.raises(redis.ConnectionError):
            await connection.get("here")
        await asyncio.to_thread(spare_redis.start)
        assert await connection.get("here") is None


async def test_every_test_gets_an_empty_redis(redis_url: str) -> None:
    async with redis.Redis.from_url(redis_url) as connection:
        assert await connection.dbsize() == 0


@pytest.mark.parametrize("closed", [False, True])
def test_wheels_stand_in_where_the_machine_has_no_servers(
    closed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the packages lie below a folder of root's own."""
    may_enter_indeed = unprivileged.may_enter

    def may_enter(folder: Path) -> bool:
        return may_enter_indeed(folder) and not (closed and "site-packages" in folder.parts)

    monkeypatch.setattr(unprivileged, "may_enter", may_enter)
    *_, postgresql = programs.postgresql()
    *_, valkey = programs.redis()
    with first_to_start(PostgreSQL, [postgresql]) as server:
        assert server.running
    with first_to_start(Redis, [valkey]) as other:
        assert other.running


def test_a_machine_without_any_server_is_an_error() -> None:
    folder = unprivileged.private_folder()
    broken = folder / "redis-server"
    broken.write_text("#!/bin/sh\necho 'no such library' >&2; exit 1\n")
    broken.chmod(0o755)
    with pytest.raises(RuntimeError, match="There is no Redis that works here") as refusal:
        first_to_start(Redis, [folder / "missing", broken])
    shutil.rmtree(folder)
    assert "no such library" in str(refusal.value)
