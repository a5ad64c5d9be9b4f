"""What connects the hubs of all processes: one channel, best effort. The database is the log.

`broadcaster` carries it, in memory for one process, over Redis for several. Its own Redis backend
is deaf for ever after a restart of Redis (and from the start with redis-py 8), so `HealingRedis`
replaces it at the extension point that broadcaster documents.
"""

import asyncio
import logging
import random
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from broadcaster import Broadcast, BroadcastBackend, Event
from redis import asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from live import hub
from live.publication import RESYNC, Publication, decode, encode

CHANNEL = "parley"
BACKLOG = 10_000
PUBLISH_TIMEOUT = 1.0
RETRY_AT_MOST = 1.0
"""Seconds between attempts to reach Redis again. After each one everybody re-reads the database,
so this is also how late a message can be while Redis is down."""

logger = logging.getLogger("parley.broker")

_broadcast: Broadcast | None = None
_listener: asyncio.Task[None] | None = None
_missed = False


async def start(url: str) -> None:
    """Connect this process's hub to the others at `url`: `memory://` or `redis://…`.

    Returns also where Redis cannot be reached: sends work without it, and it is retried for ever.
    """
    global _broadcast, _listener
    _broadcast = (
        Broadcast(url) if url.startswith("memory:") else Broadcast(backend=HealingRedis(url))
    )
    await _broadcast.connect()
    subscribed = asyncio.Event()
    _listener = asyncio.create_task(listen(_broadcast, subscribed))
    await subscribed.wait()


async def stop() -> None:
    global _broadcast, _listener
    if _listener is not None and _broadcast is not None:
        _listener.cancel()
        with suppress(asyncio.CancelledError):
            await _listener
        await _broadcast.disconnect()
    _broadcast = _listener = None


async def publish(*publications: Publication) -> None:
    """Hand publications to the hub of every process. Never fails.

    Where the broker cannot be reached this process's hub gets them at once, and the others are told
    to re-read the database as soon as it can be reached again.
    """
    global _missed
    if _broadcast is None:
        return deliver(publications)
    try:
        await _broadcast.publish(
            CHANNEL, encode((*publications, RESYNC) if _missed else publications)
        )
        _missed = False
    except (OSError, redis.RedisError) as error:
        logger.warning("published in this process only: %s", error)
        _missed = True
        deliver(publications)


async def listen(broadcast: Broadcast, subscribed: asyncio.Event) -> None:
    async with broadcast.subscribe(CHANNEL) as events:
        subscribed.set()
        while True:
            deliver(decode((await events.get()).message))


def deliver(publications: Sequence[Publication]) -> None:
    for publication in publications:
        hub.deliver(publication)


class HealingRedis(BroadcastBackend):
    """Redis pub/sub that reconnects and subscribes again, and says `RESYNC` when it did.

    While Redis is away it says so about once a second, which makes every stream read the database.
    """

    def __init__(self, url: str) -> None:
        once = Retry(NoBackoff(), 0)
        self._publisher = redis.Redis.from_url(
            url, socket_timeout=PUBLISH_TIMEOUT, socket_connect_timeout=PUBLISH_TIMEOUT, retry=once
        )
        self._subscriber = redis.Redis.from_url(
            url, socket_connect_timeout=PUBLISH_TIMEOUT, health_check_interval=5, retry=once
        )
        self._channels: set[str] = set()
        self._events: asyncio.Queue[Event] = asyncio.Queue(BACKLOG)
        self._up = False
        self._supervisor: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        pass  # the supervisor starts with the first channel

    async def disconnect(self) -> None:
        if self._supervisor is not None:
            self._supervisor.cancel()
            with suppress(asyncio.CancelledError):
                await self._supervisor
        await self._subscriber.aclose()
        await self._publisher.aclose()

    async def subscribe(self, channel: str) -> None:
        self._channels.add(channel)
        self._supervisor = asyncio.create_task(self._supervise())

    async def unsubscribe(self, channel: str) -> None:
        self._channels.discard(channel)

    async def publish(self, channel: str, message: Any) -> None:
        if not self._up:
            raise redis.ConnectionError("Redis is away")
        await self._publisher.publish(channel, message)

    async def next_published(self) -> Event:
        return await self._events.get()

    async def _supervise(self) -> None:
        delay = RETRY_AT_MOST / 8
        while True:
            try:
                async with self._subscriber.pubsub() as pubsub:
                    await pubsub.subscribe(*self._channels)
                    async for _ in self._receive(pubsub):
                        delay = RETRY_AT_MOST / 8
            except (OSError, redis.RedisError) as error:
                if self._up:
                    logger.warning("Redis went away: %s", error)
                self._up = False
            self._resync()
            await asyncio.sleep(delay * random.uniform(0.5, 1))  # noqa: S311  # jitter, no secret
            delay = min(delay * 2, RETRY_AT_MOST)

    async def _receive(self, pubsub: Any) -> Any:
        while True:
            message = await pubsub.get_message(timeout=5)
            if message is None:
                continue
            if message["type"] == "subscribe":
                self._up = True
                self._resync()
            elif message["type"] == "message":
                self._put(Event(message["channel"].decode(), message["data"].decode()))
            yield message

    def _resync(self) -> None:
        for channel in self._channels:
            self._put(Event(channel, encode([RESYNC])))

    def _put(self, event: Event) -> None:
        if self._events.full():
            while not self._events.empty():
                self._events.get_nowait()
            event = Event(event.channel, encode([RESYNC]))
        self._events.put_nowait(event)
