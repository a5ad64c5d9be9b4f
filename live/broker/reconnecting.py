"""A backend for `broadcaster` that survives its broker.

Its own backends for Redis and PostgreSQL never receive again once their server has restarted (the
one for Redis never does with redis-py 8). This one replaces them at broadcaster's documented
extension point, over the drivers in redis.py and postgres.py.
"""

import asyncio
import logging
import random
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, cast

from broadcaster import BroadcastBackend, Event

from live.broker.driver import SILENCE_TIMEOUT, SUBSCRIBE_TIMEOUT, Driver
from live.publication import RESYNC, Publication, decode, encode

BACKLOG = 10_000
FIRST_RETRY_DELAY = 0.1
RETRY_DELAY = 1.0
"""Seconds between attempts to reach the broker. After each every reader re-reads the database, so
this also limits how late a message is while the broker is down."""

logger = logging.getLogger("parley.broker")


class BrokerDown(Exception):
    """The broker did not accept a text, or not in time; `__cause__` says why."""


class ReconnectingBackend(BroadcastBackend):
    """Reconnects and resubscribes, and then delivers `RESYNC`.

    While the broker is down it delivers `RESYNC` about once a second, which makes every reader
    re-read the database. The backlog is limited: beyond that it becomes one `RESYNC`.
    """

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._events: asyncio.Queue[Event] = asyncio.Queue(BACKLOG)
        self.is_up = False
        self._tried_at = -RETRY_DELAY
        self._delay = FIRST_RETRY_DELAY
        self._reason = ""  # of the last failure; logged once
        self._supervisor: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        pass  # the supervisor starts with the subscription

    async def disconnect(self) -> None:
        if self._supervisor is not None:
            self._supervisor.cancel()
            with suppress(asyncio.CancelledError):
                await self._supervisor
        await self._driver.close()

    async def subscribe(self, channel: str) -> None:
        self._supervisor = asyncio.create_task(self._supervise(channel))

    async def unsubscribe(self, channel: str) -> None:
        pass  # there is one channel, for as long as the process lives

    async def publish(self, channel: str, message: Any) -> None:
        if time.monotonic() < self._tried_at + RETRY_DELAY:
            raise BrokerDown("the broker was away a moment ago")
        try:
            for text in encode(message, self._driver.limit):
                await self._driver.publish(channel, text)
        except Exception as error:  # RuntimeError, too: uvloop's closed transports
            self.is_up = False  # until something is received again
            self._tried_at = time.monotonic()  # so sends wait for the broker at most once a second
            raise BrokerDown(repr(error)) from error

    async def next_published(self) -> Event:
        return await self._events.get()

    async def _supervise(self, channel: str) -> None:
        """Receive for ever: however a connection ends or goes silent, open another."""
        while True:
            try:
                await self._receive(channel)
            except Exception as error:  # noqa: BLE001  # uvloop's closed transports: RuntimeError
                if self.is_up or repr(error) != self._reason:
                    logger.warning("the broker is away: %r", error)
                self._reason = repr(error)
            self.is_up = False
            self._put(channel, [RESYNC])
            await asyncio.sleep(self._delay * random.uniform(0.5, 1))  # noqa: S311  # no secret
            self._delay = min(self._delay * 2, RETRY_DELAY)

    async def _receive(self, channel: str) -> None:
        """Raises the error that ends the connection; `TimeoutError` where it is silent."""
        async with asyncio.timeout(SUBSCRIBE_TIMEOUT) as timeout:
            async for text in self._driver.receive(channel):
                timeout.reschedule(asyncio.get_running_loop().time() + SILENCE_TIMEOUT)
                if text != "":
                    self._put(channel, [RESYNC] if text is None else decode(text))
                self.is_up = True
                self._delay = FIRST_RETRY_DELAY

    def _put(self, channel: str, publications: Sequence[Publication]) -> None:
        if self._events.full():
            while not self._events.empty():
                self._events.get_nowait()
            publications = [RESYNC]
        self._events.put_nowait(Event(channel, cast(Any, publications)))
