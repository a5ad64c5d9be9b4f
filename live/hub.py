"""The subscribers of this process. Delivering never waits: a slow consumer harms only itself."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from live import metrics
from live.delivery import Turn, is_control
from live.publication import ENDING, EVERYBODY, Publication
from live.subscription import Subscription

logger = logging.getLogger("parley.hub")

SLICE = 250
"""Subscribers that are handed a turn at once; the others of a big room follow in the next turns of
the event loop, so that nobody else waits for longer than some milliseconds."""

CROWD = 50
REST = 2.0
REST_AT_MOST = 0.1
"""So many subscribers are left alone after something from another process, for twice as long as
handing it to them took, in seconds at most. What several processes send at once reaches this one
piece by piece: so it shares the next turn, and each subscriber is written to once."""

is_ending = False
"""Whether this process is about to end. Who still comes is handed `ENDING` as well."""


class Subscriber(Protocol):
    """Whoever is handed what is published, in its order. Must neither wait nor raise."""

    def put(self, turn: Turn) -> None: ...


_subscribers: dict[str, dict[Subscriber, None]] = {}
"""In the order in which they came: so they lie in memory, and a big room is told faster than in a
set's order."""

_waiting: dict[str, list[Publication]] = {}
"""What is published under a topic while its last turn is still being handed out, or rests."""

_resting: set[str] = set()
"""Those of them whose last turn has been handed to all."""

_afterwards: dict[str, list[Callable[[Iterable[str]], object]]] = {}
"""What is to be done when that has been handed out to the last."""


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
        _subscribers.setdefault(topic, {})[subscriber] = None
    if is_ending:
        subscriber.put(Turn(EVERYBODY, [ENDING]))


def leave(subscriber: Subscriber, *topics: str) -> None:
    for topic in (*topics, EVERYBODY):
        if subscribers := _subscribers.get(topic):
            subscribers.pop(subscriber, None)
            if not subscribers:
                del _subscribers[topic]


def subscriber_count(topic: str = EVERYBODY) -> int:
    return len(_subscribers.get(topic, ()))


def deliver(*publications: Publication) -> None:
    """Hand publications to all who subscribe to their topics, those of one topic in one turn.

    What ends a reader's rights goes first: nothing that is delivered with it reaches them.
    """
    topics: dict[str, list[Publication]] = {}
    for publication in publications:
        if publication.topic in _subscribers:
            topics.setdefault(publication.topic, []).append(publication)
    if not topics:
        return
    began_at = time.perf_counter()
    handed = 0
    for topic in sorted(topics, key=is_control, reverse=True) if len(topics) > 1 else topics:
        if topic in _waiting:
            _waiting[topic] += topics[topic]
        elif topic in _subscribers:
            handed += hand(Turn(topic, topics[topic]), list(_subscribers[topic]))
    metrics.delivered(handed, time.perf_counter() - began_at)


def when_handed(topics: Iterable[str], callback: Callable[[Iterable[str]], object]) -> None:
    """Call back with those topics of which nothing that was delivered is still being handed out,
    once what was written has had time to be answered: a turn of the event loop. With the others
    later, each by itself."""
    handed = []
    for topic in topics:
        if topic in _waiting and (_waiting[topic] or topic not in _resting):
            _afterwards.setdefault(topic, []).append(callback)
        else:
            handed.append(topic)
    if handed:
        asyncio.get_running_loop().call_soon(callback, handed)


def hand(turn: Turn, subscribers: Sequence[Subscriber], start: int = 0) -> int:
    """Hand a turn to a slice of its subscribers, and see to the rest of them. Returns how many
    publications were handed out."""
    part = subscribers[start : start + SLICE]
    for subscriber in part:
        try:
            subscriber.put(turn)
        except Exception:  # what fails for one must not keep it from the others
            logger.exception("a turn could not be handed to a reader")
    if start + SLICE < len(subscribers):
        _waiting.setdefault(turn.topic, [])
        asyncio.get_running_loop().call_soon(hand_on, turn, subscribers, start + SLICE)
    else:
        finish(turn, len(subscribers))
    return len(part) * len(turn.publications)


def hand_on(turn: Turn, subscribers: Sequence[Subscriber], start: int) -> None:
    """Go on with a big room."""
    began_at = time.perf_counter()
    handed = hand(turn, subscribers, start)
    metrics.delivered(handed, time.perf_counter() - began_at)


def finish(turn: Turn, size: int) -> None:
    """Go on with what came for a topic while a turn was handed to so many; maybe after a rest, in
    which those who were told may answer."""
    turn.handed()
    if size > CROWD and turn.is_foreign and not is_control(turn.topic):
        _waiting.setdefault(turn.topic, [])
        _resting.add(turn.topic)
        call_back(turn.topic)
        rest = REST * (time.perf_counter() - turn.began_at)
        asyncio.get_running_loop().call_later(min(rest, REST_AT_MOST), go_on, turn.topic)
    elif turn.topic in _waiting:
        asyncio.get_running_loop().call_soon(go_on, turn.topic)


def go_on(topic: str) -> None:
    """Hand out what has come, in a turn of the event loop of its own."""
    _resting.discard(topic)
    if publications := _waiting.pop(topic):
        deliver(*publications)
    if topic not in _waiting:
        call_back(topic)


def call_back(topic: str) -> None:
    for callback in _afterwards.pop(topic, ()):
        asyncio.get_running_loop().call_soon(callback, [topic])
