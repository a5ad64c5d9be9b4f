"""Sending messages: validate, store, render once, publish."""

import logging
import re
import uuid
from collections.abc import Sequence
from itertools import compress

import render
from actions import log
from actions.batching import Batches, Settle
from actions.clock import now
from actions.errors import Invalid
from actions.log import Outcome, Repeat
from actions.rounds import Rounds
from actions.text import clean, is_blank
from db import engine
from db.engine import Unavailable
from db.messages import Message, Sent
from db.users import User
from live import broker, hub, publication
from live.publication import Publication

BODY_LENGTH = 8_000

STORED_AT_ONCE = 100
"""Messages that share a transaction. While PostgreSQL stores some, the ones before them are told:
with twice as many, the two rather wait for each other."""

ROUND_AT_MOST = 0.25
"""Seconds that a message waits for those before it in its conversation to be told to everybody."""

PUBLISHED_AT_ONCE = 100
"""Messages that are rendered and published in one go, in 1 ms."""

CANONICAL = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

logger = logging.getLogger("parley.messages")


async def send(author: User, conversation_id: int, client_id: str, body: str) -> Message:
    """Store a message and tell everybody; returns it as it is stored, after the commit.

    A client_id that the author has used before returns the first message, and everybody is told
    again.
    Raises `Invalid` where it cannot be stored as it is; `engine.Unavailable` where nothing was
    acknowledged and the same client_id may be tried again.
    """
    async with engine.waiting():
        outcome = await sent.add(checked(author, conversation_id, client_id, body))
    if isinstance(outcome, Exception):
        raise outcome
    return outcome.message if isinstance(outcome, Repeat) else outcome


def post(
    author: User, conversation_id: int, client_id: str, body: str, settle: Settle[Outcome]
) -> None:
    """Do so without waiting for it: `settle` is told what has come of it. Raises `Invalid` at once
    where that can be seen at once. What one caller posts is stored in the order of the calls."""
    sent.put(checked(author, conversation_id, client_id, body), settle)


def checked(author: User, conversation_id: int, client_id: str, body: str) -> Sent:
    return Sent(conversation_id, author.id, canonical(client_id), validate(body), now())


def canonical(client_id: str) -> str:
    if CANONICAL.fullmatch(client_id):
        return client_id
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


async def store(batch: list[Sent]) -> Sequence[Outcome]:
    """What became of each of a batch, stored together and about to be published."""
    outcomes = await append(batch)
    stored.add_all(each for each in outcomes if isinstance(each, (Message, Repeat)))
    refused = [isinstance(outcome, Exception) for outcome in outcomes]
    sent.release(topic(each) for each in compress(batch, refused))
    return outcomes


async def append(batch: list[Sent]) -> Sequence[Outcome]:
    try:
        return await log.append(batch)
    except Unavailable as error:
        return [error] * len(batch)
    except Exception as error:
        if len(batch) > 1:  # one that cannot be stored must not keep the others back
            return [outcome for one in batch for outcome in await append([one])]
        logger.exception("a message could not be stored")
        return [Unavailable(repr(error))]


async def publish(batch: list[Message | Repeat]) -> Sequence[None]:
    """Tell everybody of what was stored, and once more of what was repeated."""
    changes = [change(one.message if isinstance(one, Repeat) else one) for one in batch]
    active = dict.fromkeys(new.conversation_id for new in batch if isinstance(new, Message))
    await broker.publish(*changes, *map(publication.activity, active))
    hub.when_handed(dict.fromkeys(each.topic for each in changes), sent.release)
    return [None] * len(batch)


def change(message: Message) -> Publication:
    """What is published when a message has changed: the message as it is now, for everybody."""
    return Publication(
        topic(message),
        render.message_fragment(message, is_cursor=True),
        message.revision,
    )


def topic(message: Sent | Message) -> str:
    return publication.conversation(message.conversation_id)


sent = Rounds(store, STORED_AT_ONCE, topic, ROUND_AT_MOST)
stored = Batches(publish, PUBLISHED_AT_ONCE)
"""Published behind the acknowledgement, which must not wait for a broker."""
