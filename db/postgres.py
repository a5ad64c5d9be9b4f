"""PostgreSQL under `databases`: no wait for a connection without an end."""

from typing import Any

from databases.backends.postgres import PostgresBackend, PostgresConnection


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
        # A stock connection whose release fails stays "already acquired" for ever.
        connection, self._connection = self._connection, None
        await self._database._pool.release(connection)
