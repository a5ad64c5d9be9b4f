"""Reading and leaving a conversation, and removing others from one's own group."""

from collections.abc import Iterable, Sequence

from actions import changes, inbox_ranks, receipts
from actions.batching import Batcher
from actions.changes import transaction
from actions.clock import now
from actions.errors import Invalid
from db import engine, participants
from db.conversations import Conversation
from db.events import Departure
from db.log.change import Refusal
from db.users import User
from live import publication
from live.publication import Publication

READS_AT_ONCE = 1_000


async def read(user: User, conversation_id: int, position: int) -> None:
    """Store that `user` has read up to the message at `position`. It never moves back."""
    async with engine.waiting():
        await reads.submit((conversation_id, user.id, position))


async def note(batch: list[tuple[int, int, int]]) -> Sequence[None]:
    """Store read positions by one statement, and update their owners' inboxes."""
    furthest: dict[tuple[int, int], int] = {}
    # Sorted: one lock order in every process, so there are no deadlocks.
    for conversation_id, user_id, position in sorted(batch):
        furthest[conversation_id, user_id] = position
    async with transaction(len(furthest)) as publications:
        moved = await participants.update_read(
            (*place, position) for place, position in furthest.items()
        )
        publications += [publication.activity(*place) for place in moved]
    inbox_ranks.read_by(user_id for _, user_id in moved)
    receipts.read((*place, position) for place, position in furthest.items())
    return [None] * len(batch)


reads = Batcher(note, READS_AT_ONCE)


async def mark_unread(user: User, conversation_id: int, position: int) -> None:
    """Mark the message at `position`, and all after it, as unread. A repeat changes nothing."""
    async with transaction() as publications:
        if await participants.mark_unread(conversation_id, user.id, position):
            publications.append(publication.activity(conversation_id, user.id))


async def mark_all_read(user: User) -> None:
    """Mark all messages in a user's conversations as read."""
    async with transaction() as publications:
        moved = await participants.mark_all_read(user.id)
        publications += [publication.activity(id, user.id) for id in moved]
    inbox_ranks.read_by([user.id])
    receipts.read((id, user.id, position) for id, position in moved.items())


async def leave(user: User, conversation: Conversation) -> None:
    """Leave a group. Raises `Invalid` for any other conversation."""
    await end_participation(user, conversation, user.id)


async def remove(remover: User, conversation: Conversation, user_id: int) -> None:
    """Remove a user from a group that `remover` has created. Raises `Invalid`."""
    if remover.id not in (conversation.creator_id, user_id):
        raise Invalid(form="Only the person who created this group can remove people from it.")
    await end_participation(remover, conversation, user_id)


async def end_participation(by: User, conversation: Conversation, user_id: int) -> None:
    """From the commit on the user can neither read nor write there; their streams end at once. A
    line of the log says so to those who stay. A repeat changes nothing."""
    if conversation.kind != "group":
        raise Invalid(form="A conversation between two people cannot be left.")
    async with transaction() as publications:
        await depart(publications, by, user_id, [conversation.id])


async def depart(
    publications: list[Publication], by: User, user_id: int, conversation_ids: Iterable[int]
) -> None:
    """End a user's participation in groups, in the block's transaction."""
    kind = "left" if by.id == user_id else "removed"
    departures = [Departure(id, by.id, kind, now(), user_id) for id in conversation_ids]
    lines: list[Publication] = []
    outcomes = await changes.store_within(lines, departures)
    left = [
        departure.conversation_id
        for departure, outcome in zip(departures, outcomes, strict=True)
        if not isinstance(outcome, Refusal)
    ]
    publications += [publication.removal(user_id, id) for id in left]
    publications += lines
    publications += people_changed(user_id, left)
    publications += publication.receipts_moved((id, user_id) for id in left)


def people_changed(user_id: int, conversation_ids: Iterable[int]) -> list[Publication]:
    """What to publish when a user was renamed in these conversations, or has left them."""
    return [
        each
        for id in conversation_ids
        for each in (publication.people(id, user_id), publication.activity(id))
    ]
