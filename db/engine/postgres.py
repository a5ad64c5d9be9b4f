"""PostgreSQL under `databases`: no wait for a connection without an end, in either direction."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any, TypeVar, cast

import anyio
import asyncpg
from databases.backends.postgres import PostgresBackend, PostgresConnection, PostgresTransaction

from db.engine import script
from db.engine.script import Steps
from db.engine.statement import Row, Statement

GRACE = 0.2
"""Seconds in which a server has to end what was given up; else its connection is dropped, which
ends it as well."""

KEPT = 1.0
"""Seconds for which a connection that has written is kept for what is written next. To take one
from the pool and to give it back costs the server more than the statement in between."""

ERRORS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


T = TypeVar("T")


def options(pool_size: int, timeout: float) -> dict[str, Any]:
    """asyncpg's. What a client has left behind that is cut off, such as a transaction with its
    locks, the server ends by itself after twice the time that this process waits for it."""
    forsaken = str(round(2000 * timeout))
    return {
        "reset": untouched,
        "min_size": 0,
        "max_size": pool_size,
        "command_timeout": timeout,
        "server_settings": {
            "plan_cache_mode": "force_generic_plan",
            # A plan is made once, maybe while a table is empty and best read whole. Everything here
            # is found by an index (tests/db/test_plans.py), and too little to be compiled for.
            "enable_seqscan": "off",
            "jit": "off",
            "statement_timeout": forsaken,
            "idle_in_transaction_session_timeout": forsaken,
        },
    }


async def untouched(connection: object) -> None:
    """What a connection needs before its next use: nothing, as nobody here sets, listens or takes
    advisory locks on these. asyncpg itself rolls back what is open, and drops what is broken."""


class TimedPostgresBackend(PostgresBackend):
    """asyncpg's pool, whose connections are waited for no longer than a statement may take."""

    _pool: Any
    _kept: "TimedPostgresConnection | None" = None
    _giving_back: asyncio.TimerHandle | None = None

    def pool_use(self) -> tuple[int, int, int]:
        kept = self._kept is not None and not self._kept.is_lost()
        free = self._pool.get_idle_size() + kept
        return self._pool.get_size() - free, free, self._pool.get_max_size()

    def connection(self) -> "TimedPostgresConnection":
        return TimedPostgresConnection(self, self._dialect)

    async def disconnect(self) -> None:
        if kept := self.kept():
            await kept.release()
        await super().disconnect()

    async def write(self, work: Steps[T]) -> T:
        """All steps as a transaction, on the connection that wrote last."""
        lent = self.kept() or await self._acquired()
        try:
            result = await lent.transact(work)
        except BaseException:
            await lent.release()
            raise
        await self._keep(lent)
        return result

    async def _acquired(self) -> "TimedPostgresConnection":
        connection = self.connection()
        await connection.acquire()
        return connection

    def kept(self) -> "TimedPostgresConnection | None":
        """The one that is kept, for whoever asks first, unless it was lost since."""
        kept, self._kept = self._kept, None
        if self._giving_back is not None:
            self._giving_back.cancel()
        return None if kept is None or kept.is_lost() else kept

    def is_used_up(self) -> bool:
        """Whether whoever wants another connection has to wait for one."""
        pool = self._pool
        return bool(pool.get_idle_size() == 0 and pool.get_size() == pool.get_max_size())

    async def _keep(self, lent: "TimedPostgresConnection") -> None:
        """Keep a connection, unless there is one, or somebody may wait for it."""
        if self._kept is not None or self.is_used_up() or self._pool.is_closing():
            return await lent.release()
        self._kept = lent
        self._giving_back = asyncio.get_running_loop().call_later(KEPT, self._give_back)
        return None

    def _give_back(self) -> None:
        if kept := self.kept():
            self._returning = asyncio.get_running_loop().create_task(kept.release())


class TimedPostgresConnection(PostgresConnection):
    _database: Any

    async def acquire(self) -> None:
        if self._database.is_used_up() and (kept := self._database.kept()):
            self._connection, kept._connection = kept._connection, None
            return
        timeout = self._database._options["command_timeout"]
        self._connection = await self._database._pool.acquire(timeout=timeout)

    async def release(self) -> None:
        """Never fails: what cannot go back to the pool in time is dropped, and replaced there."""
        # A stock connection whose release fails stays "already acquired" for ever.
        connection, self._connection = self._connection, None
        with suppress(*ERRORS):
            await self._database._pool.release(connection, timeout=GRACE)

    def is_lost(self) -> bool:
        """Whether it was closed while it was asked for nothing; the pool has taken it back then."""
        try:
            return self.raw_connection.is_closed()
        except asyncpg.InterfaceError:
            return True

    async def fetch_all(self, query: Statement) -> list[Row]:  # type: ignore[override]
        sql, values = query.numbered()
        rows: Any = await self._following(self.raw_connection.fetch(sql, *values))
        return cast(list[Row], rows)

    async def fetch_one(self, query: Statement) -> Row | None:  # type: ignore[override]
        sql, values = query.numbered()
        row: Row | None = await self._following(self.raw_connection.fetchrow(sql, *values))
        return row

    async def run(self, work: Steps[T]) -> T:
        return await script.run_over(work, self.fetch_all)

    async def transact(self, work: Steps[T]) -> T:
        transaction = self.transaction()
        await transaction.start(is_root=True, extra_options={})
        try:
            result = await self.run(work)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await transaction.rollback()
            raise
        await transaction.commit()
        return result

    async def _following(self, answer: Awaitable[T]) -> T:
        """A server that takes no writes has handed over, or is yet to take over: no connection is
        used again, so that the next ones go to whoever serves at that address by then."""
        try:
            return await answer
        except asyncpg.ReadOnlySQLTransactionError:
            await self._database._pool.expire_connections()
            raise

    def transaction(self) -> "TimedPostgresTransaction":
        return TimedPostgresTransaction(self)


class TimedPostgresTransaction(PostgresTransaction):
    _connection: PostgresConnection

    async def rollback(self) -> None:
        """Never fails, and takes no longer than `GRACE`: a dropped connection rolls back, too."""
        try:
            async with asyncio.timeout(GRACE):
                await super().rollback()
        except ERRORS:
            with suppress(asyncpg.InterfaceError):  # where it is gone already
                self._connection.raw_connection.terminate()
