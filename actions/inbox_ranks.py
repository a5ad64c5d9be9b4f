"""Keeps inbox ranks right, in small portions beside everything else: see db/inbox_ranks.py."""

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
"""Seconds between two rounds: few at first, while the previous version may still serve beside this
one, then more and more."""

REST_FACTOR = 2.0
"""A pause after each portion, that much longer than the portion took."""

SCAN_LIMIT = 1_000
REPAIR_LIMIT = 20
"""Conversations that share a transaction; some have a thousand participants."""

CAUGHT_UP_LIMIT = 100
"""Users that share one."""

logger = logging.getLogger("parley.ranks")

_readers: set[int] = set()


def read_by(user_ids: Iterable[int]) -> None:
    """Look at these users in the next round: they may be caught up."""
    _readers.update(user_ids)


async def maintain() -> None:
    """Repair ranks and mark users caught up, round after round."""
    pause = FIRST_PAUSE
    while True:
        try:
            await repair()
            await mark_caught_up()
        except Unavailable:
            logger.warning("inbox ranks wait for the database")
        except Exception:  # inboxes go on without it, only slower
            logger.exception("inbox ranks could not be maintained")
        await asyncio.sleep(pause)
        pause = min(LAST_PAUSE, 2 * pause)


async def repair() -> None:
    """Give every conversation the right rank: those without one, and those that another version has
    left wrong."""
    after: int | None = 0
    while after is not None:
        async with resting():
            wrong, after = await inbox_ranks.list_wrong(after, SCAN_LIMIT)
        for portion in portions(wrong, REPAIR_LIMIT):
            async with resting(), transaction(len(portion)):
                await conversations.lock(portion)
                await engine.write(inbox_ranks.follow(await inbox_ranks.mend(portion)))


async def mark_caught_up() -> None:
    """Mark those caught up who have read something here since the last round."""
    readers = sorted(_readers)
    _readers.clear()
    for portion in portions(readers, CAUGHT_UP_LIMIT):
        async with resting(), transaction(len(portion)):
            await inbox_ranks.settle(portion, now())


def portions(ids: list[int], size: int) -> Iterator[list[int]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


@asynccontextmanager
async def resting() -> AsyncIterator[None]:
    """A pause after the block, so that all of this work takes a third of the process at most."""
    loop = asyncio.get_running_loop()
    began_at = loop.time()
    yield
    await asyncio.sleep(REST_FACTOR * (loop.time() - began_at))
