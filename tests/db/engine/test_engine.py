"""The engine never leaks a connection, never hangs, and never fails with a locked database."""

import asyncio
import contextlib
import itertools
import sqlite3
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from operator import le
from typing import Any

import aiosqlite
import anyio
import asyncpg
import pytest

from db import engine
from db.engine import Unavailable, postgres
from db.engine.database import Database
from db.engine.deadline import deadline
from db.engine.script import single
from db.engine.statement import Statement
from tests.applications import HOME
from tests.servers import PostgreSQL, disconnect_everybody, execute
from tests.services import migrated_database

TIMEOUT = 20.0
"""Seconds; no test here waits as long."""

INSERT = "INSERT INTO marks (mark) VALUES ({})"
POOLED = 5
"""More than a pool's connections, so that one leak each time exhausts it."""


@pytest.fixture
def marks(database: str) -> None:
    """A table in the open database, with a constraint that is checked at COMMIT."""
    run(
        database,
        "CREATE TABLE marks (mark BIGINT PRIMARY KEY, "
        "follows BIGINT REFERENCES marks DEFERRABLE INITIALLY DEFERRED)",
    )


def run(url: str, statement: str) -> None:
    """Without `databases`, which is not made for schema changes."""
    if url.startswith("postgresql"):
        execute(url, statement)
    else:
        with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            connection.execute(statement)
            connection.commit()


async def mark(number: int, follows: int | None = None) -> None:
    await engine.execute(
        "INSERT INTO marks (mark, follows) VALUES (:mark, :follows)",
        mark=number,
        follows=follows,
    )


async def marked() -> list[int]:
    return [row["mark"] for row in await engine.rows("SELECT mark FROM marks ORDER BY mark")]


async def pool_is_intact() -> None:
    """Every connection of the pool is available, and can write."""
    before = await marked()

    async def write(number: int) -> None:
        async with engine.transaction():
            await mark(number)

    async with asyncio.TaskGroup() as tasks:
        for number in range(1000, 1000 + POOLED):
            tasks.create_task(write(number))
    async with engine.transaction():
        await engine.execute("DELETE FROM marks WHERE mark >= 1000")
    assert await marked() == before


async def cancelled_once_in(
    stalled: asyncio.Event, work: Callable[[], Awaitable[None]]
) -> asyncio.Task[None]:
    """Start work and cancel it where it stalls; its task can still query."""

    async def survive() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await work()
        await marked()

    task = asyncio.create_task(survive())
    async with asyncio.timeout(10):
        await stalled.wait()
    stalled.clear()
    task.cancel()
    await task
    return task


