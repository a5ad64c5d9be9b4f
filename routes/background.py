"""What this process does besides answering requests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from actions import batches, inboxes, known, presence, ranks
from live.tasks import alongside
from routes import beats


@asynccontextmanager
async def background() -> AsyncIterator[None]:
    """While the block runs, those who are connected here are said to be here and hear a heartbeat,
    the inboxes that are shown here hear of what is active, and their order is kept. At its end what
    was sent is stored and published."""
    async with (
        alongside(presence.beat()),
        alongside(inboxes.follow()),
        alongside(beats.beat()),
        alongside(ranks.keep()),
    ):
        try:
            yield
        finally:
            known.forget_all()
            await batches.finished()
