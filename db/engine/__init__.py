"""The one database of this process: `databases`, hardened where it leaks, hangs or locks.

`rows` and `row` run one statement each; inside `async with transaction()` they share its
connection. Whatever means "the database cannot be reached now" is raised as `Unavailable`, at the
latest when the `budget` of a request is used up.
"""

import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar, cast

import anyio
import asyncpg
from databases import Database
from databases.core import Connection, Transaction
from databases.interfaces import TransactionBackend

from db.engine import deadline, postgres
from db.engine.script import Steps
from db.engine.statement import Row, Statement

T = TypeVar("T")


class Unavailable(Exception):
    """The database did not answer, or not in time. Nothing was acknowledged; try again later."""


class Taken(Exception):
    """Something that there may be only once has just been stored by somebody else. What was to be
    stored with it is not."""


async def connect(url: str, pool_size: int, timeout: float) -> None:
    """Open this process's database. `timeout` (seconds) bounds each statement and each wait.

    A PostgreSQL is looked for at the first statement: one that is away is no reason not to start,
    and a worker that does not start makes uvicorn end the whole server.
    """
    global _database
    is_sqlite = url.startswith("sqlite")
    options = {"timeout": timeout} if is_sqlite else postgres.options(pool_size, timeout)
    database = HardenedDatabase(url, **options)
    with unavailable():
        await database.connect()
    _database = database


async def disconnect() -> None:
    """Close every connection; what was acknowledged is on disk."""
    global _database
    if _database is not None:
        closing, _database = _database, None
        await closing.disconnect()


async def rows(sql: str, **values: object) -> list[Row]:
    """Every row of one statement."""
    return cast(list[Row], await ask(HardenedDatabase.fetch_all, sql, values))


async def row(sql: str, **values: object) -> Row | None:
    """The first row of one statement, or None."""
    return cast(Row | None, await ask(HardenedDatabase.fetch_one, sql, values))


@asynccontextmanager
async def connection() -> AsyncIterator[None]:
    """One connection for all statements of the block: for what a page reads, not for what it then
    waits for."""
    with unavailable():
        held = opened().connection()
        async with deadline.spent():
            await held.__aenter__()
        try:
            yield
        finally:
            await held.__aexit__()


@asynccontextmanager
async def transaction(changes: int = 1) -> AsyncIterator[None]:
    """A transaction of the current task: committed when the block ends, rolled back if it raises.
    `changes` of it are counted as one batch.

    No `asyncio.gather` or `wait_for` inside: their tasks would stand outside of it.
    """
    with unavailable():
        asked_at = time.perf_counter()
        async with opened().transaction():
            yield
        on_commit(time.perf_counter() - asked_at, changes)


async def write(steps: Steps[T], changes: int = 1) -> T:
    """What a script returns, run in the task's transaction if it is in one, else in one of its own.

    `changes` are counted as one batch. Raises `Taken`.
    """
    with unavailable():
        asked_at = time.perf_counter()
        try:
            async with deadline.spent():
                result, is_committed = await opened().write(steps)
        except (asyncpg.UniqueViolationError, sqlite3.IntegrityError) as error:
            if "unique" not in str(error).lower():
                raise
            raise Taken(str(error)) from error
        if is_committed:
            on_commit(time.perf_counter() - asked_at, changes)
        return result


def pool_use() -> dict[str, int]:
    """How many connections of this process's pool are used and free, and how many it may have."""
    if _database is None:
        return {}
    used, free, limit = _database.pool_use()
    return {"used": used, "free": free, "limit": limit}


async def ask(
    how: Callable[["HardenedDatabase", str, dict[str, object]], Awaitable[T]],
    sql: str,
    values: dict[str, object],
) -> T:
    """What one statement returns.

    Where its connection turns out to be lost, since the server has restarted or dropped it, one
    that only reads is run again, on another, and at most as often as there may be connections: of
    those that were lost at once, the pool has not noticed each. None in a transaction, which is
    lost as well.
    """
    database = opened()
    with unavailable():
        renewals = 0
        while True:
            try:
                async with deadline.spent():
                    return await how(database, sql, values)
            except LOST:
                is_read = sql.lstrip().startswith("SELECT") and not database.is_in_transaction()
                if not is_read or renewals >= pool_use().get("limit", 0):
                    raise
            await database.connection().renew()
            renewals += 1


@asynccontextmanager
async def waiting() -> AsyncIterator[None]:
    """Wait in the block for what others write: in time, or `Unavailable`."""
    with unavailable():
        async with deadline.spent():
            yield


def opened() -> "HardenedDatabase":
    if _database is None:
        raise Unavailable("the database is not open")
    return _database