def stall(
    monkeypatch: pytest.MonkeyPatch, statement: str, *, before: bool
) -> tuple[asyncio.Event, Callable[[], None]]:
    """Make BEGIN or COMMIT hang in the driver, before or after it is done; and a way to undo it."""
    is_sqlite = engine.opened().url.dialect == "sqlite"
    driver, method = (
        (aiosqlite.Connection, "_execute") if is_sqlite else (asyncpg.Connection, "execute")
    )
    original = getattr(driver, method)
    reached = asyncio.Event()

    async def stalling(self: object, *args: Any, **options: Any) -> Any:
        if not any(isinstance(each, str) and each.startswith(statement) for each in args):
            return await original(self, *args, **options)
        if not before:
            await original(self, *args, **options)
        reached.set()
        return await asyncio.Event().wait()

    monkeypatch.setattr(driver, method, stalling)
    return reached, lambda: monkeypatch.setattr(driver, method, original)


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
async def test_a_cancelled_begin_gives_its_connection_back(
    marks: None, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    reached, undo = stall(monkeypatch, "BEGIN", before=before)

    async def work() -> None:
        async with engine.transaction():
            raise AssertionError("it never begins")

    for _ in range(POOLED):
        await cancelled_once_in(reached, work)
    undo()
    await pool_is_intact()


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
async def test_a_cancelled_commit_gives_its_connection_back(
    marks: None, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    reached, undo = stall(monkeypatch, "COMMIT", before=before)
    numbers = iter(range(POOLED))

    async def work() -> None:
        async with engine.transaction():
            await mark(next(numbers))

    for _ in range(POOLED):
        await cancelled_once_in(reached, work)
    undo()
    assert await marked() == ([] if before else list(range(POOLED)))
    await pool_is_intact()


async def test_a_begin_cancelled_while_it_waits_for_the_lock_leaves_none(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(sqlite_url, "CREATE TABLE marks (mark BIGINT PRIMARY KEY, follows BIGINT)")
    await engine.connect(sqlite_url, 5, 2.5)
    asked = asyncio.Event()
    execute: Any = aiosqlite.Connection._execute

    def asking(self: aiosqlite.Connection, *args: Any) -> Any:
        if "BEGIN IMMEDIATE" in args:
            asked.set()
        return execute(self, *args)

    monkeypatch.setattr(aiosqlite.Connection, "_execute", asking)
    with contextlib.closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as other:
        other.execute("BEGIN IMMEDIATE")

        async def write() -> None:
            async with engine.transaction():
                await mark(1)

        task = asyncio.create_task(write())
        await asked.wait()
        task.cancel()
        await asyncio.sleep(0)
        other.rollback()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        other.execute("BEGIN IMMEDIATE")
        other.rollback()
    await write()
    assert await marked() == [1]
    await engine.disconnect()


async def test_a_cancelled_scope_around_a_query_gives_its_connection_back(
    marks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = type(engine.opened().connection()._connection)
    fetch_all = backend.fetch_all

    async def cancelled(self: Any, *args: Any) -> Any:
        await fetch_all(self, *args)
        scope.cancel()
        await anyio.sleep_forever()

    for _ in range(POOLED):
        scope = anyio.CancelScope()
        with monkeypatch.context() as patch, scope:
            patch.setattr(backend, "fetch_all", cancelled)
            await marked()
        assert scope.cancelled_caught
        assert await marked() == []
    await pool_is_intact()


async def test_a_query_after_a_cancelled_one_reads_no_old_snapshot(
    database: str, marks: None
) -> None:
    for number in range(20):
        reading = asyncio.create_task(marked())
        for _ in range(number % 10):
            await asyncio.sleep(0.0002)
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reading
        await asyncio.to_thread(run, database, INSERT.format(number))
        assert len(await marked()) == number + 1


async def test_a_cancelled_scope_around_a_transaction_rolls_it_back(marks: None) -> None:
    for number in range(POOLED):
        with anyio.CancelScope() as scope:
            async with engine.transaction():
                await mark(number)
                scope.cancel()
                await anyio.sleep_forever()
        assert scope.cancelled_caught
        assert await marked() == []
    await pool_is_intact()


async def test_a_timeout_in_a_transaction_rolls_it_back(marks: None) -> None:
    async def write(number: int) -> None:
        async with engine.transaction():
            await mark(number)
            async with asyncio.timeout(0):
                await asyncio.Event().wait()

    for number in range(POOLED):
        with pytest.raises(Unavailable):
            await write(number)
        assert await marked() == []
    await pool_is_intact()


async def test_an_error_in_a_transaction_rolls_it_back(marks: None) -> None:
    async def write(number: int) -> None:
        async with engine.transaction():
            await mark(number)
            raise ZeroDivisionError

    for number in range(POOLED):
        with pytest.raises(ZeroDivisionError):
            await write(number)
        assert await marked() == []
    await pool_is_intact()


async def test_a_failed_commit_gives_its_connection_back(marks: None) -> None:
    for number in range(POOLED):
        with pytest.raises((asyncpg.ForeignKeyViolationError, sqlite3.IntegrityError)):
            async with engine.transaction():
                await mark(number, follows=99)
        assert await marked() == []
    await pool_is_intact()


async def test_a_violated_constraint_is_not_called_unavailable(marks: None) -> None:
    await mark(1)
    with pytest.raises((asyncpg.UniqueViolationError, sqlite3.IntegrityError)):
        await mark(1)


async def test_an_exhausted_pool_is_unavailable_in_time(database_url: str) -> None:
    await engine.connect(database_url, 4, 1.0)
    holding, done = asyncio.Semaphore(0), asyncio.Event()

    async def hold() -> None:
        async with engine.opened().connection():
            holding.release()
            await done.wait()

    holders = [asyncio.create_task(hold()) for _ in range(4)]
    for _ in holders:
        await holding.acquire()
    with pytest.raises(Unavailable):
        await engine.row("SELECT 1 AS one")
    with pytest.raises(Unavailable):
        async with engine.transaction():
            raise AssertionError("no connection is free")
    done.set()
    await asyncio.gather(*holders)
    row = await engine.row("SELECT 1 AS one")
    assert row is not None
    await engine.disconnect()


async def test_a_lock_held_too_long_by_another_process_is_unavailable(sqlite_url: str) -> None:
    await engine.connect(sqlite_url, 5, 0.2)
    with contextlib.closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="locked"):
            async with engine.transaction():
                raise AssertionError("it never begins")
        assert await engine.row("SELECT 1 AS one"), "readers don't wait for writers"
        other.rollback()
    async with engine.transaction():
        pass
    await engine.disconnect()


async def test_a_lock_held_too_long_by_another_task_is_unavailable(
    sqlite_url: str,
) -> None:
    await engine.connect(sqlite_url, 5, 0.2)

    async def second() -> None:
        async with engine.transaction():
            raise AssertionError("it never begins")

    async with engine.transaction():
        with pytest.raises(Unavailable):
            await asyncio.create_task(second())
    await engine.disconnect()


async def test_the_statements_of_a_request_share_its_deadline(postgresql_url: str) -> None:
    """A transaction that meets it is rolled back, and every connection works."""
    run(postgresql_url, "CREATE TABLE marks (mark BIGINT PRIMARY KEY, follows BIGINT)")
    await engine.connect(postgresql_url, POOLED, TIMEOUT)

    async def write_slowly() -> None:
        async with engine.transaction():
            await mark(1)
            for _ in range(100):
                await engine.row("SELECT pg_sleep(0.3)")

    begun = time.monotonic()
    with pytest.raises(Unavailable), deadline(1):
        await write_slowly()
    assert time.monotonic() - begun < TIMEOUT / 2
    assert await marked() == []
    await pool_is_intact()
    await engine.disconnect()


async def test_the_deadline_bounds_the_wait_for_a_lock_of_sqlite(sqlite_url: str) -> None:
    await engine.connect(sqlite_url, POOLED, TIMEOUT)
    begun = time.monotonic()
    with contextlib.closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable), deadline(0.3):
            async with engine.transaction():
                raise AssertionError("it never begins")
    assert time.monotonic() - begun < TIMEOUT / 2
    async with engine.transaction():
        pass
    await engine.disconnect()


async def test_a_block_has_one_connection_even_after_losing_it(postgresql_url: str) -> None:
    await engine.connect(postgresql_url, 5, TIMEOUT)
    async with engine.connection():
        [first] = await engine.rows("SELECT pg_backend_pid() AS pid")
        assert engine.pool_use()["used"] == 1
        assert [tuple(row) for row in await engine.rows("SELECT pg_backend_pid()")] == [(first[0],)]
        disconnect_everybody(postgresql_url)
        [other] = await engine.rows("SELECT pg_backend_pid() AS pid")
        assert other["pid"] != first["pid"]
        assert engine.pool_use()["used"] == 1
    assert engine.pool_use()["used"] == 0
    await engine.disconnect()


async def test_a_task_that_outlives_its_request_has_no_deadline(database: str) -> None:
    over = asyncio.Event()

    async def work() -> int:
        await over.wait()
        row = await engine.row("SELECT 1 AS one")
        assert row is not None
        return int(row["one"])

    with deadline(0):
        working = asyncio.create_task(work())
        with pytest.raises(Unavailable):
            async with engine.waiting():
                await asyncio.Event().wait()
    over.set()
    assert await working == 1


async def test_a_read_is_retried_when_its_connection_was_lost(postgresql_url: str) -> None:
    """A write is not, because it may have been committed."""
    run(postgresql_url, "CREATE TABLE marks (mark BIGINT PRIMARY KEY, follows BIGINT)")
    await engine.connect(postgresql_url, POOLED, TIMEOUT)
    await mark(1)

    async def read_in_a_transaction() -> None:
        async with engine.transaction():
            disconnect_everybody(postgresql_url)
            await marked()

    disconnect_everybody(postgresql_url)
    assert await marked() == [1]
    disconnect_everybody(postgresql_url)
    with pytest.raises(Unavailable):
        await mark(2)
    assert await marked() == [1]
    with pytest.raises(Unavailable):
        await read_in_a_transaction()
    await pool_is_intact()
    await engine.disconnect()


async def writing_pid() -> int:
    """The PostgreSQL process that serves a write."""
    [[pid]] = await engine.write(single(Statement("SELECT pg_backend_pid()", {})))
    return int(pid)


def idle_writer() -> Any:
    """The connection kept for the next write."""
    return vars(engine.opened()._backend).get("_writer")


async def test_the_next_write_uses_the_same_connection_unless_it_is_closed(
    postgresql_url: str,
) -> None:
    await engine.connect(postgresql_url, 5, TIMEOUT)
    first = await writing_pid()
    assert await writing_pid() == first
    disconnect_everybody(postgresql_url)
    async with asyncio.timeout(TIMEOUT):
        while not idle_writer().is_lost():  # noqa: ASYNC110
            await asyncio.sleep(0)
    assert await writing_pid() != first
    with pytest.raises(asyncpg.PostgresError):
        await engine.write(single(Statement("SELECT nothing", {})))
    assert idle_writer() is None
    await writing_pid()
    assert engine.pool_use()["used"] == 0
    await engine.disconnect()


async def test_an_idle_writer_returns_to_the_pool(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "WRITER_IDLE", 0.01)
    await engine.connect(postgresql_url, 5, TIMEOUT)
    await asyncio.gather(*[writing_pid() for _ in range(3)])
    async with asyncio.timeout(TIMEOUT):
        while idle_writer():  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    await engine.disconnect()


async def test_an_idle_writer_is_available_to_all(postgresql_url: str) -> None:
    await engine.connect(postgresql_url, 2, TIMEOUT)
    first = await writing_pid()
    async with engine.connection():
        [[other]] = await engine.rows("SELECT pg_backend_pid()")
        assert idle_writer() is not None
        assert await asyncio.create_task(reading_pid()) == first
        assert idle_writer() is None
        assert await writing_pid() == first
        assert idle_writer() is None, "a task may be waiting for it"
    assert other != first
    await engine.disconnect()


async def reading_pid() -> int:
    [[pid]] = await engine.rows("SELECT pg_backend_pid()")
    return int(pid)


async def test_a_connection_lost_while_the_database_closes_is_unavailable(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as closing:

        async def lost(*_: object) -> None:
            closing.setattr(engine, "_database", None)
            raise ConnectionError

        closing.setattr(Database, "fetch_all", lost)
        with pytest.raises(Unavailable):
            await engine.rows("SELECT 1")


async def test_the_victim_of_a_deadlock_is_unavailable(postgresql_url: str) -> None:
    run(postgresql_url, "CREATE TABLE marks (mark BIGINT PRIMARY KEY, follows BIGINT)")
    await engine.connect(postgresql_url, 5, 5)
    await mark(1)
    await mark(2)
    both = asyncio.Barrier(2)

    async def cross(first: int, second: int) -> None:
        async with engine.transaction():
            await engine.execute("DELETE FROM marks WHERE mark = :mark", mark=first)
            await both.wait()
            await engine.execute("DELETE FROM marks WHERE mark = :mark", mark=second)

    outcomes = await asyncio.gather(cross(1, 2), cross(2, 1), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [Unavailable]
    assert await marked() == []
    await engine.disconnect()


async def test_a_database_that_is_not_open_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        await engine.row("SELECT 1 AS one")
    await engine.disconnect()


async def test_a_database_that_is_down_is_unavailable() -> None:
    """It may come up later, so connecting succeeds."""
    await engine.connect("postgresql://nobody@127.0.0.1:1/nothing", 1, 1)
    with pytest.raises(Unavailable):
        await engine.row("SELECT 1 AS one")
    await engine.disconnect()


class Writers:
    """Long-lived tasks that write forever and take no care of their connections."""

    def __init__(self, number: int) -> None:
        self.acknowledged: list[set[int]] = [set() for _ in range(number)]
        self.failed: set[int] = set()
        self.happened = asyncio.Event()
        self.tasks = [asyncio.create_task(self.write(task)) for task in range(number)]

    async def write(self, task: int) -> None:
        for number in itertools.count(task, len(self.acknowledged)):
            try:
                async with engine.transaction():
                    await mark(number)
            except Unavailable:
                self.failed.add(task)
                await asyncio.sleep(0.02)
            else:
                self.acknowledged[task].add(number)
            self.happened.set()

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                self.happened.clear()
                await self.happened.wait()

    async def have_all_written(self) -> None:
        wanted = [len(numbers) + 5 for numbers in self.acknowledged]
        await self.until(lambda: all(map(le, wanted, map(len, self.acknowledged))))

    async def have_all_failed(self) -> None:
        self.failed.clear()
        await self.until(lambda: len(self.failed) == len(self.tasks))

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.wait(self.tasks)
        for task in self.tasks:
            assert task.cancelled(), task.exception()


async def test_tasks_survive_a_killed_postgresql(spare_postgresql: PostgreSQL) -> None:
    url = await asyncio.to_thread(migrated_database, spare_postgresql)
    run(url, "CREATE TABLE marks (mark BIGINT PRIMARY KEY, follows BIGINT)")
    await engine.connect(url, 3, 2.5)
    writers = Writers(4)
    for _ in range(3):
        await writers.have_all_written()
        spare_postgresql.kill()
        await writers.have_all_failed()
        await asyncio.to_thread(spare_postgresql.start)
        await writers.have_all_written()
    await writers.stop()
    assert set.union(*writers.acknowledged) <= set(await marked())
    await engine.disconnect()


READ_THEN_WRITE = """
import asyncio, sys
from db import engine

async def once():
    async with engine.transaction():
        row = await engine.row("SELECT MAX(mark) AS mark FROM marks")
        await engine.execute(
            "INSERT INTO marks (mark) VALUES (:mark)", mark=(row["mark"] or 0) + 1
        )

async def main():
    await engine.connect(sys.argv[1], 5, 10)
    async with asyncio.TaskGroup() as tasks:
        for _ in range(8):
            tasks.create_task(several())
    await engine.disconnect()

async def several():
    for _ in range(5):
        await once()

asyncio.run(main())
"""


def test_processes_that_read_and_then_write_never_find_sqlite_locked(
    sqlite_url: str,
) -> None:
    run(sqlite_url, "CREATE TABLE marks (mark BIGINT PRIMARY KEY)")
    command = [sys.executable, "-c", READ_THEN_WRITE, sqlite_url]
    processes = [subprocess.Popen(command, cwd=HOME, stderr=subprocess.PIPE) for _ in range(4)]
    for process in processes:
        _, complaints = process.communicate(timeout=60)
        assert process.returncode == 0, complaints.decode()
    with contextlib.closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as connection:
        assert connection.execute("SELECT COUNT(*), MAX(mark) FROM marks").fetchone() == (160, 160)


async def test_every_sqlite_connection_is_durable_and_checks_references(sqlite_url: str) -> None:
    await engine.connect(sqlite_url, 5, 2.5)
    expected = {"journal_mode": {"wal"}, "synchronous": {2}, "foreign_keys": {1}}
    expected["temp_store"] = {2}
    expected["secure_delete"] = {1}
    expected["cache_size"] = {-256, -1024}  # the writer's is larger
    for pragma, values in expected.items():
        assert await pragma_of_every_connection(pragma) == values, pragma
    await engine.disconnect()


async def pragma_of_every_connection(pragma: str) -> set[object]:
    """Of each connection in the pool, because a PRAGMA applies to one only."""
    pool = vars(engine.opened().connection()._connection)["_pool"]
    found = set()
    for connection in pool._all:
        for row in await connection.execute_fetchall(f"PRAGMA {pragma}"):
            found.add(row[0])
    return found
