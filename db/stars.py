"""Starred messages: those that a user keeps for themselves. They do not stand in a log.

What is unsent, and what is in conversations that the user has left, is not among them.
"""

from typing import NamedTuple

from db import engine

MOST_MARKED = 1_000
"""Starred messages of a conversation, the newest, that its page marks."""

STARRED = """
    FROM stars s
    JOIN participants me ON me.conversation_id = s.conversation_id AND me.user_id = s.user_id
    JOIN messages m ON m.conversation_id = s.conversation_id AND m.position = s.position
    WHERE s.user_id = :user_id AND m.unsent_at IS NULL
"""


class Star(NamedTuple):
    starred_at: int
    conversation_id: int
    position: int


async def add(user_id: int, conversation_id: int, position: int, starred_at: int) -> None:
    """Star a message that is not unsent; a repeat changes nothing."""
    await engine.execute(
        """
        INSERT INTO stars (user_id, conversation_id, position, starred_at)
        SELECT :user_id, conversation_id, position, :starred_at FROM messages
        WHERE conversation_id = :conversation_id AND position = :position AND unsent_at IS NULL
          AND event IS NULL
        ON CONFLICT DO NOTHING
        """,
        user_id=user_id,
        conversation_id=conversation_id,
        position=position,
        starred_at=starred_at,
    )


async def remove(user_id: int, conversation_id: int, position: int) -> None:
    await engine.execute(
        """
        DELETE FROM stars WHERE user_id = :user_id
          AND conversation_id = :conversation_id AND position = :position
        """,
        user_id=user_id,
        conversation_id=conversation_id,
        position=position,
    )


async def remove_all(user_id: int) -> None:
    await engine.execute("DELETE FROM stars WHERE user_id = :user_id", user_id=user_id)


async def list_latest(user_id: int, before: Star | None, limit: int) -> list[Star]:
    """What a user has starred, the last first."""
    rows = await engine.rows(
        f"""
        SELECT s.starred_at, s.conversation_id, s.position
        {STARRED}
          AND (s.starred_at, s.conversation_id, s.position)
            < (:starred_at, :conversation_id, :position)
        ORDER BY s.starred_at DESC, s.conversation_id DESC, s.position DESC LIMIT :limit
        """,
        user_id=user_id,
        limit=limit,
        **(before or LAST)._asdict(),
    )
    return [Star(**row) for row in rows]


LAST = Star(2**53, 0, 0)


async def list_positions(user_id: int, conversation_id: int) -> list[int]:
    """The positions of what a user has starred in a conversation, the newest first."""
    rows = await engine.rows(
        """
        SELECT position FROM stars
        WHERE user_id = :user_id AND conversation_id = :conversation_id
        ORDER BY position DESC LIMIT :limit
        """,
        user_id=user_id,
        conversation_id=conversation_id,
        limit=MOST_MARKED,
    )
    return [row["position"] for row in rows]


async def is_any(user_id: int, conversation_id: int) -> bool:
    """Whether a user has starred a message of a conversation."""
    row = await engine.row(
        """
        SELECT 1 AS found FROM stars
        WHERE user_id = :user_id AND conversation_id = :conversation_id LIMIT 1
        """,
        user_id=user_id,
        conversation_id=conversation_id,
    )
    return row is not None


async def has(user_id: int, conversation_id: int, position: int) -> bool:
    """Whether a user has starred a message."""
    row = await engine.row(
        """
        SELECT 1 AS found FROM stars
        WHERE user_id = :user_id AND conversation_id = :conversation_id AND position = :position
        """,
        user_id=user_id,
        conversation_id=conversation_id,
        position=position,
    )
    return row is not None