@contextmanager
def unavailable() -> Iterator[None]:
    """Name every way in which a database is out of reach with one word."""
    try:
        yield
    except (asyncpg.IntegrityConstraintViolationError, sqlite3.IntegrityError):
        raise
    except (
        OSError,  # TimeoutError and ConnectionError are among them
        sqlite3.OperationalError,
        asyncpg.InterfaceError,
        asyncpg.InternalClientError,  # a connection whose server has gone while it was answering
        asyncpg.PostgresConnectionError,
        asyncpg.CannotConnectNowError,
        asyncpg.AdminShutdownError,
        asyncpg.CrashShutdownError,
        asyncpg.InsufficientResourcesError,
        asyncpg.TransactionRollbackError,  # the victim of a deadlock
        asyncpg.InvalidCatalogNameError,
        asyncpg.ReadOnlySQLTransactionError,  # a standby, which may yet take over
        asyncpg.QueryCanceledError,  # by the server's own timeouts
        asyncpg.IdleInTransactionSessionTimeoutError,
    ) as error:
        raise Unavailable(f"{type(error).__name__}: {error}") from error


LOST = (
    ConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)
"""What a statement raises whose connection is no more."""


class HardenedDatabase(Database):
    """`databases` with the leaks of 0.9.0 closed and a pool under SQLite."""

    SUPPORTED_BACKENDS = {  # noqa: RUF012  # databases declares it so
        "postgresql": "db.engine.postgres:TimedPostgresBackend",
        "sqlite": "db.engine.sqlite:PooledSQLiteBackend",
    }

    def connection(self) -> "HardenedConnection":
        connection = self._connection
        if not isinstance(connection, HardenedConnection):
            connection = HardenedConnection(self, self._backend)
            self._connection = connection
        return connection

    def pool_use(self) -> tuple[int, int, int]:
        """How many connections are used and free, and how many there may be."""
        use: tuple[int, int, int] = cast(Any, self._backend).pool_use()
        return use

    def is_in_transaction(self) -> bool:
        """Whether the current task is in one."""
        held = self._connection
        return held is not None and bool(held._transaction_stack)

    async def write(self, steps: Steps[T]) -> tuple[T, bool]:
        """What steps return, and whether that is committed: it is not in a transaction of the
        task, on whose connection they are run. Else it is one that nobody here else holds."""
        if self.is_in_transaction():
            return await cast(Any, self.connection()._connection).run(steps), False
        return await cast(Any, self._backend).write(steps), True

    def transaction(self, *, force_rollback: bool = False, **options: Any) -> Transaction:
        return HardenedTransaction(self.connection, force_rollback, **options)


class HardenedConnection(Connection):
    """Gives its connection back whatever happens.

    The stock class skips that when an anyio cancel scope (Starlette's, sse-starlette's) is closing,
    or when the release itself fails, and the task can never query again.
    """

    @staticmethod
    def _build_query(query: Any, values: dict[str, object] | None = None) -> Any:
        return Statement(query, values or {})

    async def renew(self) -> None:
        """Take another connection in place of the one that is held, if one is."""
        async with self._connection_lock:
            if self._connection_counter:
                await self._connection.release()
                await self._connection.acquire()

    async def __aexit__(self, *error: Any) -> None:
        with anyio.CancelScope(shield=True):
            async with self._connection_lock:
                self._connection_counter -= 1
                if self._connection_counter == 0:
                    self._database._connection = None
                    await self._connection.release()


class HardenedTransaction(Transaction):
    """Gives its connection back also when BEGIN or COMMIT fails or is cancelled half-way."""

    _running: TransactionBackend

    async def start(self) -> "HardenedTransaction":
        async with deadline.spent():
            await self._begin(self._connection)
        return self

    async def _begin(self, connection: Connection) -> None:
        await connection.__aenter__()
        try:
            async with connection._transaction_lock:
                self._running = connection._connection.transaction()
                await self._running.start(
                    is_root=not connection._transaction_stack, extra_options=self._extra_options
                )
                connection._transaction_stack.append(self)
        except BaseException:
            await connection.__aexit__()
            raise

    async def commit(self) -> None:
        async with deadline.spent():
            await self._finish(commit=True)

    async def rollback(self) -> None:
        await self._finish(commit=False)

    async def _finish(self, commit: bool) -> None:
        connection = self._connection
        with anyio.CancelScope(shield=True):
            async with connection._transaction_lock:
                connection._transaction_stack.pop()
                try:
                    await (self._running.commit() if commit else self._running.rollback())
                finally:
                    await connection.__aexit__()


def ignore(seconds: float, changes: int) -> None:
    """A commit that nobody counts."""


_database: HardenedDatabase | None = None

on_commit: Callable[[float, int], None] = ignore
"""Is told of each commit how long its transaction took. `app` sets it: nobody here counts."""
