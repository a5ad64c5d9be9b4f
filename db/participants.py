"""Participants of conversations, and how far they have read."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from db import engine
from db.conversations import IS_SHOWN, ME_IN_CONVERSATION
from db.engine.dialect import given, locked
from db.engine.script import single
from db.engine.statement import Statement
from db.users import User, user

TINTS = (5, 1, 3, 7, 0, 4, 2, 6)
"""The colours of faces, in the order in which a conversation uses them: neighbours differ much."""


@dataclass(frozen=True, slots=True)
class Participant:
    """A user in a conversation; without a `tint`, their face has the colour of their name."""

    id: int
    username: str
    name: str
    tint: int | None


async def add(conversation_id: int, user_id: int) -> None:
    """Add a participant, in the transaction that created or locked the conversation. Their face
    gets the colour that the fewest have there."""
    tints, values = given(enumerate(TINTS), place="BIGINT", tint="BIGINT")
    await engine.execute(
        f"""
        INSERT INTO participants (conversation_id, user_id, ranked_at, joined_revision, tint)
        SELECT id, :user_id, ranked_at, revision, (
            SELECT tints.tint FROM ({tints}) AS tints LEFT JOIN participants p
              ON p.conversation_id = :conversation_id AND p.tint = tints.tint
            GROUP BY tints.place, tints.tint ORDER BY COUNT(p.user_id), tints.place LIMIT 1
        ) FROM conversations WHERE id = :conversation_id
        """,
        conversation_id=conversation_id,
        user_id=user_id,
        **values,
    )


async def list_people(conversation_id: int) -> list[Participant]:
    """The participants of a conversation, by name."""
    rows = await engine.rows(
        """
        SELECT u.id, u.username, u.name, p.tint
        FROM participants p JOIN users u ON u.id = p.user_id
        WHERE p.conversation_id = :conversation_id
        ORDER BY u.name_folded, u.id
        """,
        conversation_id=conversation_id,
    )
    return [Participant(**row) for row in rows]


async def list_conversation_ids(user_id: int) -> list[int]:
    """The conversations in which a user takes part."""
    rows = await engine.rows(
        "SELECT conversation_id FROM participants WHERE user_id = :user_id", user_id=user_id
    )
    return [row["conversation_id"] for row in rows]


async def list_users(conversation_ids: Iterable[int]) -> dict[int, list[User]]:
    """The participants of each conversation, in no order."""
    ids, values = given(conversation_ids, id="BIGINT")
    rows = await engine.rows(
        f"""
        SELECT p.conversation_id, u.id, u.username, u.name
        FROM participants p JOIN users u ON u.id = p.user_id WHERE p.conversation_id IN ({ids})
        """,
        **values,
    )
    people = defaultdict(list)
    for row in rows:
        people[row["conversation_id"]].append(user(row))
    return people


async def list_named(user_id: int, pattern: str, limit: int) -> list[int]:
    """The ids of users in a user's conversations, that one among them, whose username or name is
    LIKE `pattern` (folded, `!` escapes)."""
    rows = await engine.rows(
        """
        SELECT u.id FROM users u
        WHERE (u.username LIKE :pattern ESCAPE '!' OR u.name_folded LIKE :pattern ESCAPE '!')
          AND EXISTS (
            SELECT 1 FROM participants p JOIN participants me
              ON me.conversation_id = p.conversation_id AND me.user_id = :user_id
            WHERE p.user_id = u.id
          )
        LIMIT :limit
        """,
        user_id=user_id,
        pattern=pattern,
        limit=limit,
    )
    return [row["id"] for row in rows]


async def list_recent(user_id: int, limit: int) -> list[User]:
    """The others in a user's latest conversations, latest activity first."""
    rows = await engine.rows(
        f"""
        SELECT u.id, u.username, u.name FROM (
            SELECT * FROM participants WHERE user_id = :user_id ORDER BY ranked_at DESC LIMIT :limit
        ) {ME_IN_CONVERSATION}
        JOIN participants p ON p.conversation_id = c.id AND p.user_id <> :user_id
        JOIN users u ON u.id = p.user_id
        WHERE {IS_SHOWN} AND u.password <> '!'
        GROUP BY u.id, u.username, u.name
        ORDER BY MAX(c.active_at) DESC, u.username LIMIT :limit
        """,
        user_id=user_id,
        limit=limit,
    )
    return [user(row) for row in rows]


async def list_ids(conversation_ids: Iterable[int]) -> dict[int, set[int]]:
    """The user ids of each conversation's participants."""
    ids, values = given(conversation_ids, id="BIGINT")
    rows = await engine.rows(
        f"SELECT conversation_id, user_id FROM participants WHERE conversation_id IN ({ids})",
        **values,
    )
    people = defaultdict(set)
    for row in rows:
        people[row["conversation_id"]].add(row["user_id"])
    return people


async def list_group_ids(user_id: int) -> list[int]:
    """The groups in which a user takes part, in the order in which they are to be left."""
    rows = await engine.rows(
        f"""
        SELECT c.id FROM participants {ME_IN_CONVERSATION}
        WHERE me.user_id = :user_id AND c.kind = 'group'
        ORDER BY c.id
        """,
        user_id=user_id,
    )
    return [row["id"] for row in rows]


async def update_read(reads: Iterable[tuple[int, int, int]]) -> list[tuple[int, int]]:
    """Move read positions forward, to messages that exist: conversation, user, position.

    Returns the conversation and user of those that moved. Lock order: conversation, user.
    """
    reads = list(reads)
    listed, values = given(reads, conversation_id="BIGINT", user_id="BIGINT", position="BIGINT")
    statement = Statement(
        f"""
        UPDATE participants SET read_position = moved.position
        FROM (
            SELECT p.conversation_id, p.user_id, reads.position
            FROM ({listed}) AS reads
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
        values,
    )
    rows = await engine.write(single(statement), len(reads))
    return [(row["conversation_id"], row["user_id"]) for row in rows]


async def mark_unread(conversation_id: int, user_id: int, position: int) -> bool:
    """Move a read position back before a message; False if it is not behind that."""
    row = await engine.row(
        """
        UPDATE participants SET read_position = :position - 1, is_settled = 0
        WHERE conversation_id = :conversation_id AND user_id = :user_id
          AND read_position >= :position
        RETURNING user_id
        """,
        conversation_id=conversation_id,
        user_id=user_id,
        position=position,
    )
    return row is not None


async def mark_all_read(user_id: int) -> dict[int, int]:
    """Move all of a user's read positions to the newest messages; those that moved, by
    conversation.

    Lock order: conversation, user.
    """
    rows = await engine.rows(
        f"""
        UPDATE participants SET read_position = behind.last_position
        FROM (
            SELECT p.conversation_id, p.user_id, c.last_position
            FROM participants p JOIN conversations c ON c.id = p.conversation_id
            WHERE p.user_id = :user_id AND p.is_settled = 0 AND p.read_position < c.last_position
            {locked("p", "p.conversation_id")}
        ) AS behind
        WHERE participants.conversation_id = behind.conversation_id
          AND participants.user_id = behind.user_id
        RETURNING participants.conversation_id, participants.read_position
        """,
        user_id=user_id,
    )
    return {row["conversation_id"]: row["read_position"] for row in rows}
