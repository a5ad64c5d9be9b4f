"""Connects the hubs of all processes over one channel, best effort. The database is the log."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, cast

from broadcaster import Broadcast

from live import hub, metrics
from live.broker.postgres import PostgresDriver
from live.broker.reconnecting import RETRY_DELAY, BrokerDown, ReconnectingBackend
from live.broker.redis import RedisDriver
from live.publication import EVERYBODY, RESYNC, Publication

CHANNEL = "parley"

logger = logging.getLogger("parley.broker")

_broadcast: Broadcast | None = None
_backend: ReconnectingBackend | None = None
_listener: asyncio.Task[None] | None = None
_resyncing: asyncio.Task[None] | None = None


async def start(url: str) -> None:
    """Connect this process's hub to the others at `url`: redis://… or postgresql://…; with
    memory:// there are no others.

    Also returns if the broker is down: sends work without it, and it is retried for ever.
    """
    global _broadcast, _backend, _listener
    if url.startswith("memory:"):
        return
    driver = RedisDriver(url) if url.startswith("redis") else PostgresDriver(url)
    _backend = ReconnectingBackend(driver)
    _broadcast = Broadcast(backend=_backend)
    await _broadcast.connect()
    subscribed = asyncio.Event()
    _listener = asyncio.create_task(listen(_broadcast, subscribed))
    await subscribed.wait()


async def stop() -> None:
    global _broadcast, _backend, _listener, _resyncing
    for task in (_listener, _resyncing):
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
    if _broadcast is not None:
        await _broadcast.disconnect()
    _broadcast = _backend = _listener = _resyncing = None


async def publish(*publications: Publication) -> None:
    """Deliver publications to the hub of every process. Never fails.

    While the broker is down they are delivered to this process's hub only, and `RESYNC` to every
    process as soon as it is back.
    """
    global _resyncing
    if not publications:
        return None
    if _broadcast is None:
        return deliver(publications)
    try:
        await _broadcast.publish(CHANNEL, publications)
    except BrokerDown as error:
        logger.warning("published in this process only: %s", error)
        deliver(publications)
        if _resyncing is None or _resyncing.done():
            _resyncing = asyncio.create_task(resync(_broadcast))


def is_up() -> bool:
    """Whether this process reaches the others; always true for a single process."""
    return _backend is None or _backend.is_up


async def resync(broadcast: Broadcast) -> None:
    """Publish `RESYNC` to every process, as soon as the broker is back."""
    while True:
        await asyncio.sleep(RETRY_DELAY)
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
    except Exception:  # the next publications must not be lost with it
        logger.exception("publications could not be delivered")
