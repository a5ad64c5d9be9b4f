"""Pinning messages."""

import asyncio

from actions import changes
from actions.clock import now
from db import engine
from db.log.commit import Stored
from db.messages import Message
from db.pins import Pin
from db.users import User


async def pin(user: User, conversation_id: int, position: int, is_pinned: bool) -> Message:
    """Pin a message, or unpin it, and publish that; the message as it is now, after the commit.

    A repeat changes nothing. Raises `Invalid` where it cannot be pinned; `engine.Unavailable` where
    nothing was acknowledged and it may be tried again.
    """
    async with engine.waiting():
        stored = await submit(user, conversation_id, position, is_pinned)
    return stored.message


def submit(
    user: User, conversation_id: int, position: int, is_pinned: bool
) -> asyncio.Future[Stored]:
    """The same without waiting."""
    return changes.submit(Pin(conversation_id, user.id, position, is_pinned, now()))
