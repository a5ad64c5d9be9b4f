"""This process's periodic tasks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from actions import (
    batching,
    erasures,
    inbox_ranks,
    inbox_updates,
    people_updates,
    presence,
    reactions,
    receipt_updates,
    receipts,
    scheduled,
    search_index,
)
from live.process.tasks import alongside
from routes.streams import heartbeats


@asynccontextmanager
async def background() -> AsyncIterator[None]:
    """Runs presence, inbox and people updates, receipts, heartbeats, inbox ranks, erasures, the
    index of messages and scheduled messages while the block runs. At its end all submitted changes
    are stored and published, and receipts stored."""
    async with (
        alongside(presence.beat()),
        alongside(inbox_updates.run()),
        alongside(people_updates.run()),
        alongside(receipts.run()),
        alongside(receipt_updates.run()),
        alongside(heartbeats.run()),
        alongside(inbox_ranks.maintain()),
        alongside(erasures.maintain()),
        alongside(search_index.maintain()),
        alongside(scheduled.maintain()),
    ):
        try:
            yield
        finally:
            reactions.pacer.flush()
            await batching.finished()
            await receipts.store()
