"""Who takes part in which conversation, and how far they have read."""

import json
from collections import defaultdict
from collections.abc import Iterable

from db import engine
from db.engine.dialect import each, locked
from db.engine.script import alone
from db.engine.statement import Statement
from db.users import User


async def add(conversation_id: int, user_id: int) -> None:
    """Let somebody take part. To be called in the transaction that has made the conversation, or
    has locked it."""
    await engine.row(
        """
        INSERT INTO participants (conversation_id, user_id, ranked_at)
        SELECT id, :user_id, ranked_at FROM conversations WHERE id = :conversation_id
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


async def list_ids(conversation_ids: Iterable[int]) -> dict[int, set[int]]:
    """The ids of the people of each conversation."""
    rows = await engine.rows(
        f"""
        SELECT conversation_id, user_id FROM participants
        WHERE conversation_id IN (SELECT CAST(value ->> 0 AS BIGINT) FROM {each("ids")})
        """,
        ids=json.dumps([(id,) for id in conversation_ids]),
    )
    people = defaultdict(set)
    for row in rows:
        people[row[0]].add(row[1])
    return people


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
        f"""
        DELETE FROM participants
        WHERE user_id = :user_id AND conversation_id IN (
            SELECT p.conversation_id
            FROM participants p JOIN conversations c ON c.id = p.conversation_id
            WHERE p.user_id = :user_id AND c.kind = 'group'
            {locked("p", "p.conversation_id")}
        )
        RETURNING conversation_id
        """,
        user_id=user_id,
    )
    return [row["conversation_id"] for row in rows]


async def update_read(reads: Iterable[tuple[int, int, int]]) -> list[tuple[int, int]]:
    """Move read positions forward to those of messages: conversation, person, position.

    Returns the conversation and person of those that moved. Participants are locked in the order
    of conversations and people, so nobody waits for somebody who waits for them.
    """
    positions = list(reads)
    statement = Statement(
        f"""
        UPDATE participants SET read_position = moved.position
        FROM (
            SELECT p.conversation_id, p.user_id, reads.position
            FROM (
                SELECT CAST(value ->> 0 AS BIGINT) AS conversation_id,
                       CAST(value ->> 1 AS BIGINT) AS user_id,
                       CAST(value ->> 2 AS BIGINT) AS position
                FROM {each("reads")}
            ) AS reads
            JOIN participants p
              ON p.conversation_id = reads.conversation_id AND p.user_id = reads.user_id
            JOIN messages m
              ON m.conversation_id = reads.conversation_id AND m.position = reads.position
            WHERE p.read_position < reads.position
            {locked("p", "p.conversation_id, p.user_id")}
        ) AS moved
        WHERE participants.conversation_id = moved.conversation_id
          AND participants.user_id = moved.user_id
        RETURNING participants.conversation_id, participants.user_id
        """,
        {"reads": json.dumps(positions)},
    )
    rows = await engine.write(alone(statement), len(positions))
    return [(row[0], row[1]) for row in rows]
