"""SQLite under `databases`: a few lasting connections, one writer at a time, durable commits.

Stock `databases` opens a connection and a thread for each query, sets no PRAGMA and begins
transactions deferred, so that two that read and then write fail with "database is locked".
"""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast

import aiosqlite
import anyio
from databases.backends.sqlite import SQLiteBackend, SQLiteConnection, SQLiteTransaction
from databases.core import DatabaseURL

from db.engine import deadline, script
from db.engine.script import Steps
from db.engine.statement import Row, Statement

T = TypeVar("T")

CONNECTIONS = 4
"""Those that are lent. One more is kept for `write`."""

CACHE = 256
WRITING_CACHE = 1024
"""KiB of each connection. What reads has the kernel's copy of the file. What writes comes by the
same pages again and again: with 256 KiB a message took a third longer, with 2 MiB a twentieth less,
and those fill for half an hour."""

PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # an acknowledged message survives the loss of power
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",  # else each INSERT puts aside what it changes in a file
    "PRAGMA wal_autocheckpoint = 4000",  # pages, 16 MB: most are written again until then
)


class PooledSQLiteBackend(SQLiteBackend):
    """The stock backend over a `ConnectionPool`."""

    _pool: Any

    def __init__(self, url: DatabaseURL | str, timeout: float) -> None:
        super().__init__(url)
        self._pool = ConnectionPool(DatabaseURL(url).database, timeout)

    async def connect(self) -> None:
        await self._pool.open()

    async def disconnect(self) -> None:
        await self._pool.close()

    def pool_use(self) -> tuple[int, int, int]:
        free = self._pool.free()
        return CONNECTIONS - free, free, CONNECTIONS

    def connection(self) -> "PooledSQLiteConnection":
        return PooledSQLiteConnection(self._pool, self._dialect)

    async def write(self, work: Steps[T]) -> T:
        """Steps as a transaction of their own, in one go of the thread of the connection that is
        kept for them."""
        pool: ConnectionPool = self._pool
        connection: Any = pool.writing
        await pool.acquire_writing(pool.timeout)
        try:
            return cast(T, await connection._execute(transact, connection._conn, work))
        except asyncio.CancelledError:
            with anyio.CancelScope(shield=True):
                await connection._execute(nothing)  # the thread goes on, whoever waits for it
            raise
        finally:
            pool.writer.release()


class PooledSQLiteConnection(SQLiteConnection):
    """Reads each answer in one go of the connection's thread.

    The stock class takes a step for each of execute, fetch and close. Cancelled in between it
    leaves the statement open, and the next one on that connection reads the database as it was.
    """

    _pool: Any

    async def fetch_all(self, query: Statement) -> list[Row]:  # type: ignore[override]
        connection: Any = self._connection
        rows: list[Row] = await connection._execute(answer, connection._conn, query)
        return rows

    async def fetch_one(self, query: Statement) -> Row | None:  # type: ignore[override]
        rows = await self.fetch_all(query)
        return rows[0] if rows else None

    async def run(self, work: Steps[T]) -> T:
        """Steps in one go of the connection's thread."""
        connection: Any = self._connection
        return cast(T, await connection._execute(run, connection._conn, work))

    async def release(self) -> None:
        connection, self._connection = self._connection, None
        await self._pool.release(connection)

    def transaction(self) -> "ImmediateTransaction":
        return ImmediateTransaction(self)


