"""The subscribers of this process. Delivering never waits: a slow consumer affects no other."""

import asyncio
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from live import metrics
from live.delivery import Delivery, is_control
from live.publication import ENDING, EVERYBODY, Publication
from live.subscription import Subscription

logger = logging.getLogger("parley.hub")

SLICE = 250
"""Subscribers delivered to in one turn of the event loop. The rest of a big room follows in the
next turns, so that other tasks wait for a few milliseconds at most."""

is_ending = False
"""Whether this process is shutting down. A subscriber that joins now gets `ENDING` as well."""


class Subscriber(Protocol):
    """Receives publications in order. Must neither wait nor raise."""

    def put(self, delivery: Delivery) -> None: ...


_subscribers: dict[str, dict[Subscriber, None]] = {}
"""By topic, in the order in which they joined."""

_waiting: dict[str, list[Publication]] = {}
"""Publications of topics whose last delivery is still under way."""


@contextmanager
def subscribe(*topics: str) -> Iterator[Subscription]:
    """A queue of the publications under any of `topics`, while the block runs."""
    subscription = Subscription()
    join(subscription, *topics)
    try:
        yield subscription
    finally:
        leave(subscription, *topics)


def join(subscriber: Subscriber, *topics: str) -> None:
    """Deliver publications under any of `topics` to a subscriber, until it leaves."""
    for topic in (*topics, EVERYBODY):
        _subscribers.setdefault(topic, {})[subscriber] = None
    if is_ending:
        subscriber.put(Delivery(EVERYBODY, [ENDING]))


def leave(subscriber: Subscriber, *topics: str) -> None:
    for topic in (*topics, EVERYBODY):
        if subscribers := _subscribers.get(topic):
            subscribers.pop(subscriber, None)
            if not subscribers:
                del _subscribers[topic]


def subscriber_count(topic: str = EVERYBODY) -> int:
    return len(_subscribers.get(topic, ()))


def deliver(*publications: Publication) -> None:
    """Deliver publications to the subscribers of their topics, those of one topic together.

    Publications that end a user's rights go first, so nothing delivered with them is sent to that
    user.
    """
    topics: dict[str, list[Publication]] = {}
    for publication in publications:
        if publication.topic in _subscribers:
            topics.setdefault(publication.topic, []).append(publication)
    for topic in sorted(topics, key=is_control, reverse=True):
        if topic in _waiting:
            _waiting[topic] += topics[topic]
        elif topic in _subscribers:
            deliver_slice(Delivery(topic, topics[topic]), list(_subscribers[topic]))


def deliver_slice(delivery: Delivery, subscribers: Sequence[Subscriber], start: int = 0) -> None:
    """Deliver to one slice of the subscribers, and schedule the next."""
    began_at = time.perf_counter()
    end = start + SLICE
    for subscriber in subscribers[start:end]:
        try:
            subscriber.put(delivery)
        except Exception:  # one failure must not affect the others
            logger.exception("a publication could not be delivered to a subscriber")
    delivered = len(subscribers[start:end]) * len(delivery.publications)
    metrics.delivered(delivered, time.perf_counter() - began_at)
    if end < len(subscribers):
        _waiting.setdefault(delivery.topic, [])
        asyncio.get_running_loop().call_soon(deliver_slice, delivery, subscribers, end)
    else:
        delivery.finish()
        deliver(*_waiting.pop(delivery.topic, ()))
