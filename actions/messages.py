"""Sending messages: validate, store, render once, publish."""

import uuid

import render
from actions.clock import now
from actions.conversations import inbox_changes
from actions.invalid import Invalid
from actions.text import clean, is_blank
from db import conversations, engine, messages, participants
from db.messages import Message
from db.users import User
from live import broker, publication
from live.publication import Publication

BODY_LENGTH = 8_000


class Repeated(Exception):
    """The author has used this client_id before; what was begun is rolled back."""


async def send(author: User, conversation_id: int, client_id: str, body: str) -> Message:
    """The stored message, committed and on its way to every participant.

    A repeated client_id returns the first message, whatever the body, and publishes it again.
    Raises `Invalid` where it cannot be stored as it is; `engine.Unavailable` where nothing was
    acknowledged and the same client_id may be tried again.
    """
    client_id = canonical(client_id)
    body = validate(body)
    await store(author, conversation_id, client_id, body, now())
    message = await messages.get_by_client_id(author.id, client_id)
    if message is None or message.conversation_id != conversation_id:
        raise Invalid(
            body="This was sent in another conversation already. Send again to send it here."
        )
    people = await participants.list_ids(conversation_id)
    await broker.publish(change(message), *inbox_changes(people, conversation_id))
    return message


def canonical(client_id: str) -> str:
    try:
        return str(uuid.UUID(client_id))
    except ValueError:
        raise Invalid(
            body="This form is damaged: its client_id is not a UUID. Please reload the page."
        ) from None


def validate(body: str) -> str:
    """The body as it is stored. Raises `Invalid` where it is blank or too long."""
    body = clean(body).strip("\n").rstrip()
    if is_blank(body):
        raise Invalid(body="There is nothing in this message yet.")
    if len(body) > BODY_LENGTH:
        raise Invalid(
            body=f"A message has at most {BODY_LENGTH:,} characters; this one has {len(body):,}."
        )
    return body


async def store(author: User, conversation_id: int, client_id: str, body: str, moment: int) -> None:
    """One transaction: the conversation's next revision, and the message at it; or neither."""
    try:
        async with engine.transaction():
            revision = await conversations.advance(conversation_id, author.id, moment)
            if revision is None:
                raise Invalid(body="You are no longer in this conversation.")
            if not await messages.add(
                conversation_id, revision, author.id, client_id, body, moment
            ):
                raise Repeated
    except Repeated:
        pass


def change(message: Message) -> Publication:
    """What is published when a message has changed: the message as it is now, for everybody."""
    return Publication(
        publication.conversation(message.conversation_id),
        render.message_fragment(message, message.revision),
        message.revision,
    )
