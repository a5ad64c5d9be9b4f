"""Maintains the inbox ranks in the background, in small batches: see db/inbox_ranks.py."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager

from actions.changes import transaction
from actions.clock import now
from db import conversations, engine, inbox_ranks
from db.engine import Unavailable

FIRST_PAUSE = 60.0
LAST_PAUSE = 3600.0
"""Seconds between rounds: few at first, while the previous version may still serve, then more."""

REST_FACTOR = 2.0
"""The length of a rest, relative to the work before it."""

LOOK_BATCH = 1_000
REPAIR_BATCH = 20
"""Conversations in one transaction; some have a thousand participants."""

CAUGHT_UP_BATCH = 100
"""Users in one transaction."""

logger = logging.getLogger("parley.ranks")

_readers: set[int] = set()


def read_by(user_ids: Iterable[int]) -> None:
    """Check in the next round whether these users are caught up."""
    _readers.update(user_ids)


async def maintain() -> None:
    """Round after round, until cancelled."""
    pause = FIRST_PAUSE
    while True:
        try:
            await repair()
            await mark_caught_up()
        except Unavailable:
            logger.warning("inbox ranks: the database is unavailable")
        except Exception:  # inboxes only get slower
            logger.exception("inbox ranks: a round failed")
        await asyncio.sleep(pause)
        pause = min(LAST_PAUSE, 2 * pause)


async def repair() -> None:
    """Correct the ranks of all conversations."""
    after: int | None = 0
    while after is not None:
        async with resting():
            wrong, after = await inbox_ranks.list_misranked(after, LOOK_BATCH)
        for batch in batches(wrong, REPAIR_BATCH):
            async with resting(), transaction(len(batch)):
                await conversations.lock(batch)
                await engine.write(inbox_ranks.propagate(await inbox_ranks.repair(batch)))


async def mark_caught_up() -> None:
    """Mark the readers since the last round as caught up."""
    readers = sorted(_readers)
    _readers.clear()
    for batch in batches(readers, CAUGHT_UP_BATCH):
        async with resting(), transaction(len(batch)):
            await inbox_ranks.mark_caught_up(batch, now())


def batches(ids: list[int], size: int) -> Iterator[list[int]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


@asynccontextmanager
async def resting() -> AsyncIterator[None]:
    """Rest after the block, so that the work takes a third of the time at most."""
    loop = asyncio.get_running_loop()
    began_at = loop.time()
    yield
    await asyncio.sleep(REST_FACTOR * (loop.time() - began_at))