class ImmediateTransaction(SQLiteTransaction):
    """BEGIN IMMEDIATE, behind a lock of this process: writers queue in order, not by polling."""

    _connection: Any
    _writing: asyncio.Lock | None = None

    async def start(self, is_root: bool, extra_options: dict[Any, Any]) -> None:
        pool: ConnectionPool = self._connection._pool
        begun = time.monotonic()
        patience = min(pool.timeout, deadline.left())
        await pool.acquire_writing(patience)
        self._writing = pool.writer
        self._is_root = True
        try:
            await self._begin(pool.timeout, patience - (time.monotonic() - begun))
        except BaseException:
            # A cancelled BEGIN goes on in its thread; what it begins has to end behind it.
            with anyio.CancelScope(shield=True):
                await self._connection.raw_connection.rollback()
            self._writing.release()
            raise

    async def _begin(self, timeout: float, left: float) -> None:
        """Wait for other processes' writers, too, but for both kinds together one timeout only."""
        connection: aiosqlite.Connection = self._connection.raw_connection
        if left > timeout * 0.9:
            await connection.execute("BEGIN IMMEDIATE")
            return
        await connection.execute_fetchall(busy_timeout(left))
        try:
            await connection.execute("BEGIN IMMEDIATE")
        finally:
            with anyio.CancelScope(shield=True):
                await connection.execute_fetchall(busy_timeout(timeout))

    async def commit(self) -> None:
        async with self._end():
            await super().commit()

    async def rollback(self) -> None:
        async with self._end():
            await super().rollback()

    @asynccontextmanager
    async def _end(self) -> AsyncIterator[None]:
        assert self._writing is not None
        try:
            yield
        finally:
            self._writing.release()


class ConnectionPool:
    """`CONNECTIONS` open connections to one file, and one that writes. What was lent comes back
    without a transaction."""

    def __init__(self, path: str, timeout: float) -> None:
        self.path = path
        self.timeout = timeout
        self.writer = asyncio.Lock()
        self.writing: aiosqlite.Connection | None = None
        self._idle: asyncio.LifoQueue[aiosqlite.Connection] = asyncio.LifoQueue()
        self._all: list[aiosqlite.Connection] = []

    async def open(self) -> None:
        for _ in range(CONNECTIONS):
            self._idle.put_nowait(await self._opened(CACHE))
        self.writing = await self._opened(WRITING_CACHE)

    async def _opened(self, cache: int) -> aiosqlite.Connection:
        opening = aiosqlite.connect(self.path, isolation_level=None, timeout=self.timeout)
        opening._thread.daemon = True  # else a process that ends without closing never ends
        connection = await opening
        connection.row_factory = sqlite3.Row
        self._all.append(connection)
        for pragma in (*PRAGMAS, f"PRAGMA cache_size = -{cache}"):
            await connection.execute_fetchall(pragma)
        return connection

    async def acquire(self) -> aiosqlite.Connection:
        if not self._idle.empty():
            return self._idle.get_nowait()
        async with asyncio.timeout(self.timeout):
            return await self._idle.get()

    async def acquire_writing(self, patience: float) -> None:
        """Be the one task that writes."""
        if self.writer.locked():
            async with asyncio.timeout(patience):
                await self.writer.acquire()
        else:
            await self.writer.acquire()

    async def release(self, connection: aiosqlite.Connection) -> None:
        try:
            if connection.in_transaction:
                with anyio.CancelScope(shield=True):
                    await connection.rollback()
        finally:
            self._idle.put_nowait(connection)

    def free(self) -> int:
        """How many connections nobody uses now."""
        return self._idle.qsize()

    async def close(self) -> None:
        for connection in self._all:
            await connection.close()


def answer(connection: sqlite3.Connection, statement: Statement) -> list[Row]:
    """The rows of one statement, which is closed when this returns."""
    return connection.execute(statement.sql, statement.values).fetchall()


def run(connection: sqlite3.Connection, work: Steps[T]) -> T:
    return script.run(work, lambda statement: answer(connection, statement))


def nothing() -> None:
    pass


def transact(connection: sqlite3.Connection, work: Steps[T]) -> T:
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = run(connection, work)
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise
    return result


def busy_timeout(seconds: float) -> str:
    """How long SQLite waits for what another process has locked."""
    return f"PRAGMA busy_timeout = {max(0, round(seconds * 1000))}"
