"""What connects the hubs of all processes: one channel, best effort. The database is the log.

`broadcaster` carries it. Its own backends for Redis and PostgreSQL are deaf for ever once their
server has restarted (that for Redis from the start with redis-py 8), so `HealingBackend` replaces
them at the extension point that broadcaster documents, over the links of redis.py and postgres.py.
"""

import asyncio
import logging
import random
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, cast

from broadcaster import Broadcast, BroadcastBackend, Event

from live import hub, metrics
from live.broker.driver import SILENCE, Link
from live.broker.postgres import PostgresLink
from live.broker.redis import RedisLink
from live.publication import EVERYBODY, RESYNC, Publication, decode, encode

CHANNEL = "parley"
BACKLOG = 10_000
RETRY_AT_FIRST = 0.1
RETRY_AT_MOST = 1.0
"""Seconds between attempts to reach the broker again. After each one everybody re-reads the
database, so this is also how late a message can be while the broker is away."""

logger = logging.getLogger("parley.broker")

_broadcast: Broadcast | None = None
_healing: "HealingBackend | None" = None
_listener: asyncio.Task[None] | None = None
_mender: asyncio.Task[None] | None = None


class BrokerDown(Exception):
    """The broker did not take a text, or not in time; its cause says why."""


async def start(url: str) -> None:
    """Connect this process's hub to the others at `url`: redis://… or postgresql://…; with memory://
    it stays alone.

    Returns also where the broker cannot be reached: sends work without it, it is tried for ever.
    """
    global _broadcast, _healing, _listener
    if url.startswith("memory:"):
        return
    _healing = healing(url)
    _broadcast = Broadcast(backend=_healing)
    await _broadcast.connect()
    subscribed = asyncio.Event()
    _listener = asyncio.create_task(listen(_broadcast, subscribed))
    await subscribed.wait()


async def stop() -> None:
    global _broadcast, _healing, _listener, _mender
    for task in (_listener, _mender):
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
    if _broadcast is not None:
        await _broadcast.disconnect()
    _broadcast = _healing = _listener = _mender = None


async def publish(*publications: Publication) -> None:
    """Hand publications to the hub of every process. Never fails.

    Where the broker cannot be reached this process's hub gets them at once, and the others are told
    to re-read the database as soon as it can be reached again.
    """
    global _mender
    if _broadcast is None:
        return deliver(publications)
    try:
        await _broadcast.publish(CHANNEL, publications)
    except BrokerDown as error:
        logger.warning("published in this process only: %s", error)
        deliver(publications)
        if _mender is None or _mender.done():
            _mender = asyncio.create_task(mend(_broadcast))


def is_up() -> bool:
    """Whether this process reaches the others; alone it has none to reach."""
    return _healing is None or _healing.is_up


async def mend(broadcast: Broadcast) -> None:
    """Tell every process to re-read, as soon as they can be reached."""
    while True:
        await asyncio.sleep(RETRY_AT_MOST)
        with suppress(BrokerDown):
            return await broadcast.publish(CHANNEL, [RESYNC])


async def listen(broadcast: Broadcast, subscribed: asyncio.Event) -> None:
    async with broadcast.subscribe(CHANNEL) as events:
        subscribed.set()
        while True:
            deliver(cast(Any, (await events.get()).message))


def deliver(publications: Sequence[Publication]) -> None:
    metrics.publications.inc(len(publications))
    metrics.resyncs.inc(sum(each.topic == EVERYBODY for each in publications))
    try:
        hub.deliver(*publications)
    except Exception:  # whatever it was, the next ones must not be lost with it
        logger.exception("publications could not be handed out")


def healing(url: str) -> "HealingBackend":
    return HealingBackend(RedisLink(url) if url.startswith("redis") else PostgresLink(url))


class HealingBackend(BroadcastBackend):
    """Reconnects and subscribes again, and says `RESYNC` when it did.

    While the broker is away it says so about once a second, which makes every stream read the
    database. What waits to be delivered is bounded: too much of it becomes one `RESYNC`.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._events: asyncio.Queue[Event] = asyncio.Queue(BACKLOG)
        self.is_up = False
        self._tried_at = -RETRY_AT_MOST
        self._delay = RETRY_AT_FIRST
        self._reason = ""  # why it is away, or was the last time; said once
        self._supervisor: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        pass  # the supervisor starts with the subscription

    async def disconnect(self) -> None:
        if self._supervisor is not None:
            self._supervisor.cancel()
            with suppress(asyncio.CancelledError):
                await self._supervisor
        await self._link.close()

    async def subscribe(self, channel: str) -> None:
        self._supervisor = asyncio.create_task(self._supervise(channel))

    async def unsubscribe(self, channel: str) -> None:
        pass  # there is one channel, for as long as the process lives

    async def publish(self, channel: str, message: Any) -> None:
        if time.monotonic() < self._tried_at + RETRY_AT_MOST:
            raise BrokerDown("the broker was away a moment ago")
        try:
            for text in encode(message, self._link.limit):
                await self._link.publish(channel, text)
        except Exception as error:  # a RuntimeError, too, on one of uvloop's closed transports
            self.is_up = False  # until something is received again
            self._tried_at = time.monotonic()  # a send waits for a broker once a second at most
            raise BrokerDown(repr(error)) from error

    async def next_published(self) -> Event:
        return await self._events.get()

    async def _supervise(self, channel: str) -> None:
        """Receive for ever. However a link ends, or goes silent, another one takes its place."""
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
            self._delay = min(self._delay * 2, RETRY_AT_MOST)

    async def _receive(self, channel: str) -> None:
        """Raises whatever ends the link, and `TimeoutError` where nothing comes for `SILENCE`."""
        async with asyncio.timeout(SILENCE) as silence:
            async for text in self._link.receive(channel):
                silence.reschedule(asyncio.get_running_loop().time() + SILENCE)
                if text != "":
                    self._put(channel, [RESYNC] if text is None else decode(text))
                self.is_up = True
                self._delay = RETRY_AT_FIRST

    def _put(self, channel: str, publications: Sequence[Publication]) -> None:
        if self._events.full():
            while not self._events.empty():
                self._events.get_nowait()
            publications = [RESYNC]
        self._events.put_nowait(Event(channel, cast(Any, publications)))
