"""PostgreSQL under `databases`: no wait for a connection without an end, in either direction."""

import asyncio
from contextlib import suppress
from typing import Any

import asyncpg
from databases.backends.postgres import PostgresBackend, PostgresConnection, PostgresTransaction

GRACE = 0.2
"""Seconds in which a server has to end what was given up; else its connection is dropped, which
ends it as well."""

ERRORS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class TimedPostgresBackend(PostgresBackend):
    """asyncpg's pool, whose connections are waited for no longer than a statement may take."""

    _pool: Any

    def pool_use(self) -> tuple[int, int, int]:
        free = self._pool.get_idle_size()
        return self._pool.get_size() - free, free, self._pool.get_max_size()

    def connection(self) -> "TimedPostgresConnection":
        return TimedPostgresConnection(self, self._dialect)


class TimedPostgresConnection(PostgresConnection):
    _database: Any

    async def acquire(self) -> None:
        timeout = self._database._options["command_timeout"]
        self._connection = await self._database._pool.acquire(timeout=timeout)

    async def release(self) -> None:
        """Never fails: what cannot go back to the pool in time is dropped, and replaced there."""
        # A stock connection whose release fails stays "already acquired" for ever.
        connection, self._connection = self._connection, None
        with suppress(*ERRORS):
            await self._database._pool.release(connection, timeout=GRACE)

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
