"""SQLite under `databases`: a pool of connections, one writer at a time, durable commits.

Stock `databases` opens a connection and a thread for each query, sets no PRAGMA, and begins
transactions deferred: two that read and then write fail with "database is locked".
"""

import asyncio
import sqlite3
import time
from typing import Any, TypeVar, cast

import aiosqlite
import anyio
from databases.backends.sqlite import SQLiteBackend, SQLiteConnection, SQLiteTransaction
from databases.core import DatabaseURL

from db.engine.deadline import remaining
from db.engine.script import Script, run, single
from db.engine.statement import Row, Statement

T = TypeVar("T")

CONNECTIONS = 4
"""The size of the pool. `write` has one more, of its own."""

CACHE = 256
WRITER_CACHE = 1024
"""KiB for each connection. Readers share the kernel's cache of the file. The writer visits the same
pages again and again: with 256 KiB a message took a third longer, with 2 MiB a twentieth less, but
those fill up over half an hour."""

ERASING = 0.05
"""Seconds for which writers wait while readers finish, so that the -wal file can be emptied."""

PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # an acknowledged message survives the loss of power
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # what is deleted is overwritten
    "PRAGMA temp_store = MEMORY",  # else each INSERT keeps its statement journal in a file
    "PRAGMA wal_autocheckpoint = 4000",  # pages, 16 MB: most are rewritten before that
)


class Backend(SQLiteBackend):
    """The stock backend over a `ConnectionPool`."""

    _pool: Any

    def __init__(self, url: DatabaseURL | str, timeout: float) -> None:
        super().__init__(url)
        self._pool = ConnectionPool(DatabaseURL(url).database, timeout)

    async def connect(self) -> None:
        await self._pool.open()

    async def disconnect(self) -> None:
        await self._pool.close()

    def pool_use(self) -> dict[str, int]:
        free = self._pool.free()
        return {"used": CONNECTIONS - free, "free": free, "limit": CONNECTIONS}

    def connection(self) -> "Connection":
        return Connection(self._pool, self._dialect)

    async def write(self, script: Script[T]) -> T:
        """Run a script as a transaction, in one go of the writer's thread."""
        pool: ConnectionPool = self._pool
        connection: Any = pool.writer
        await pool.lock(pool.timeout)
        try:
            return cast(T, await connection._execute(transact, connection._conn, script))
        except asyncio.CancelledError:
            with anyio.CancelScope(shield=True):
                await connection._execute(lambda: None)  # the thread goes on after a cancellation
            raise
        finally:
            pool.write_lock.release()

    async def erase(self) -> bool:
        """Take what was overwritten out of the -wal file. False where another reader needs it."""
        pool: ConnectionPool = self._pool
        connection: Any = pool.writer
        await pool.lock(pool.timeout)
        try:
            return cast(bool, await connection._execute(truncate_wal, connection._conn, pool))
        finally:
            pool.write_lock.release()


class Connection(SQLiteConnection):
    """Runs each statement in one go of the connection's thread.

    The stock class executes, fetches and closes in separate steps. Cancelled in between, it leaves
    the statement open, and the next one on that connection reads an old snapshot.
    """

    _pool: Any

    async def fetch_all(self, query: Statement) -> list[Row]:  # type: ignore[override]
        return await self.run(single(query))

    async def fetch_within(self, seconds: float, query: Statement) -> list[Row]:
        """A read whose thread goes on no longer than that, nor after a cancellation."""
        connection: Any = self._connection
        interrupt = connection._conn.interrupt
        timer = asyncio.get_running_loop().call_later(seconds, interrupt)
        try:
            return await self.fetch_all(query)
        except asyncio.CancelledError:
            interrupt()
            raise
        finally:
            timer.cancel()

    async def run(self, script: Script[T]) -> T:
        """Run a script in one go of the thread."""
        connection: Any = self._connection
        return cast(T, await connection._execute(execute, connection._conn, script))

    async def release(self) -> None:
        connection, self._connection = self._connection, None
        await self._pool.release(connection)

    def transaction(self) -> "Transaction":
        return Transaction(self)


