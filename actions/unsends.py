"""Unsending messages."""

import asyncio

from actions import changes, erasures, search_index
from actions.clock import now
from db import engine
from db.log.commit import Stored
from db.messages import Message
from db.unsends import Unsend
from db.users import User


async def unsend(author: User, conversation_id: int, position: int) -> Message:
    """Take a message back and publish that; the message as it is now, after the commit.

    A repeat changes nothing. Raises `Invalid` where it is not the author's;
    `engine.Unavailable` where nothing was acknowledged and it may be tried again.
    """
    async with engine.waiting():
        stored = await submit(author, conversation_id, position)
    return stored.message


def submit(author: User, conversation_id: int, position: int) -> asyncio.Future[Stored]:
    """The same without waiting."""
    unsending = changes.submit(Unsend(conversation_id, author.id, position, now()))
    unsending.add_done_callback(erasures.request)
    unsending.add_done_callback(search_index.unsent)
    return unsending
