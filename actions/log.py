"""Writing to the log: everything that was sent at the same time, at once."""

from collections.abc import Awaitable, Callable, Container, Sequence
from dataclasses import dataclass

from actions.errors import Invalid
from db import conversations, engine, log, messages
from db.engine import Conflict, Unavailable
from db.log import Refusal
from db.messages import Message, Sent


@dataclass(frozen=True, slots=True)
class Repeat:
    """The author has used this client_id before. This is the first message, as it is now."""

    message: Message


Outcome = Message | Repeat | Invalid | Unavailable
Placed = Message | Refusal | Unavailable


async def append(batch: Sequence[Sent]) -> list[Outcome]:
    """What became of each: the message as it is stored now, the first one where it is a repeat, or
    the refusal. Those of one conversation get its next revisions, in the order of the batch.

    Committed when it returns. Raises `engine.Unavailable`, with nothing acknowledged; where only a
    part could not be stored, or a repeat's first message not be read, that stands in its place.
    """
    placed = list(await commit(batch))
    await retry(batch, placed, {Refusal.OVERTAKEN}, commit)
    for _ in range(2):  # a client_id may be taken even then, once
        await retry(batch, placed, {Refusal.OVERTAKEN, Refusal.HELD_BACK}, commit_locked)
    return [
        await outcome(sent, place) if isinstance(place, Refusal) else place
        for sent, place in zip(batch, placed, strict=True)
    ]


async def retry(
    batch: Sequence[Sent],
    placed: list[Placed],
    refusals: Container[object],
    commit: Callable[[Sequence[Sent]], Awaitable[Sequence[Placed]]],
) -> None:
    """Once more for what was refused for one of these reasons."""
    if again := [n for n, place in enumerate(placed) if place in refusals]:
        try:
            places = await commit([batch[n] for n in again])
        except Unavailable as error:
            places = [error] * len(again)
        for n, place in zip(again, places, strict=True):
            placed[n] = place


async def commit(batch: Sequence[Sent]) -> Sequence[Placed]:
    """Store what is new of a batch, where no other process is faster."""
    try:
        return await engine.write(log.add(batch), len(batch))
    except Conflict:
        return [Refusal.OVERTAKEN] * len(batch)


async def commit_locked(batch: Sequence[Sent]) -> Sequence[Placed]:
    """Store it while no other process writes there."""
    try:
        async with engine.transaction(len(batch)):
            await conversations.lock({sent.conversation_id for sent in batch})
            return await engine.write(log.add_locked(batch))
    except Conflict:
        return [Refusal.OVERTAKEN] * len(batch)


async def outcome(sent: Sent, refusal: Refusal) -> Outcome:
    """What a refusal means to its author."""
    if refusal is Refusal.REPEATED:
        return await first(sent)
    if refusal is Refusal.NO_PARTICIPANT:
        return Invalid(body="You are no longer in this conversation.")
    return Unavailable("other processes keep writing to this conversation")


async def first(sent: Sent) -> Outcome:
    """The message that a repeat repeats."""
    try:
        message = await messages.get_by_client_id(sent.author_id, sent.client_id)
    except Unavailable as error:
        return error
    if message is None or message.conversation_id != sent.conversation_id:
        return Invalid(
            body="This was sent in another conversation already. Send again to send it here."
        )
    return Repeat(message)
