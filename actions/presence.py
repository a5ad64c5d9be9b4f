"""Who is online: heartbeats that expire, so a killed process leaves nobody marked online."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import settings
from actions.batching import Batcher
from actions.changes import transaction
from actions.clock import now
from db import presence
from db.engine import Unavailable
from db.users import User
from live import presence as connections

EXPIRY = 2 * settings.HEARTBEAT
"""Seconds after the last heartbeat for which a user counts as online. A page looks again every
`HEARTBEAT`, so a user is shown as online for at most three of them after leaving."""


async def beat() -> None:
    """Every `HEARTBEAT`, store for all users connected to this process that they are online: in
    parts, so that no other writer has to wait for all of them."""
    while True:
        people = connections.everybody()
        parts = [people[i : i + presence.BATCH] for i in range(0, len(people), presence.BATCH)]
        for part in parts or [[]]:
            await asyncio.sleep(settings.HEARTBEAT / max(1, len(parts)))
            await store(part)


def arrive(user: User) -> None:
    """Store at once that a user is online, together with all who connect at this moment."""
    arrivals.submit(user.id)


async def store(user_ids: list[int]) -> Sequence[None]:
    with suppress(Unavailable):
        if user_ids:
            async with transaction(len(user_ids)):
                await presence.update(user_ids, now())
    return [None] * len(user_ids)


arrivals = Batcher(store, presence.BATCH)


async def hide(user: User, hides_presence: bool) -> None:
    """Hide from others whether one is online, and then not see it of them; or show it again."""
    async with transaction():
        await presence.update_hidden(user.id, hides_presence)


def is_here(present_at: int) -> bool:
    return present_at > now() - EXPIRY * 1000
