"""PostgreSQL's LISTEN and NOTIFY, for installations without Redis.

Each NOTIFY locks the whole database at its commit, so use Redis under load.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg

from live.broker.driver import HEALTH_CHECK

TIMEOUT = 1.0


class PostgresDriver:
    limit = 7_999  # the largest payload of a NOTIFY, in bytes

    def __init__(self, url: str) -> None:
        self._url = url
        self._publisher: asyncpg.Connection[Any] | None = None
        self._publishing = asyncio.Lock()  # one statement at a time

    async def publish(self, channel: str, text: str) -> None:
        async with self._publishing:
            try:
                if self._publisher is None or self._publisher.is_closed():
                    self._publisher = await self._connect()
                await self._publisher.execute("SELECT pg_notify($1, $2)", channel, text)
            except Exception:
                if self._publisher is not None:
                    self._publisher.terminate()
                raise

    async def receive(self, channel: str) -> AsyncIterator[str | None]:
        arrived: asyncio.Queue[str | None] = asyncio.Queue()
        connection = await self._connect()
        try:
            await connection.add_listener(channel, lambda *event: arrived.put_nowait(event[3]))
            connection.add_termination_listener(lambda _: arrived.put_nowait(None))
            yield None
            while True:
                try:
                    async with asyncio.timeout(HEALTH_CHECK):
                        text = await arrived.get()
                except TimeoutError:
                    await connection.execute("SELECT 1")
                    text = ""
                if text is None:
                    raise ConnectionResetError("the connection has ended")
                yield text
        finally:
            connection.terminate()

    async def close(self) -> None:
        if self._publisher is not None:
            self._publisher.terminate()

    async def _connect(self) -> "asyncpg.Connection[Any]":
        return await asyncpg.connect(self._url, timeout=TIMEOUT, command_timeout=TIMEOUT)
