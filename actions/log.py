"""Writing to the log: everything that was sent at the same time, at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from actions.invalid import Invalid
from db import conversations, engine, messages
from db.engine import Taken, Unavailable
from db.messages import Message, Sent, Standing
from db.steps import Steps

TRIES = 3
"""How often it is tried to store what collides with what other processes store at this moment."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """The author has used this client_id before. This is the first message, as it is now."""

    message: Message


Outcome = Message | Repeat | Invalid | Unavailable


Add = Callable[[Sequence[Message], Sequence[int | None]], Steps[set[int]]]


class Place(Enum):
    """Where something sent is that is not stored now."""

    REPEATED = "it stands in a log already"
    HELD_BACK = "its log has to be locked: others write to it, or its rank has to follow"


async def append(batch: Sequence[Sent]) -> list[Outcome]:
    """What became of each: the message as it is stored now, the first one where it is a repeat, or
    the refusal. Those of one conversation get its next revisions, in the order of the batch.

    Committed when it returns. Raises `engine.Unavailable`, with nothing acknowledged; where only a
    repeat's first message could not be read, or others kept writing to a log, that stands in its
    place.
    """
    placed = await commit(batch)
    for _ in range(1, TRIES):
        held_back = [n for n, place in enumerate(placed) if place is Place.HELD_BACK]
        if not held_back:
            break
        places = await commit_locked([batch[n] for n in held_back])
        for n, place in zip(held_back, places, strict=True):
            placed[n] = place
    return [
        await outcome(sent, place) if isinstance(place, Place) else place
        for sent, place in zip(batch, placed, strict=True)
    ]


async def commit(batch: Sequence[Sent]) -> list[Outcome | Place]:
    """Store what is new of a batch, where no other process is faster."""
    try:
        return await engine.write(put(batch, messages.add), len(batch))
    except Taken:
        return [Place.HELD_BACK] * len(batch)


async def commit_locked(batch: Sequence[Sent]) -> list[Outcome | Place]:
    """Store it while no other process writes there."""
    try:
        async with engine.transaction(len(batch)):
            await conversations.lock({sent.conversation_id for sent in batch})
            return await engine.write(put(batch, messages.add_locked))
    except Taken:
        return [Place.HELD_BACK] * len(batch)
    except Unavailable as error:
        return [error] * len(batch)


def put(batch: Sequence[Sent], add: Add) -> Steps[list[Outcome | Place]]:
    """Read where the logs end, and put what is new behind that."""
    log = Log((yield from messages.list_standing(batch)))
    placed = [log.place(sent) for sent in batch]
    if log.messages:
        stored = yield from add(log.messages, log.previous_positions)
        for n, sent in enumerate(batch):
            if sent.conversation_id in log.ends and sent.conversation_id not in stored:
                placed[n] = Place.HELD_BACK
    return placed


async def outcome(sent: Sent, place: Place) -> Outcome:
    if place is Place.HELD_BACK:
        return Unavailable("other processes keep writing to this conversation")
    return await first(sent)


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


class Log:
    """Where the logs of a batch's conversations end, while the batch is put behind them."""

    def __init__(self, standing: dict[tuple[int, int, str], Standing]) -> None:
        self._standing = standing
        self._new: set[tuple[int, str]] = set()
        self.messages: list[Message] = []
        self.previous_positions: list[int | None] = []
        self.ends: dict[int, Message] = {}
        """The last new message of each conversation."""

    def place(self, sent: Sent) -> Outcome | Place:
        """Put something sent at the end of its log."""
        standing = self._standing.get((sent.conversation_id, sent.author_id, sent.client_id))
        if standing is None:
            return Invalid(body="You are no longer in this conversation.")
        if standing.is_repeat or (sent.author_id, sent.client_id) in self._new:
            return Place.REPEATED
        end = self.ends.get(sent.conversation_id)
        position = 1 + (end.position if end else standing.revision)
        message = Message(
            sent.conversation_id,
            position,
            position,
            sent.author_id,
            standing.author_name,
            sent.client_id,
            sent.body,
            sent.created_at,
            end.author_id if end else standing.last_author_id,
            end.created_at if end else standing.last_created_at,
        )
        self.previous_positions.append(end.position if end else standing.last_position or None)
        self._new.add((sent.author_id, sent.client_id))
        self.messages.append(message)
        self.ends[sent.conversation_id] = message
        return message
