"""Bounded queues of what is published."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Generic, TypeVar

from live.delivery import Turn
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
        self.is_overrun = False

    def __len__(self) -> int:
        return len(self._items)

    def add(self, item: Item, characters: int) -> None:
        """Raises `SlowConsumer`, from the first item that does not fit."""
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


class Wakeup:
    """Lets one task wait until it is set, at a fraction of the cost of an `asyncio.Event` in an
    `asyncio.timeout`."""

    def __init__(self) -> None:
        self._future: asyncio.Future[None] | None = None

    def set(self) -> None:
        if self._future is not None and not self._future.done():
            self._future.set_result(None)

    async def wait(self, timeout: float | None = None) -> None:
        """Returns when it is set, or after `timeout` seconds."""
        loop = asyncio.get_running_loop()
        self._future = loop.create_future()
        timer = None if timeout is None else loop.call_later(max(0.0, timeout), self.set)
        try:
            await self._future
        finally:
            self._future = None
            if timer is not None:
                timer.cancel()


class Subscription:
    """A subscriber for a task that asks for what is published."""

    def __init__(self) -> None:
        self._backlog: Backlog[Publication] = Backlog()
        self._wakeup = Wakeup()

    def put(self, turn: Turn) -> None:
        for publication in turn.publications:
            with suppress(SlowConsumer):
                self._backlog.add(publication, len(publication.text))
        self._wakeup.set()

    async def next(self, timeout: float) -> Sequence[Publication]:
        """All that waits; empty after `timeout` seconds of silence. Raises `SlowConsumer` once more
        waited than a backlog holds."""
        if not self._backlog and not self._backlog.is_overrun:
            await self._wakeup.wait(timeout)
        if self._backlog.is_overrun:
            raise SlowConsumer
        return self._backlog.take()
