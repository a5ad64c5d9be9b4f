"""PostgreSQL under `databases`: every wait for a connection or a release has a timeout."""

import asyncio
from contextlib import suppress
from typing import Any, TypeVar, cast

import anyio
import asyncpg
from databases.backends.postgres import PostgresBackend, PostgresConnection, PostgresTransaction

from db.engine.script import Script, run_async
from db.engine.statement import Row, Statement

RELEASE_TIMEOUT = 0.2
"""Seconds for the server to end a statement or transaction that was given up. After that its
connection is dropped, which ends it as well."""

WRITER_IDLE = 1.0
"""Seconds for which the writing connection stays out of the pool, ready for the next write: taking
one and giving it back costs the server more than the statement in between."""

ERRORS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)

T = TypeVar("T")


def options(pool_size: int, timeout: float) -> dict[str, Any]:
    """The options of asyncpg. The server's own timeouts are twice as long: they end what a client
    that was cut off leaves behind, such as a transaction with its locks."""
    server_timeout = str(round(2000 * timeout))
    return {
        "reset": keep_session,
        "min_size": 0,
        "max_size": pool_size,
        "command_timeout": timeout,
        "server_settings": {
            "plan_cache_mode": "force_generic_plan",
            # A plan is made once, maybe while a table is empty and a scan is best. Every query here
            # has an index (tests/db/test_plans.py), and reads too little to be compiled.
            "enable_seqscan": "off",
            "enable_hashjoin": "off",
            "enable_mergejoin": "off",
            "jit": "off",
            "statement_timeout": server_timeout,
            "idle_in_transaction_session_timeout": server_timeout,
        },
    }


async def keep_session(connection: object) -> None:
    """Reset nothing before a connection's next use: these connections never SET, LISTEN or take
    advisory locks. asyncpg itself rolls back open transactions and drops broken connections."""


class Backend(PostgresBackend):
    """asyncpg's pool, whose wait for a connection has a timeout."""

    _pool: Any
    _writer: "Connection | None" = None
    """The idle writing connection."""

    _writer_timer: asyncio.TimerHandle | None = None

    def pool_use(self) -> dict[str, int]:
        is_writer_idle = self._writer is not None and not self._writer.is_lost()
        free = self._pool.get_idle_size() + is_writer_idle
        return {
            "used": self._pool.get_size() - free,
            "free": free,
            "limit": self._pool.get_max_size(),
        }

    def connection(self) -> "Connection":
        return Connection(self, self._dialect)

    async def erase(self) -> bool:
        """That is the server's own business: VACUUM."""
        return True

    async def disconnect(self) -> None:
        if writer := self.take_writer():
            await writer.release()
        await super().disconnect()

    async def write(self, script: Script[T]) -> T:
        """Run a script as a transaction, on the connection that wrote last."""
        writer = self.take_writer()
        if writer is None:
            writer = self.connection()
            await writer.acquire()
        try:
            result = await writer.transact(script)
        except BaseException:
            await writer.release()
            raise
        await self._keep(writer)
        return result

    def take_writer(self) -> "Connection | None":
        """The idle writing connection, unless there is none or it was lost."""
        writer, self._writer = self._writer, None
        if self._writer_timer is not None:
            self._writer_timer.cancel()
        return None if writer is None or writer.is_lost() else writer

    def is_exhausted(self) -> bool:
        """Whether the next task that needs a connection has to wait for one."""
        pool = self._pool
        return bool(pool.get_idle_size() == 0 and pool.get_size() == pool.get_max_size())

    async def _keep(self, writer: "Connection") -> None:
        """Keep a connection for the next write, unless there is one or a task may wait for it."""
        if self._writer is not None or self.is_exhausted() or self._pool.is_closing():
            await writer.release()
            return
        self._writer = writer
        loop = asyncio.get_running_loop()
        self._writer_timer = loop.call_later(WRITER_IDLE, self._release_writer)

    def _release_writer(self) -> None:
        if writer := self.take_writer():
            self._releasing = asyncio.get_running_loop().create_task(writer.release())


class Connection(PostgresConnection):
    _database: Any

    async def acquire(self) -> None:
        if self._database.is_exhausted() and (writer := self._database.take_writer()):
            self._connection, writer._connection = writer._connection, None
            return
        timeout = self._database._options["command_timeout"]
        self._connection = await self._database._pool.acquire(timeout=timeout)

    async def release(self) -> None:
        """Never fails: a connection that cannot be returned in time is dropped and replaced."""
        # A stock connection whose release fails stays "already acquired" for ever.
        connection, self._connection = self._connection, None
        with suppress(*ERRORS):
            await self._database._pool.release(connection, timeout=RELEASE_TIMEOUT)

    def is_lost(self) -> bool:
        """Whether it closed while idle; the pool has taken it back then."""
        try:
            return self.raw_connection.is_closed()
        except asyncpg.InterfaceError:
            return True

    async def fetch_all(self, query: Statement) -> list[Row]:  # type: ignore[override]
        sql, values = query.numbered()
        try:
            return cast(list[Row], await self.raw_connection.fetch(sql, *values))
        except asyncpg.ReadOnlySQLTransactionError:
            # A read-only server is a standby: after a failover. No connection to it is used again,
            # so that the next ones reach the new primary at that address.
            await self._database._pool.expire_connections()
            raise

    async def fetch_within(self, seconds: float, query: Statement) -> list[Row]:
        """A read that is planned for its values."""
        async with self.raw_connection.transaction(readonly=True):
            await self.raw_connection.execute(
                "SET LOCAL plan_cache_mode = force_custom_plan; "
                f"SET LOCAL statement_timeout = {round(seconds * 1000)}"
            )
            return await self.fetch_all(query)

    async def run(self, script: Script[T]) -> T:
        return await run_async(script, self.fetch_all)

    async def transact(self, script: Script[T]) -> T:
        transaction = self.transaction()
        await transaction.start(is_root=True, extra_options={})
        try:
            result = await self.run(script)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await transaction.rollback()
            raise
        await transaction.commit()
        return result

    def transaction(self) -> "Transaction":
        return Transaction(self)


class Transaction(PostgresTransaction):
    _connection: PostgresConnection

    async def rollback(self) -> None:
        """Never fails: after `RELEASE_TIMEOUT` the connection is dropped, which rolls back, too."""
        try:
            async with asyncio.timeout(RELEASE_TIMEOUT):
                await super().rollback()
        except ERRORS:
            with suppress(asyncpg.InterfaceError):  # it is closed already
                self._connection.raw_connection.terminate()
