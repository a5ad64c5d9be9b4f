"""What this process does besides answering requests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from actions import batching, inbox_ranks, inbox_updates, presence
from live.process.tasks import alongside
from routes.streams import heartbeats


@asynccontextmanager
async def background() -> AsyncIterator[None]:
    """While the block runs, those who are connected here are said to be here and hear a heartbeat,
    the inboxes that are shown here hear of what is active, and their order is kept. At its end what
    was sent is stored and published."""
    async with (
        alongside(presence.beat()),
        alongside(inbox_updates.run()),
        alongside(heartbeats.run()),
        alongside(inbox_ranks.maintain()),
    ):
        try:
            yield
        finally:
            await batching.finished()
