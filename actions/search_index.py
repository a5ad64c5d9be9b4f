"""Keeps the index of messages behind their logs, by a second or so: see db/search.

What others have sent while no process listened, and all that is older than the index, is found by
looking through all conversations: at the start, when publications may have been lost, and every
hour.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Iterable, Iterator

import render
from actions import erasures
from actions.changes import transaction
from db.engine import Unavailable
from db.search import cursors, fts5, index
from db.search.cursors import Behind
from db.search.index import Entry
from live import hub
from live.delivery import Delivery
from live.publication import ACTIVITY, RESYNC

REST = 1.0
"""Seconds between two looks."""

REST_FACTOR = 2.0
"""The length of a rest between two batches, relative to the work before it."""

BATCH = 1_000
"""Changes in one transaction. One by one they would cost twenty times as much."""

LOOK_BATCH = 1_000
"""Conversations that are looked through at once."""

LOOK_PAUSE = 3600.0
MERGE_PAUSE = 3600.0
"""Seconds between two times that all conversations are looked through, that the index is merged."""

logger = logging.getLogger("parley.search")


class Activity:
    """The conversations that were active since this was last asked."""

    def __init__(self) -> None:
        self._ids: set[int] = set()
        self.is_incomplete = True

    def put(self, delivery: Delivery) -> None:
        for publication in delivery.publications:
            if publication.topic == ACTIVITY:
                self._ids.add(int(publication.text.partition(" ")[0]))
            elif publication.text == RESYNC.text:
                self.is_incomplete = True

    def take(self) -> set[int]:
        ids, self._ids = self._ids, set()
        return ids

    def give_back(self, ids: Iterable[int]) -> None:
        self._ids.update(ids)


class Merging:
    """What was unsent is taken out of FTS5's parts as they are merged: step by step, since that may
    take a while, and not too often."""

    def __init__(self) -> None:
        self.is_requested = True  # a process that was killed may have left something
        self._is_running = False
        self._next = 0.0

    async def step(self) -> None:
        if not self._is_running:
            if not self.is_requested or time.monotonic() < self._next:
                return
            self.is_requested = False
            self._next = time.monotonic() + MERGE_PAUSE
        is_first, self._is_running = not self._is_running, False
        self._is_running = await fts5.merge(is_first=is_first)
        if not self._is_running:
            erasures.request()


_merging = Merging()


def unsent(_: object = None) -> None:
    """Something was unsent, whose words are to go from the files as well."""
    _merging.is_requested = True


async def maintain() -> None:
    """Index what is new or has changed, until cancelled."""
    activity = Activity()
    hub.join(activity, ACTIVITY)
    try:
        await prepared()
        await follow(activity)
    finally:
        hub.leave(activity, ACTIVITY)


async def prepared() -> None:
    """Returns once there is an index; never where there can be none."""
    while True:
        try:
            if not await fts5.is_missing():
                return await fts5.prepare()
            logger.warning("SQLite has no FTS5 here, so messages cannot be searched")
            await asyncio.Event().wait()
        except Unavailable:
            await asyncio.sleep(REST)


async def follow(activity: Activity) -> None:
    looked_at = 0.0
    while True:
        if activity.is_incomplete or time.monotonic() - looked_at > LOOK_PAUSE:
            looked_at = time.monotonic()
            activity.is_incomplete = False  # what is lost during the look asks for another one
            if not await succeeded(index_all()):
                activity.is_incomplete = True
        ids = activity.take()
        if ids and not await succeeded(index_these(ids)):
            activity.give_back(ids)
        await succeeded(_merging.step())
        await asyncio.sleep(REST)


async def succeeded(work: Awaitable[object]) -> bool:
    """Whether it was done; otherwise it is to be tried again."""
    try:
        return await work is not False
    except Unavailable:
        return False
    except Exception:  # what is sent later may do without it
        logger.exception("messages could not be indexed")
        return False


async def index_all() -> bool:
    """Index all that is not; False where another process is at it."""
    after: int | None = 0
    while after is not None:
        behind, after = await cursors.list_next(after, LOOK_BATCH)
        if not await index_parts(behind):
            return False
    return True


async def index_these(conversation_ids: Iterable[int]) -> bool:
    """The same, of some conversations."""
    return await index_parts(await cursors.list_behind(conversation_ids))


async def index_parts(behind: Iterable[Behind]) -> bool:
    loop = asyncio.get_running_loop()
    for batch in batches(behind):
        began_at = loop.time()
        if not await index_batch(batch):
            return False
        await asyncio.sleep(REST_FACTOR * (loop.time() - began_at))
    return True


def batches(behind: Iterable[Behind]) -> Iterator[list[Behind]]:
    """The same parts of logs, cut into batches of at most so many revisions."""
    batch: list[Behind] = []
    room = BATCH
    for part in behind:
        after = part.after
        while after < part.until:
            until = min(part.until, after + room)
            batch.append(Behind(part.conversation_id, after, until))
            room -= until - after
            after = until
            if not room:
                yield batch
                batch, room = [], BATCH
    if batch:
        yield batch


async def index_batch(batch: list[Behind]) -> bool:
    """One transaction; False where another process is indexing."""
    async with transaction(sum(part.until - part.after for part in batch)):
        if not await cursors.lock():
            return False
        messages = await index.list_changed(batch)
        changed = [m for m in messages if m.indexed_revision != m.revision]
        entries = [Entry(m, render.has_link(m.body)) for m in changed if m.unsent_at is None]
        removed = [m for m in changed if m.unsent_at is not None and m.id is not None]
        await index.update(entries, removed, batch)
    return True
