"""The one way to change what stands in a conversation's log, and to publish it.

    submit -> db.log.commit (a batch, one transaction) -> render -> publish

Nothing else stores changes, opens transactions or publishes what they did: publishing before the
commit cannot be written.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from operator import attrgetter

import render
from actions.batching import Batcher
from actions.errors import Invalid, Outdated
from db import engine, pins
from db.engine import Unavailable
from db.log import commit as log
from db.log.change import Change, Refusal
from db.log.commit import Stored
from db.messages import Message
from db.pins import Line
from db.reactions import EMOJI_OF_ALL, EMOJI_OF_ONE
from live import broker, publication
from live.publication import Publication

BATCH_LIMIT = 250
"""Changes that share a transaction. While the database stores a batch, the one before it is
published: with larger ones each waits for the other; with smaller ones the transaction's round
trips count."""

SENTENCES = {
    Refusal.NOT_A_PARTICIPANT: "You are no longer in this conversation.",
    Refusal.USED_ELSEWHERE: (
        "This was sent in another conversation already. Send again to send it here."
    ),
    Refusal.USED_FOR_OTHER_TEXT: (
        "This form was sent already, with another text. Send again to send this one too."
    ),
    Refusal.NO_ORIGINAL: (
        "The message that you reply to was unsent. Send again to send this without a reply."
    ),
    Refusal.NO_MESSAGE: "This message is gone.",
    Refusal.NOT_THE_AUTHOR: "Only the author of a message can do this.",
    Refusal.UNSENT: "This message was unsent.",
    Refusal.USED_AND_UNSENT: "This message was unsent. Send again to send it as a new one.",
    Refusal.TOO_MANY_PINNED: (
        f"{pins.MOST} messages are pinned here already. Unpin one to pin another."
    ),
    Refusal.TOO_MANY_REACTIONS_OF_ONE: (
        f"You have reacted to this message with {EMOJI_OF_ONE} emoji. Take one back to add another."
    ),
    Refusal.TOO_MANY_REACTIONS: (
        f"This message has {EMOJI_OF_ALL} different reactions. Choose one of them."
    ),
    Refusal.EVENT: "This line says what has happened. Nothing can be done with it.",
    Refusal.HAPPENED: "This is so already.",
    Refusal.OUTDATED: "This message was changed on another device. Both texts are below.",
    Refusal.NOT_SCHEDULED: "This message is no longer scheduled.",
}

logger = logging.getLogger("parley.changes")


def submit(change: Change) -> asyncio.Future[Stored]:
    """Store a change with its conversation's next revision, then publish the message as it is now.

    Changes are stored in the order of the calls. The future is done after the commit; it raises
    `Invalid` where the change is refused, and `engine.Unavailable` where nothing was acknowledged
    and the same change may be submitted again. A repeat is not stored, but published again.
    """
    return _changes.submit(change)


@asynccontextmanager
async def transaction(changes: int = 1) -> AsyncIterator[list[Publication]]:
    """A transaction of the current task, for what does not stand in a log.

    What the block appends to the list is published after the commit, in one go; where the block
    raises, it is rolled back and nothing is published.
    """
    publications: list[Publication] = []
    async with engine.transaction(changes):
        yield publications
    if publications:
        await broker.publish(*publications)


async def store_within(
    publications: list[Publication], changes: Sequence[Change]
) -> list[Stored | Refusal]:
    """Store changes in the block's `transaction`, to be published with what else it publishes.
    Conversations are locked first: no row of a user or participant may be changed before."""
    outcomes = await log.commit(changes)
    stored = [outcome for outcome in outcomes if isinstance(outcome, Stored)]
    publications += [changed(each.message, each.previous_revision, each.pinned) for each in stored]
    publications += active(stored)
    return outcomes


async def store(changes: Sequence[Change]) -> list[Stored | Exception]:
    """Commit a batch, and queue it to be published: the acknowledgement does not wait for that."""
    try:
        outcomes = await log.commit(changes)
    except Unavailable:
        raise
    except Exception as error:
        if len(changes) > 1:  # one that cannot be stored must not keep the others back
            return [outcome for change in changes for outcome in await store([change])]
        logger.exception("a change could not be stored")
        return [Unavailable(repr(error))]
    _publications.submit([outcome for outcome in outcomes if isinstance(outcome, Stored)])
    return [refused(outcome) if isinstance(outcome, Refusal) else outcome for outcome in outcomes]


def refused(refusal: Refusal) -> Invalid:
    kind = Outdated if refusal is Refusal.OUTDATED else Invalid
    return kind(body=SENTENCES[refusal])


async def publish(batches: Sequence[Sequence[Stored]]) -> Sequence[None]:
    """Publish what was stored: each message once, in the order of revisions."""
    messages = {
        (each.message.conversation_id, each.message.revision): each
        for batch in batches
        for each in batch
    }
    stored = [messages[key] for key in sorted(messages)]
    changes = (changed(each.message, each.previous_revision, each.pinned) for each in stored)
    await broker.publish(*changes, *active(stored))
    return [None] * len(batches)


def changed(
    message: Message, previous_revision: int | None = None, pinned: Line | None = None
) -> Publication:
    """A message as it is now, with what its conversation shows as pinned where that has changed:
    the same for every reader."""
    line = render.pinned_fragment(pinned) if pinned else ""
    return Publication(
        publication.conversation(message.conversation_id),
        line + render.message_fragment(message, is_cursor=True),
        message.revision,
        previous_revision=previous_revision,
    )


def active(stored: Iterable[Stored]) -> Iterable[Publication]:
    """The conversations whose lines in inboxes may have changed."""
    ids = dict.fromkeys(each.message.conversation_id for each in stored if each.is_said)
    return map(publication.activity, ids)


_changes = Batcher(store, BATCH_LIMIT, group=attrgetter("group"))
_publications = Batcher(publish, BATCH_LIMIT)
