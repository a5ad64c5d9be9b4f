"""The log of each conversation."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from db import engine, ranks
from db.dialect import each, is_postgresql
from db.statement import Row, Statement
from db.steps import Steps


@dataclass(frozen=True, slots=True)
class Sent:
    """What somebody has sent, and the log does not hold yet."""

    conversation_id: int
    author_id: int
    client_id: str
    body: str
    created_at: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What the log says to something sent: who sends it, where the log ends, and whether it is a
    repeat: the author has used this client_id before."""

    author_name: str
    revision: int
    last_position: int
    last_author_id: int | None
    last_created_at: int | None
    is_repeat: bool


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


def list_standing(sent: Sequence[Sent]) -> Steps[dict[tuple[int, int, str], Standing]]:
    """Of everything sent what the log says to it, by conversation, author and client_id.

    Without those whose author is no participant.
    """
    rows = yield Statement(
        f"""
        WITH sent AS (
            SELECT CAST(value ->> 0 AS BIGINT) AS conversation_id,
                   CAST(value ->> 1 AS BIGINT) AS author_id,
                   CAST(value ->> 2 AS TEXT) AS client_id
            FROM {each("sent")}
        ), allowed AS MATERIALIZED (  -- see conversations.participants_at
            SELECT sent.* FROM sent JOIN participants p
              ON p.conversation_id = sent.conversation_id AND p.user_id = sent.author_id
        )
        SELECT allowed.conversation_id, allowed.author_id, allowed.client_id, u.name AS author_name,
               c.revision, c.last_position, last.author_id AS last_author_id,
               last.created_at AS last_created_at, earlier.position IS NOT NULL AS is_repeat
        FROM allowed
        JOIN users u ON u.id = allowed.author_id
        JOIN conversations c ON c.id = allowed.conversation_id
        LEFT JOIN messages last
          ON last.conversation_id = c.id AND last.position = c.last_position
        LEFT JOIN messages earlier
          ON earlier.author_id = allowed.author_id AND earlier.client_id = allowed.client_id
        """,
        {"sent": json.dumps([(s.conversation_id, s.author_id, s.client_id) for s in sent])},
    )
    return {(row[0], row[1], row[2]): standing(row) for row in rows}


def standing(row: Row) -> Standing:
    return Standing(
        row["author_name"],
        row["revision"],
        row["last_position"],
        row["last_author_id"],
        row["last_created_at"],
        bool(row["is_repeat"]),
    )


def add(messages: Sequence[Message], previous: Sequence[int | None]) -> Steps[set[int]]:
    """Put messages, each with the position before its own, at the ends of their logs. Returns the
    conversations where that was done: all of what is new there, or nothing where the log has to be
    locked for it, since another process has written to it after it was read, or its rank is over.

    The database refuses all of it where an author has used a client_id before.
    """
    if not is_postgresql():  # a transaction has locked the whole file
        return (yield from add_locked(messages, previous))
    rows = yield Statement(add_in_one(), values_of(messages, previous))
    return {row[0] for row in rows}


def add_locked(messages: Sequence[Message], previous: Sequence[int | None]) -> Steps[set[int]]:
    """The same in a transaction that has locked the conversations: nothing is in its way."""
    values = values_of(messages, previous)
    yield Statement(insert(), values)
    rows = yield Statement(
        f"""
        WITH {log_ends()} {ADVANCE}
        RETURNING conversations.id, conversations.ranked_at = conversations.active_at AS is_new
        """,
        values,
    )
    yield from ranks.follow([row[0] for row in rows if row[1]])
    return {row[0] for row in rows}


def values_of(messages: Sequence[Message], previous: Sequence[int | None]) -> dict[str, object]:
    ends = {message.conversation_id: message for message in messages}
    begins = {message.conversation_id: message for message in reversed(messages)}
    return {
        "ends": json.dumps(
            [(id, begins[id].position - 1, end.position, end.created_at)
             for id, end in ends.items()]
        ),
        "messages": json.dumps(
            [
                (m.conversation_id, m.position, before, m.author_id, m.client_id, m.body,
                 m.created_at)
                for m, before in zip(messages, previous, strict=True)
            ]
        ),
    }  # fmt: skip


def add_in_one() -> str:
    """Logs are locked in the order of their ids, so that no two processes wait for each other."""
    return f"""
        WITH {log_ends()}, free AS (
            SELECT conversations.id FROM ends JOIN conversations
              ON conversations.id = ends.id AND conversations.revision = ends.held
            WHERE {ranks.holds("ends.active_at")}
            ORDER BY conversations.id FOR UPDATE OF conversations
        ), advanced AS (
            {ADVANCE} AND conversations.id IN (SELECT free.id FROM free)
            RETURNING conversations.id
        )
        {insert()} AND new.conversation_id IN (SELECT advanced.id FROM advanced)
        RETURNING conversation_id
    """


ADVANCE = f"""
    UPDATE conversations
    SET revision = ends.position, last_position = ends.position, active_at = ends.active_at,
        ranked_at = {ranks.after("ends.active_at")}
    FROM ends WHERE conversations.id = ends.id AND conversations.revision = ends.held
"""


def log_ends() -> str:
    return f"""
        ends AS (
            SELECT CAST(value ->> 0 AS BIGINT) AS id, CAST(value ->> 1 AS BIGINT) AS held,
                   CAST(value ->> 2 AS BIGINT) AS position, CAST(value ->> 3 AS BIGINT) AS active_at
            FROM {each("ends")}
        )
    """


def insert() -> str:
    return f"""
        INSERT INTO messages (
            conversation_id, position, previous_position, revision,
            author_id, client_id, body, created_at
        )
        SELECT new.* FROM (
            SELECT CAST(value ->> 0 AS BIGINT) AS conversation_id, CAST(value ->> 1 AS BIGINT),
                   CAST(value ->> 2 AS BIGINT), CAST(value ->> 1 AS BIGINT),
                   CAST(value ->> 3 AS BIGINT), CAST(value ->> 4 AS TEXT),
                   CAST(value ->> 5 AS TEXT), CAST(value ->> 6 AS BIGINT)
            FROM {each("messages")}
        ) AS new
        WHERE true
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
    rows = await engine.rows(
        f"""
        SELECT {MESSAGE}, held.revision AS held
        FROM (
            SELECT CAST(value ->> 0 AS BIGINT) AS conversation_id,
                   CAST(value ->> 1 AS BIGINT) AS revision
            FROM {each("cursors")}
        ) AS held
        JOIN messages m
          ON m.conversation_id = held.conversation_id AND m.revision > held.revision
        {NEIGHBOURS}
        ORDER BY m.revision
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
