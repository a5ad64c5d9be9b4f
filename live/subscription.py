"""A bounded queue of publications, for a consumer that asks for the next."""

import asyncio
from collections import deque

from live import metrics
from live.delivery import Delivery
from live.publication import Publication

BACKLOG = 256
BACKLOG_CHARACTERS = 1024 * 1024


class SlowConsumer(Exception):
    """The backlog exceeded its limit. The subscriber may reconnect and catch up."""


class Subscription:
    """The publications delivered to a subscriber that it has not yet taken."""

    def __init__(self) -> None:
        self._waiting: deque[Publication] = deque()
        self._characters = 0
        self._overflowed = False
        self._wake: asyncio.Future[None] | None = None
        self._lag = metrics.Lag()

    def put(self, delivery: Delivery) -> None:
        for publication in delivery.publications:
            self.add(publication)

    def add(self, publication: Publication) -> None:
        """Queue a publication; beyond the limit, drop all and fail the next `next`."""
        self._waiting.append(publication)
        self._characters += len(publication.text)
        if len(self._waiting) > BACKLOG or self._characters > BACKLOG_CHARACTERS:
            self._overflowed = True
            self._waiting.clear()
        self._wake_up()

    async def next(self, timeout: float) -> list[Publication]:
        """All queued publications, in order; empty after `timeout` seconds of silence.

        Raises `SlowConsumer` once the backlog has exceeded its limit.
        """
        self._lag.written()
        if not self._waiting and not self._overflowed:
            await self._put_or(timeout)
        if self._overflowed:
            metrics.slow_consumers.inc()
            raise SlowConsumer
        batch = list(self._waiting)
        self._waiting.clear()
        self._characters = 0
        if batch:
            self._lag.taken(batch)
        return batch

    async def _put_or(self, timeout: float) -> None:
        """Wait for a publication until the timeout. A future and a timer: with a thousand readers
        `asyncio.timeout` and an event cost more than writing to the socket."""
        loop = asyncio.get_running_loop()
        self._wake = loop.create_future()
        timer = loop.call_later(max(0.0, timeout), self._wake_up)
        try:
            await self._wake
        finally:
            timer.cancel()
            self._wake = None

    def _wake_up(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)
