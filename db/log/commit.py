"""Storing a batch of changes by one transaction."""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from db import engine, messages, pins
from db.engine import Conflict, Unavailable
from db.engine.script import Script
from db.log.change import Change, Place, Refusal
from db.log.revisions import Logs, lock
from db.messages import Message
from db.pins import Line

ATTEMPTS = 3


class Stored(NamedTuple):
    """What came of a change: the message as it is now."""

    message: Message
    previous_revision: int | None
    """The revision of the log's last change before this one; None where nothing has changed, since
    the change is a repeat."""
    is_said: bool = False
    """Whether that changes what is said, so that lines of inboxes may show it."""
    pinned: Line | None = None
    """What its conversation shows as pinned, where that has changed."""


async def commit(changes: Sequence[Change]) -> list[Stored | Refusal]:
    """Store changes, each with its conversation's next revision, in their order; what came of each.

    Committed when it returns. Raises `engine.Unavailable`, with nothing stored.
    """
    for _ in range(ATTEMPTS):
        try:
            return await engine.write(store(changes), len(changes))
        except Conflict:  # by another process; the next attempt sees what it has stored
            continue
    raise Unavailable("other processes keep storing the same client_ids")


def store(changes: Sequence[Change]) -> Script[list[Stored | Refusal]]:
    """The statements of the transaction. Everywhere conversations are locked first, in the order
    of their ids, so there are no deadlocks."""
    logs = yield from lock(changes)
    outcomes = yield from store_each(changes, logs)
    yield from logs.write()
    places = {outcome for outcome in outcomes if not isinstance(outcome, Refusal)}
    found = yield from messages.at(places)
    pinned = (yield from pins.lines(logs.repinned)) if logs.repinned else {}
    previous = logs.previous_revisions()
    return [
        outcome
        if isinstance(outcome, Refusal)
        else Stored(
            found[outcome],
            previous.get(outcome),
            outcome in logs.said,
            pinned.get(outcome[0]),
        )
        for outcome in outcomes
    ]


def store_each(changes: Sequence[Change], logs: Logs) -> Script[list[Place | Refusal]]:
    """Store what belongs to each change, those of one kind that follow each other together."""
    outcomes: list[Place | Refusal] = [Refusal.NOT_A_PARTICIPANT] * len(changes)
    for kind, run in groupby(range(len(changes)), lambda n: type(changes[n])):
        numbers = [n for n in run if logs.admits(changes[n])]
        stored = yield from kind.store_all([changes[n] for n in numbers], logs)
        for n, outcome in zip(numbers, stored, strict=True):
            outcomes[n] = outcome
    return outcomes
