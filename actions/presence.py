"""Being here: told by heartbeats that expire, so that a killed process takes nobody for here."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import settings
from actions.batching import Batches
from actions.clock import now
from db import engine, presence
from db.engine import Unavailable
from db.users import User
from live import presence as connections

EXPIRY = 2 * settings.HEARTBEAT
"""Seconds after their last heartbeat for which people still count as here. A page looks again
every `HEARTBEAT`, so nobody is shown as here for longer than three of them."""


async def beat() -> None:
    """Say every `HEARTBEAT`, for all who are connected to this process, that they are here: for
    some after the others, so that nobody who writes meanwhile has to wait for all of them."""
    while True:
        people = connections.everybody()
        parts = [people[i : i + presence.BATCH] for i in range(0, len(people), presence.BATCH)]
        for part in parts or [[]]:
            await asyncio.sleep(settings.HEARTBEAT / max(1, len(parts)))
            await tell(part)


def arrive(user: User) -> None:
    """Say at once that somebody is here, together with all who come at this moment."""
    arrivals.add(user.id)


async def tell(user_ids: list[int]) -> Sequence[None]:
    with suppress(Unavailable):
        if user_ids:
            async with engine.transaction(len(user_ids)):
                await presence.update(user_ids, now())
    return [None] * len(user_ids)


arrivals = Batches(tell, presence.BATCH)


async def hide(user: User, hides_presence: bool) -> None:
    """Hide from others whether one is here, and then not see it of them; or show it again."""
    async with engine.transaction():
        await presence.update_hidden(user.id, hides_presence)


def is_here(present_at: int) -> bool:
    return present_at > now() - EXPIRY * 1000
