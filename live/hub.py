"""The subscribers of this process. Delivering never waits: a slow consumer harms only itself."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager

from live import metrics
from live.publication import ENDING, EVERYBODY, Publication

BACKLOG = 256
BACKLOG_CHARACTERS = 1024 * 1024

is_ending = False
"""Whether this process is about to end. Who still comes is handed `ENDING` as well."""

_subscriptions: dict[str, set["Subscription"]] = defaultdict(set)


class SlowConsumer(Exception):
    """More waited for this subscriber than we hold. It may come back and catch up."""


@contextmanager
def subscribe(*topics: str) -> Iterator["Subscription"]:
    """What is delivered under any of `topics` while the block runs."""
    subscription = Subscription()
    if is_ending:
        subscription.put(ENDING)
    for topic in (*topics, EVERYBODY):
        _subscriptions[topic].add(subscription)
    try:
        yield subscription
    finally:
        for topic in (*topics, EVERYBODY):
            _subscriptions[topic].discard(subscription)
            if not _subscriptions[topic]:
                del _subscriptions[topic]


def deliver(publication: Publication) -> None:
    """Hand a publication to all who subscribe to its topic."""
    subscriptions = _subscriptions.get(publication.topic, ())
    with metrics.fan_out_seconds.time():
        for subscription in subscriptions:
            subscription.put(publication)
    metrics.deliveries.inc(len(subscriptions))


class Subscription:
    """A bounded queue of publications."""

    def __init__(self) -> None:
        self._waiting: deque[Publication] = deque()
        self._characters = 0
        self._overflowed = False
        self._wake: asyncio.Future[None] | None = None
        self._lag = metrics.Lag()

    def put(self, publication: Publication) -> None:
        """Queue a publication; where too many wait already, drop all and fail the next `next`."""
        self._waiting.append(publication)
        self._characters += len(publication.text)
        if len(self._waiting) > BACKLOG or self._characters > BACKLOG_CHARACTERS:
            self._overflowed = True
            self._waiting.clear()
        self._wake_up()

    async def next(self, timeout: float) -> list[Publication]:
        """All that waits, in order of arrival; empty after `timeout` seconds of silence.

        Raises `SlowConsumer` once more waited than a subscription holds.
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
        """Wait for a `put`, or so many seconds. A future and a timer: at a thousand readers
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
