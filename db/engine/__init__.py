"""This process's one database.

`rows`, `row` and `execute` run one statement each; inside `async with transaction()` they share its
connection. A database that is out of reach raises `Unavailable`, at the latest at the request's
`deadline`.
"""

import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar, cast

import asyncpg

from db.engine import postgres
from db.engine.database import Database
from db.engine.deadline import enforced
from db.engine.script import Script
from db.engine.statement import Row, Statement

T = TypeVar("T")


class Unavailable(Exception):
    """The database did not answer, or not in time. Nothing was acknowledged; try again later."""


class TooSlow(Exception):
    """A read took longer than it may."""


class Conflict(Exception):
    """Another process inserted the same unique value meanwhile. Nothing was written."""


async def connect(url: str, pool_size: int, timeout: float) -> None:
    """Open this process's database. `timeout` (seconds) bounds each statement and each wait.

    PostgreSQL is contacted at the first statement: one that is down must not keep a worker from
    starting, because uvicorn then ends the whole server.
    """
    global _database
    is_sqlite = url.startswith("sqlite")
    options = {"timeout": timeout} if is_sqlite else postgres.options(pool_size, timeout)
    database = Database(url, **options)
    with unavailable():
        await database.connect()
    _database = database


async def disconnect() -> None:
    """Close every connection."""
    global _database
    if _database is not None:
        closing, _database = _database, None
        await closing.disconnect()


async def rows(sql: str, **values: object) -> list[Row]:
    """Every row of one statement.

    A SELECT outside a transaction runs again where its connection was lost: the server restarted,
    or dropped it. Any number of the pool's connections may be lost at once without its notice.
    """
    database = opened()
    renewals = 0
    with unavailable():
        while True:
            try:
                async with enforced():
                    return cast(list[Row], await database.fetch_all(sql, values))
            except LOST:
                is_read = sql.lstrip().startswith("SELECT") and not database.is_in_transaction()
                if not is_read or renewals >= pool_use().get("limit", 0):
                    raise
            await database.connection().renew()
            renewals += 1


async def rows_within(seconds: float, sql: str, **values: object) -> list[Row]:
    """Every row of a read whose cost depends on its values: it is planned for them, and ended after
    some seconds. Raises `TooSlow`."""
    with unavailable():
        try:
            async with enforced():
                return await opened().fetch_within(seconds, Statement(sql, values))
        except asyncpg.QueryCanceledError as error:
            raise TooSlow from error
        except sqlite3.OperationalError as error:
            if str(error) != "interrupted":
                raise
            raise TooSlow from error


async def row(sql: str, **values: object) -> Row | None:
    """The first row of one statement, or None."""
    return next(iter(await rows(sql, **values)), None)


async def execute(sql: str, **values: object) -> None:
    """Run one statement that returns no rows."""
    await rows(sql, **values)


@asynccontextmanager
async def connection() -> AsyncIterator[None]:
    """One connection for all statements of the block: for reading a page, not for waiting."""
    with unavailable():
        held = opened().connection()
        async with enforced():
            await held.__aenter__()
        try:
            yield
        finally:
            await held.__aexit__()


@asynccontextmanager
async def transaction(changes: int = 1) -> AsyncIterator[None]:
    """The current task's transaction: committed when the block ends, rolled back if it raises.
    `changes` is the size of the batch, for the metrics.

    No `asyncio.gather` or `wait_for` inside: their tasks are not part of the transaction.
    """
    with unavailable():
        started_at = time.perf_counter()
        async with opened().transaction():
            yield
        on_commit(time.perf_counter() - started_at, changes)


async def write(script: Script[T], changes: int = 1) -> T:
    """What a script returns, run in the task's transaction if it is in one, else in one of its own.

    `changes` is the size of the batch, for the metrics. Raises `Conflict`.
    """
    with unavailable():
        started_at = time.perf_counter()
        try:
            async with enforced():
                result, is_committed = await opened().write(script)
        except (asyncpg.UniqueViolationError, sqlite3.IntegrityError) as error:
            if "unique" not in str(error).lower():
                raise
            raise Conflict(str(error)) from error
        if is_committed:
            on_commit(time.perf_counter() - started_at, changes)
        return result


async def erase() -> bool:
    """Take what was overwritten or deleted out of the database's files, as far as that is ours to
    do; False where that has to be tried again."""
    with unavailable():
        return await opened().erase()


@asynccontextmanager
async def waiting() -> AsyncIterator[None]:
    """Wait in the block for another task's write, until the deadline."""
    with unavailable():
        async with enforced():
            yield


def pool_use() -> dict[str, int]:
    """The connections of this process's pool: `used`, `free` and their `limit`."""
    return {} if _database is None else _database.pool_use()


def opened() -> Database:
    if _database is None:
        raise Unavailable("the database is not open")
    return _database


@contextmanager
def unavailable() -> Iterator[None]:
    """Raise `Unavailable` for every way in which a database can be out of reach."""
    try:
        yield
    except (asyncpg.IntegrityConstraintViolationError, sqlite3.IntegrityError):
        raise
    except OUT_OF_REACH as error:
        raise Unavailable(f"{type(error).__name__}: {error}") from error


LOST = (
    ConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the server went away while it was answering
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)
"""The errors of a statement whose connection is lost."""

OUT_OF_REACH = (
    *LOST,
    OSError,  # TimeoutError is one
    sqlite3.OperationalError,
    asyncpg.CannotConnectNowError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,  # the victim of a deadlock
    asyncpg.InvalidCatalogNameError,
    asyncpg.ReadOnlySQLTransactionError,  # a standby, which may yet take over
    asyncpg.QueryCanceledError,  # by the server's own timeouts
    asyncpg.IdleInTransactionSessionTimeoutError,
)


_database: Database | None = None


def on_commit(seconds: float, changes: int) -> None:
    """Called after each commit with its duration and the size of its batch. `app` replaces it."""
