"""Editing messages."""

import asyncio

import render
from actions import changes
from actions.clock import now
from actions.messages import validate
from db import engine
from db.edits import Edit
from db.log.commit import Stored
from db.messages import Message
from db.users import User


async def edit(
    author: User, conversation_id: int, position: int, body: str, revision: int
) -> Message:
    """Give a message another text and publish that; the message as it is now, after the commit.

    `revision` is that of the message which the author had before them. A repeat changes nothing.
    Raises `Outdated` where it has had another text since, `Invalid` where it cannot be stored;
    `engine.Unavailable` where nothing was acknowledged and it may be tried again.
    """
    async with engine.waiting():
        stored = await submit(author, conversation_id, position, body, revision)
    return stored.message


def submit(
    author: User, conversation_id: int, position: int, body: str, revision: int
) -> asyncio.Future[Stored]:
    """The same without waiting."""
    text = validate(body)
    names = render.usernames(text)
    edit = Edit(conversation_id, author.id, position, text, revision, now(), names)
    return changes.submit(edit)
