"""What a participant does to their own place in a conversation."""

from actions.conversations import inbox_changes
from db import engine, participants
from db.users import User
from live import broker


async def read(user: User, conversation_id: int, position: int) -> None:
    """Note that `user` has read up to the message at `position`; never backwards."""
    async with engine.transaction():
        moved = await participants.update_read(conversation_id, user.id, position)
    if moved:
        await broker.publish(*inbox_changes([user.id], conversation_id))
