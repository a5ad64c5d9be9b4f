"""Bounded queues of what is published."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Generic, TypeVar

from live.delivery import Delivery
from live.publication import Publication

BACKLOG = 256
BACKLOG_CHARACTERS = 1024 * 1024

Item = TypeVar("Item", str, Publication)


class SlowConsumer(Exception):
    """More waits for this consumer than a backlog holds."""


class Backlog(Generic[Item]):
    """What waits for one consumer. Once more waits than it holds, it drops all and takes no more:
    the consumer has to start afresh from the database."""

    def __init__(self) -> None:
        self._items: list[Item] = []
        self._characters = 0
        self._wakeup: asyncio.Future[None] | None = None
        self.is_overrun = False

    def __len__(self) -> int:
        return len(self._items)

    def add(self, item: Item, characters: int) -> None:
        """Raises `SlowConsumer`, from the first item that does not fit."""
        self.wake()
        self._items.append(item)
        self._characters += characters
        if len(self._items) > BACKLOG or self._characters > BACKLOG_CHARACTERS:
            self.is_overrun = True
        if self.is_overrun:
            self._items.clear()
            raise SlowConsumer

    def take(self) -> Sequence[Item]:
        """All that waits, in order of arrival."""
        items, self._items, self._characters = self._items, [], 0
        return items

    def wake(self) -> None:
        """End the consumer's `wait`."""
        if self._wakeup is not None and not self._wakeup.done():
            self._wakeup.set_result(None)

    async def wait(self, timeout: float | None = None) -> None:
        """Returns once something waits, or after `timeout` seconds. (A future and a timer cost a
        fraction of `asyncio.timeout` and an event.)"""
        if self._items or self.is_overrun:
            return
        loop = asyncio.get_running_loop()
        self._wakeup = loop.create_future()
        timer = None if timeout is None else loop.call_later(max(0.0, timeout), self.wake)
        try:
            await self._wakeup
        finally:
            self._wakeup = None
            if timer is not None:
                timer.cancel()


class Subscription:
    """A subscriber for a task that asks for what is published."""

    def __init__(self) -> None:
        self._backlog: Backlog[Publication] = Backlog()

    def put(self, delivery: Delivery) -> None:
        with suppress(SlowConsumer):
            for publication in delivery.publications:
                self._backlog.add(publication, len(publication.text))

    async def next(self, timeout: float) -> Sequence[Publication]:
        """All that waits; empty after `timeout` seconds of silence. Raises `SlowConsumer` once more
        waited than a backlog holds."""
        await self._backlog.wait(timeout)
        if self._backlog.is_overrun:
            raise SlowConsumer
        return self._backlog.take()
