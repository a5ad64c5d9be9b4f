"""Sending messages."""

import asyncio
import re
import uuid

import render
from actions import changes
from actions.clock import now
from actions.errors import Invalid
from actions.text import clean
from db import engine
from db.labels import is_blank
from db.log.commit import Stored
from db.messages import Message, Send
from db.users import User
from render.messages import LENGTH

BODY_LENGTH = LENGTH

CANONICAL = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


async def send(
    author: User, conversation_id: int, client_id: str, body: str, reply_to: int | None = None
) -> Message:
    """Store a message and publish it; the message as it is stored, after the commit. It may reply
    to the message at a position of its conversation.

    A repeat, the same text under a client_id that the author has used before, returns the first
    message, which is published again. Raises `Invalid` where it cannot be stored as it is, or its
    client_id stands for another text or conversation; `engine.Unavailable` where nothing was
    acknowledged and the same client_id may be tried again.
    """
    async with engine.waiting():
        stored = await submit(author, conversation_id, client_id, body, reply_to)
    return stored.message


def submit(
    author: User, conversation_id: int, client_id: str, body: str, reply_to: int | None = None
) -> asyncio.Future[Stored]:
    """The same without waiting: messages of one caller are stored in the order of the calls."""
    text = validate(body)
    return changes.submit(
        Send(
            conversation_id,
            author.id,
            canonical(client_id),
            text,
            now(),
            reply_to,
            names=render.usernames(text),
        )
    )


def canonical(client_id: str) -> str:
    if CANONICAL.fullmatch(client_id):
        return client_id
    try:
        return str(uuid.UUID(client_id))
    except ValueError:
        raise Invalid(
            body="This form is damaged: its client_id is not a UUID. Reload the page."
        ) from None


def validate(body: str) -> str:
    """The body as it is stored. Raises `Invalid` where it is blank or too long."""
    body = clean(body).strip("\n").rstrip()
    if len(body) > BODY_LENGTH:  # first: what follows looks at each character
        raise too_long(body)
    if is_blank(body):
        raise Invalid(body="Type a message first.")
    return body


def too_long(body: str) -> Invalid:
    return Invalid(
        body=f"A message has at most {BODY_LENGTH:,} characters. This one has {len(body):,}."
    )
