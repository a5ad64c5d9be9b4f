"""What a participant does to their own place in a conversation, and a group's maker to others'."""

from collections.abc import Sequence

from actions import inbox_ranks
from actions.batching import Batcher
from actions.changes import transaction
from actions.errors import Invalid
from db import engine, participants
from db.conversations import Conversation
from db.users import User
from live import publication

READS_AT_ONCE = 1_000


async def read(user: User, conversation_id: int, position: int) -> None:
    """Note that `user` has read up to the message at `position`; never backwards."""
    async with engine.waiting():
        await reads.submit((conversation_id, user.id, position))


async def note(batch: list[tuple[int, int, int]]) -> Sequence[None]:
    """Store read positions by one statement, and tell their owners' inboxes."""
    furthest: dict[tuple[int, int], int] = {}
    # In one order in every process, so that two of them do not wait for each other's rows.
    for conversation_id, user_id, position in sorted(batch):
        furthest[conversation_id, user_id] = position
    async with transaction(len(furthest)) as outbox:
        moved = await participants.update_read(
            (*place, position) for place, position in furthest.items()
        )
        outbox += [publication.activity(*place) for place in moved]
    inbox_ranks.read_by(user_id for _, user_id in moved)
    return [None] * len(batch)


reads = Batcher(note, READS_AT_ONCE)


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
    async with transaction() as outbox:
        if await participants.remove(conversation.id, user_id):
            outbox.append(publication.removal(user_id, conversation.id))
            outbox.append(publication.activity(conversation.id, user_id))
