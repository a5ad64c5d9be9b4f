"""Who takes part in which conversation, and how far they have read."""

from db import engine
from db.users import User


async def add(conversation_id: int, user_id: int) -> None:
    await engine.row(
        """
        INSERT INTO participants (conversation_id, user_id) VALUES (:conversation_id, :user_id)
        RETURNING user_id
        """,
        conversation_id=conversation_id,
        user_id=user_id,
    )


async def list_people(conversation_id: int) -> list[User]:
    """The people of a conversation, by name."""
    rows = await engine.rows(
        """
        SELECT u.id, u.username, u.name FROM participants p JOIN users u ON u.id = p.user_id
        WHERE p.conversation_id = :conversation_id
        ORDER BY u.name_folded, u.id
        """,
        conversation_id=conversation_id,
    )
    return [User(row["id"], row["username"], row["name"]) for row in rows]


async def list_ids(conversation_id: int) -> list[int]:
    rows = await engine.rows(
        "SELECT user_id FROM participants WHERE conversation_id = :conversation_id",
        conversation_id=conversation_id,
    )
    return [row["user_id"] for row in rows]


async def remove(conversation_id: int, user_id: int) -> bool:
    """Take somebody out of a conversation; False where they were not in it."""
    row = await engine.row(
        """
        DELETE FROM participants
        WHERE conversation_id = :conversation_id AND user_id = :user_id
        RETURNING user_id
        """,
        conversation_id=conversation_id,
        user_id=user_id,
    )
    return row is not None


async def remove_from_groups(user_id: int) -> list[int]:
    """Take somebody out of every group; the ids of those groups."""
    rows = await engine.rows(
        """
        DELETE FROM participants
        WHERE user_id = :user_id
          AND conversation_id IN (SELECT id FROM conversations WHERE kind = 'group')
        RETURNING conversation_id
        """,
        user_id=user_id,
    )
    return [row["conversation_id"] for row in rows]


async def update_read(conversation_id: int, user_id: int, position: int) -> bool:
    """Move somebody's read position forward to that of a message; False where nothing changed."""
    row = await engine.row(
        """
        UPDATE participants SET read_position = :position
        WHERE conversation_id = :conversation_id AND user_id = :user_id
          AND read_position < :position
          AND EXISTS (
            SELECT 1 FROM messages
            WHERE conversation_id = :conversation_id AND position = :position
          )
        RETURNING read_position
        """,
        conversation_id=conversation_id,
        user_id=user_id,
        position=position,
    )
    return row is not None
