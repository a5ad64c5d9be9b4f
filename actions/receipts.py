"""How far participants hold and have read conversations, gathered here and stored in rounds.

A process that is killed in between loses positions, and claims none that are not true: pages say
again what they hold when they are back.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping

from actions import rounds
from actions.changes import transaction
from actions.clock import now
from db import participants, receipts
from db.engine import Unavailable
from db.users import User
from live import publication

AT_ONCE = 500
"""Receipts in one statement."""

MOST = 20_000
"""Receipts that wait for the database; beyond them, positions are not gathered."""

logger = logging.getLogger("parley.receipts")

Place = tuple[int, int]
"""A conversation, and a user in it."""

_held: dict[Place, tuple[int, int]] = {}
"""How far each has read, and how far a device of theirs holds it."""

_work = asyncio.Event()


def deliver(user_id: int, positions: Mapping[int, int]) -> None:
    """A device of a user's holds these conversations up to these positions."""
    for conversation_id, position in positions.items():
        hold((conversation_id, user_id), 0, position)


def read(reads: Iterable[tuple[int, int, int]]) -> None:
    """Users have read conversations up to positions: conversation, user, position."""
    for conversation_id, user_id, position in reads:
        hold((conversation_id, user_id), position, position)


def hold(place: Place, position: int, delivered: int) -> None:
    if delivered > 0 and (place in _held or len(_held) < MOST):
        before = _held.get(place, (0, 0))
        _held[place] = max(before[0], position), max(before[1], delivered)
        _work.set()


async def run() -> None:
    """Round after round: what is gathered during one is stored by the next."""
    global _work
    _work = asyncio.Event()
    if _held:
        _work.set()
    while True:
        await _work.wait()
        async with rounds.resting():
            await store()


async def store() -> None:
    """Store what is gathered, as much as fits in a statement, and publish what moved."""
    batch = {place: _held.pop(place) for place in list(_held)[:AT_ONCE]}
    if not batch:
        return
    try:
        async with transaction(len(batch)) as publications:
            moved = await receipts.update(((*place, *held) for place, held in batch.items()), now())
            publications.extend(publication.receipts_moved(moved))
    except Unavailable:
        for place, held in batch.items():
            hold(place, *held)
    except Exception:
        logger.exception("receipts could not be stored")
    if not _held:
        _work.clear()


async def hide(user: User, hides_receipts: bool) -> None:
    """Neither send receipts to others nor see theirs; or do both again. Pages that are open follow
    at once."""
    async with transaction() as publications:
        await receipts.update_hidden(user.id, hides_receipts)
        conversation_ids = await participants.list_conversation_ids(user.id)
        publications.append(publication.receipts_hidden(user.id))
        publications.extend(publication.receipts_moved((id, user.id) for id in conversation_ids))
