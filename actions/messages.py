"""Sending messages: validate, store, render once, publish."""

import asyncio
import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import render
from actions import log
from actions.batches import Batches
from actions.clock import now
from actions.invalid import Invalid
from actions.log import Repeat
from actions.text import clean, is_blank
from db import engine
from db.engine import Unavailable
from db.messages import Message, Sent
from db.users import User
from live import broker, publication
from live.publication import Publication

BODY_LENGTH = 8_000

STORED_AT_ONCE = 200
"""Messages that share a transaction. All of them are rendered in one go after it, in 2 ms."""

Outcome = Message | Repeat | Invalid | Unavailable

logger = logging.getLogger("parley.messages")


async def send(author: User, conversation_id: int, client_id: str, body: str) -> Message:
    """The stored message, committed and on its way to every participant.

    A repeated client_id returns the first message, whatever the body, and publishes it again.
    Raises `Invalid` where it cannot be stored as it is; `engine.Unavailable` where nothing was
    acknowledged and the same client_id may be tried again.
    """
    settled: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

    def settle(outcome: Outcome) -> None:
        if not settled.done():
            settled.set_result(outcome)

    post(author, conversation_id, client_id, body, settle)
    async with engine.waiting():
        outcome = await settled
    if isinstance(outcome, Exception):
        raise outcome
    return outcome.message if isinstance(outcome, Repeat) else outcome


def post(
    author: User,
    conversation_id: int,
    client_id: str,
    body: str,
    settle: Callable[[Outcome], None],
) -> None:
    """Send a message; `settle` is told after the commit what became of it.

    Raises `Invalid` at once where it can be seen that it cannot be stored. What is posted by one
    caller is stored in the order of the calls.
    """
    sent = Sent(conversation_id, author.id, canonical(client_id), validate(body), now())
    batches.add(Sending(sent, settle))


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


@dataclass(frozen=True, slots=True)
class Sending:
    """Something sent, and who is told what became of it."""

    sent: Sent
    settle: Callable[[Outcome], None]


async def store(batch: list[Sending]) -> None:
    """Store a batch in one transaction, say so to those who sent it, and publish it."""
    outcomes: Sequence[Outcome]
    try:
        outcomes = await log.append([sending.sent for sending in batch])
    except Unavailable as error:
        outcomes = [error] * len(batch)
    except Exception as error:
        if len(batch) > 1:  # one that cannot be stored must not keep the others back
            for sending in batch:
                await store([sending])
            return
        logger.exception("a message could not be stored")
        outcomes = [Unavailable(repr(error))]
    for sending, outcome in zip(batch, outcomes, strict=True):
        sending.settle(outcome)
    await publish(outcomes)


async def publish(outcomes: Sequence[Outcome]) -> None:
    """Tell everybody of what was stored, and once more of what was repeated."""
    new = [outcome for outcome in outcomes if isinstance(outcome, Message)]
    repeated = [outcome.message for outcome in outcomes if isinstance(outcome, Repeat)]
    active = dict.fromkeys(message.conversation_id for message in new)
    if changed := (*new, *repeated):
        await broker.publish(*map(change, changed), *map(publication.activity, active))


def change(message: Message) -> Publication:
    """What is published when a message has changed: the message as it is now, for everybody."""
    return Publication(
        publication.conversation(message.conversation_id),
        render.message_fragment(message, message.revision),
        message.revision,
    )


batches = Batches(store, STORED_AT_ONCE)
