"""What a participant does to their own place in a conversation, and a group's maker to others'."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from actions.batches import Batches
from actions.invalid import Invalid
from db import engine, participants
from db.conversations import Conversation
from db.engine import Unavailable
from db.users import User
from live import broker, publication

READS_AT_ONCE = 1_000


async def read(user: User, conversation_id: int, position: int) -> None:
    """Note that `user` has read up to the message at `position`; never backwards."""
    settled: asyncio.Future[Unavailable | None] = asyncio.get_running_loop().create_future()

    def settle(error: Unavailable | None) -> None:
        if not settled.done():
            settled.set_result(error)

    post_read(user, conversation_id, position, settle)
    async with engine.waiting():
        error = await settled
    if error:
        raise error


def post_read(
    user: User,
    conversation_id: int,
    position: int,
    settle: Callable[[Unavailable | None], None] = lambda _: None,
) -> None:
    """Do so together with what others have read, and tell `settle` how it ended."""
    reads.add(Read(conversation_id, user.id, position, settle))


@dataclass(frozen=True, slots=True)
class Read:
    """Somebody has read up to a position, and who is told once that is noted."""

    conversation_id: int
    user_id: int
    position: int
    settle: Callable[[Unavailable | None], None]


async def note(batch: list[Read]) -> None:
    """Store read positions in one transaction, and tell their owners' inboxes."""
    furthest: dict[tuple[int, int], int] = {}
    for read in batch:
        place = (read.conversation_id, read.user_id)
        furthest[place] = max(read.position, furthest.get(place, 0))
    moved: list[tuple[int, int]] = []
    failure: Unavailable | None = None
    try:
        async with engine.transaction(len(furthest)):
            moved = await participants.update_read(
                (*place, position) for place, position in furthest.items()
            )
    except Unavailable as error:
        failure = error
    for read in batch:
        read.settle(failure)
    if moved:
        await broker.publish(*(publication.activity(*place) for place in moved))


reads = Batches(note, READS_AT_ONCE)


async def leave(user: User, conversation: Conversation) -> None:
    """Go out of a group. Raises `Invalid` for any other conversation."""
    await take_out(conversation, user.id)


async def remove(remover: User, conversation: Conversation, user_id: int) -> None:
    """Take somebody out of a group that `remover` has made. Raises `Invalid`."""
    if remover.id not in (conversation.creator_id, user_id):
        raise Invalid(form="Only whoever has made a group can take others out of it.")
    await take_out(conversation, user_id)


async def take_out(conversation: Conversation, user_id: int) -> None:
    """From the commit on they can neither read nor write; what they follow ends at once."""
    if conversation.kind != "group":
        raise Invalid(form="A conversation of two cannot be left.")
    async with engine.transaction():
        removed = await participants.remove(conversation.id, user_id)
    if removed:
        await broker.publish(
            publication.removal(user_id, conversation.id),
            publication.activity(conversation.id, user_id),
        )
