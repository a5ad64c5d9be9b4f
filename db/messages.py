"""The log of each conversation."""

from dataclasses import dataclass

from databases.interfaces import Record

from db import engine


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is now, with what stands before it; times in milliseconds since 1970."""

    conversation_id: int
    position: int
    revision: int
    author_id: int
    author_name: str
    client_id: str
    body: str
    created_at: int
    previous_author_id: int | None
    previous_created_at: int | None


MESSAGES = """
    SELECT m.conversation_id, m.position, m.revision, m.author_id, u.name AS author_name,
           m.client_id, m.body, m.created_at,
           p.author_id AS previous_author_id, p.created_at AS previous_created_at
    FROM messages m
    JOIN users u ON u.id = m.author_id
    LEFT JOIN messages p
      ON p.conversation_id = m.conversation_id AND p.position = m.previous_position
"""


async def add(
    conversation_id: int, revision: int, author_id: int, client_id: str, body: str, created_at: int
) -> bool:
    """Store a message at `revision`, its place for ever.

    False, and nothing stored, where the author has used this client_id before. To be called in
    the transaction that has raised the conversation's revision.
    """
    row = await engine.row(
        """
        INSERT INTO messages (
            conversation_id, position, previous_position, revision,
            author_id, client_id, body, created_at
        )
        VALUES (
            :conversation_id, :revision,
            (SELECT MAX(position) FROM messages WHERE conversation_id = :conversation_id),
            :revision, :author_id, :client_id, :body, :created_at
        )
        ON CONFLICT (author_id, client_id) DO NOTHING
        RETURNING position
        """,
        conversation_id=conversation_id,
        revision=revision,
        author_id=author_id,
        client_id=client_id,
        body=body,
        created_at=created_at,
    )
    return row is not None


async def get_by_client_id(author_id: int, client_id: str) -> Message | None:
    row = await engine.row(
        f"{MESSAGES} WHERE m.author_id = :author_id AND m.client_id = :client_id",
        author_id=author_id,
        client_id=client_id,
    )
    return message(row) if row else None


async def changed_after(conversation_id: int, revision: int, limit: int) -> list[Message]:
    """What has changed since `revision`, in the order of the changes."""
    rows = await engine.rows(
        f"""
        {MESSAGES}
        WHERE m.conversation_id = :conversation_id AND m.revision > :revision
        ORDER BY m.revision LIMIT :limit
        """,
        conversation_id=conversation_id,
        revision=revision,
        limit=limit,
    )
    return [message(row) for row in rows]


async def before(conversation_id: int, position: int, limit: int) -> list[Message]:
    """The last messages before a position, oldest first."""
    rows = await engine.rows(
        f"""
        {MESSAGES}
        WHERE m.conversation_id = :conversation_id AND m.position < :position
        ORDER BY m.position DESC LIMIT :limit
        """,
        conversation_id=conversation_id,
        position=position,
        limit=limit,
    )
    return [message(row) for row in reversed(rows)]


async def after(conversation_id: int, position: int, limit: int) -> list[Message]:
    """The first messages after a position, oldest first."""
    rows = await engine.rows(
        f"""
        {MESSAGES}
        WHERE m.conversation_id = :conversation_id AND m.position > :position
        ORDER BY m.position LIMIT :limit
        """,
        conversation_id=conversation_id,
        position=position,
        limit=limit,
    )
    return [message(row) for row in rows]


def message(row: Record) -> Message:
    return Message(**row._mapping)