class Transaction(SQLiteTransaction):
    """BEGIN IMMEDIATE, behind a lock of this process: its writers queue in order, none polls."""

    _connection: Any
    _write_lock: asyncio.Lock

    async def start(self, is_root: bool, extra_options: dict[Any, Any]) -> None:
        pool: ConnectionPool = self._connection._pool
        started_at = time.monotonic()
        timeout = min(pool.timeout, remaining())
        await pool.lock(timeout)
        self._write_lock = pool.write_lock
        self._is_root = True
        try:
            await self._begin(pool.timeout, timeout - (time.monotonic() - started_at))
        except BaseException:
            # A cancelled BEGIN goes on in its thread; the rollback runs behind it.
            with anyio.CancelScope(shield=True):
                await self._connection.raw_connection.rollback()
            self._write_lock.release()
            raise

    async def _begin(self, usual: float, timeout: float) -> None:
        """Wait for other processes' writers for what is left of the timeout."""
        connection: aiosqlite.Connection = self._connection.raw_connection
        if timeout > usual * 0.9:
            await connection.execute("BEGIN IMMEDIATE")
            return
        await connection.execute_fetchall(busy_timeout(timeout))
        try:
            await connection.execute("BEGIN IMMEDIATE")
        finally:
            with anyio.CancelScope(shield=True):
                await connection.execute_fetchall(busy_timeout(usual))

    async def commit(self) -> None:
        try:
            await super().commit()
        finally:
            self._write_lock.release()

    async def rollback(self) -> None:
        try:
            await super().rollback()
        finally:
            self._write_lock.release()


class ConnectionPool:
    """`CONNECTIONS` connections to one file, each returned without a transaction, and a writer."""

    def __init__(self, path: str, timeout: float) -> None:
        self.path = path
        self.timeout = timeout
        self.write_lock = asyncio.Lock()
        self.writer: aiosqlite.Connection | None = None
        self._idle: asyncio.LifoQueue[aiosqlite.Connection] = asyncio.LifoQueue()
        self._all: list[aiosqlite.Connection] = []

    async def open(self) -> None:
        for _ in range(CONNECTIONS):
            self._idle.put_nowait(await self._connect(CACHE))
        self.writer = await self._connect(WRITER_CACHE)

    async def _connect(self, cache: int) -> aiosqlite.Connection:
        connecting = aiosqlite.connect(self.path, isolation_level=None, timeout=self.timeout)
        connecting._thread.daemon = True  # or a process that exits without closing hangs
        connection = await connecting
        connection.row_factory = sqlite3.Row
        self._all.append(connection)
        for pragma in (*PRAGMAS, f"PRAGMA cache_size = -{cache}"):
            await connection.execute_fetchall(pragma)
        return connection

    async def acquire(self) -> aiosqlite.Connection:
        async with asyncio.timeout(self.timeout):
            return await self._idle.get()

    async def lock(self, timeout: float) -> None:
        """Keep this process's other tasks from writing."""
        async with asyncio.timeout(timeout):
            await self.write_lock.acquire()

    async def release(self, connection: aiosqlite.Connection) -> None:
        try:
            if connection.in_transaction:
                with anyio.CancelScope(shield=True):
                    await connection.rollback()
        finally:
            self._idle.put_nowait(connection)

    def free(self) -> int:
        return self._idle.qsize()

    async def close(self) -> None:
        for connection in self._all:
            await connection.close()


def execute(connection: sqlite3.Connection, script: Script[T]) -> T:
    """What a script returns. Each of its statements is closed before the next one."""
    return run(script, lambda each: connection.execute(each.sql, each.values).fetchall())


def transact(connection: sqlite3.Connection, script: Script[T]) -> T:
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = execute(connection, script)
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise
    return result


def truncate_wal(connection: sqlite3.Connection, pool: ConnectionPool) -> bool:
    """Whether nothing is left in it. Writers wait meanwhile, so readers are given little time."""
    connection.execute(busy_timeout(ERASING))
    try:
        [is_busy, *_] = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.execute(busy_timeout(pool.timeout))
    return not is_busy


def busy_timeout(seconds: float) -> str:
    """How long SQLite waits for another process's lock."""
    return f"PRAGMA busy_timeout = {max(0, round(seconds * 1000))}"
