"""The log of each conversation."""

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from db import engine
from db.engine.dialect import each


class Sent(NamedTuple):
    """What somebody has sent, and the log may not hold yet."""

    conversation_id: int
    author_id: int
    client_id: str
    body: str
    created_at: int


class Message(NamedTuple):
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


MESSAGE = """
    m.conversation_id, m.position, m.revision, m.author_id, u.name AS author_name,
    m.client_id, m.body, m.created_at,
    p.author_id AS previous_author_id, p.created_at AS previous_created_at
"""
NEIGHBOURS = """
    JOIN users u ON u.id = m.author_id
    LEFT JOIN messages p
      ON p.conversation_id = m.conversation_id AND p.position = m.previous_position
"""
MESSAGES = f"""
    SELECT {MESSAGE}
    FROM messages m
    {NEIGHBOURS}
"""


HELD = """
    (
        SELECT CAST(value ->> 0 AS BIGINT) AS conversation_id,
               CAST(value ->> 1 AS BIGINT) AS revision
        FROM {each}
    ) AS held
"""


async def get_by_client_id(author_id: int, client_id: str) -> Message | None:
    row = await engine.row(
        f"{MESSAGES} WHERE m.author_id = :author_id AND m.client_id = :client_id",
        author_id=author_id,
        client_id=client_id,
    )
    return message(row) if row else None


async def list_changed(
    cursors: Iterable[tuple[int, int]],
) -> dict[tuple[int, int], list[Message]]:
    """For conversations and revisions: what has changed since, in the order of the changes."""
    wanted = set(cursors)
    held = HELD.format(each=each("cursors"))
    rows = await engine.rows(
        f"""
        SELECT {MESSAGE}, held.revision AS held
        FROM {held} JOIN messages m
          ON m.conversation_id = held.conversation_id AND m.position > held.revision
        {NEIGHBOURS}
        UNION ALL
        SELECT {MESSAGE}, held.revision AS held
        FROM {held} JOIN messages m
          ON m.conversation_id = held.conversation_id AND m.revision > held.revision
            AND m.revision > m.position AND m.position <= held.revision
        {NEIGHBOURS}
        ORDER BY 3  -- the revision
        """,
        cursors=json.dumps(list(wanted)),
    )
    changed: dict[tuple[int, int], list[Message]] = {cursor: [] for cursor in wanted}
    for row in rows:
        *values, held = row
        changed[row["conversation_id"], held].append(message(values))
    return changed


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


def message(row: Iterable[Any]) -> Message:
    return Message(*row)
