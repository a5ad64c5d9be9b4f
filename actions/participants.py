"""What a participant does to their own place in a conversation, and a group's maker to others'."""

from actions.conversations import inbox_changes
from actions.invalid import Invalid
from db import engine, participants
from db.conversations import Conversation
from db.users import User
from live import broker, publication


async def read(user: User, conversation_id: int, position: int) -> None:
    """Note that `user` has read up to the message at `position`; never backwards."""
    async with engine.transaction():
        moved = await participants.update_read(conversation_id, user.id, position)
    if moved:
        await broker.publish(*inbox_changes([user.id], conversation_id))


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
            *inbox_changes([user_id], conversation.id),
        )
