"""The subscribers of this process. Delivering never waits: a slow consumer harms only itself."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from live import metrics
from live.publication import ENDING, EVERYBODY, Publication
from live.subscription import Subscription
from live.turn import Turn, is_control

SLICE = 500
"""Subscribers that are handed a turn at once; the others of a big room follow in the next turns of
the event loop, so that nobody else waits for longer than some milliseconds."""

is_ending = False
"""Whether this process is about to end. Who still comes is handed `ENDING` as well."""


class Subscriber(Protocol):
    """Whoever is handed what is published, in its order. Must neither wait nor raise."""

    def put(self, turn: Turn) -> None: ...


_subscribers: dict[str, set[Subscriber]] = {}
_waiting: dict[str, list[Publication]] = {}
"""What is published under a topic while its last turn is still being handed out."""


@contextmanager
def subscribe(*topics: str) -> Iterator[Subscription]:
    """What is delivered under any of `topics` while the block runs, in a queue."""
    subscription = Subscription()
    join(subscription, *topics)
    try:
        yield subscription
    finally:
        leave(subscription, *topics)


def join(subscriber: Subscriber, *topics: str) -> None:
    """Hand a subscriber what is delivered under any of `topics`, until it leaves them."""
    for topic in (*topics, EVERYBODY):
        _subscribers.setdefault(topic, set()).add(subscriber)
    if is_ending:
        subscriber.put(Turn(EVERYBODY, [ENDING]))


def leave(subscriber: Subscriber, *topics: str) -> None:
    for topic in (*topics, EVERYBODY):
        if subscribers := _subscribers.get(topic):
            subscribers.discard(subscriber)
            if not subscribers:
                del _subscribers[topic]


def deliver(*publications: Publication) -> None:
    """Hand publications to all who subscribe to their topics, those of one topic in one turn.

    What ends a reader's rights goes first: nothing that is delivered with it reaches them.
    """
    topics: dict[str, list[Publication]] = {}
    for publication in publications:
        topics.setdefault(publication.topic, []).append(publication)
    for topic in sorted(topics, key=is_control, reverse=True) if len(topics) > 1 else topics:
        if topic in _waiting:
            _waiting[topic] += topics[topic]
        elif topic in _subscribers:
            hand(Turn(topic, topics[topic]), list(_subscribers[topic]))


def hand(turn: Turn, subscribers: Sequence[Subscriber], start: int = 0) -> None:
    """Hand a turn to a slice of its subscribers, and see to the rest of them."""
    part = subscribers[start : start + SLICE]
    with metrics.fan_out_seconds.time():
        for subscriber in part:
            subscriber.put(turn)
    metrics.deliveries.inc(len(part) * len(turn.publications))
    if start + SLICE < len(subscribers):
        _waiting.setdefault(turn.topic, [])
        asyncio.get_running_loop().call_soon(hand, turn, subscribers, start + SLICE)
        return
    turn.handed()
    if publications := _waiting.pop(turn.topic, None):
        deliver(*publications)
