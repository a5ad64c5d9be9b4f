"""Writing to the log: everything that was sent at the same time, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

from actions.invalid import Invalid
from db import conversations, engine, messages, ranks
from db.engine import Unavailable
from db.messages import Message, Sent, Standing

TRIES = 3
"""How often a batch is tried whose client_ids another process is storing at this moment."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """The author has used this client_id before. This is the first message, as it is now."""

    message: Message


Outcome = Message | Repeat | Invalid | Unavailable


class Collided(Exception):
    """Another process has stored one of these client_ids meanwhile; all is rolled back."""


async def append(batch: Sequence[Sent]) -> list[Outcome]:
    """What became of each: the message as it is stored now, the first one where it is a repeat, or
    the refusal. Those of one conversation get its next revisions, in the order of the batch.

    Committed when it returns. Raises `engine.Unavailable`, with nothing acknowledged; where only a
    repeat's first message could not be read, that stands in its place.
    """
    for _ in range(TRIES):
        try:
            placed = await commit(batch)
        except Collided:
            continue
        return [
            await first(sent) if place is None else place
            for sent, place in zip(batch, placed, strict=True)
        ]
    raise Unavailable("other processes are storing the same client_ids")


async def commit(batch: Sequence[Sent]) -> list[Message | Invalid | None]:
    """Store what is new of a batch; None stands for what is not."""
    async with engine.transaction(len(batch)):
        await conversations.lock({sent.conversation_id for sent in batch})
        standing = await messages.list_standing(batch)
        log = Log(standing)
        placed = [log.place(sent) for sent in batch]
        if log.messages:
            if await messages.add(log.messages, log.previous_positions) < len(log.messages):
                raise Collided
            moved = await conversations.advance(
                (message.conversation_id, message.position, message.created_at)
                for message in log.ends.values()
            )
            await ranks.follow(moved)
    return placed


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

    def place(self, sent: Sent) -> Message | Invalid | None:
        """Put something sent at the end of its log. None where it stands in one already."""
        standing = self._standing.get((sent.conversation_id, sent.author_id, sent.client_id))
        if standing is None:
            return Invalid(body="You are no longer in this conversation.")
        if standing.is_repeat or (sent.author_id, sent.client_id) in self._new:
            return None
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
