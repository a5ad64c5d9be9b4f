"""Mentions of participants in messages: a row for each message and user.

They are resolved when a text is stored, among those who take part then: other names stay text. They
are read with their message, which costs nothing where it has no "@".
"""

from collections.abc import Collection, Iterable

import orjson

from db import engine
from db.engine.dialect import gathered, given, looked_up
from db.engine.script import Script
from db.engine.statement import Statement
from db.log.change import Place
from db.participants import Participant

ALL = 0
"""In place of a user: everybody in the group."""

NAME_OF_ALL = "all"

MOST = 50
"""Participants of a group in which all can be mentioned at once."""

Mentions = tuple[tuple[str, int], ...]
"""Usernames as they are now, and whose they are."""


def resolve(named: Iterable[tuple[Place, Collection[str]]]) -> Script[None]:
    """Store whom messages mention, given the usernames in their texts."""
    rows = [(*place, name) for place, names in named for name in sorted(names)]
    if rows:
        listed, values = given(rows, conversation_id="BIGINT", position="BIGINT", username="TEXT")
        everybody = ALL_OF_GROUPS if any(name == NAME_OF_ALL for *_, name in rows) else ""
        sql = f"""
            INSERT INTO mentions (conversation_id, position, user_id)
            WITH given AS ({listed})
            SELECT given.conversation_id, given.position, u.id
            FROM given {looked_up("users", "u", "u.username = given.username")}
            {looked_up("participants", "p", IS_PARTICIPANT)}
            {everybody}
        """
        yield Statement(sql, values)


HAS_ALL = f"""
    c.kind = 'group' AND (
        SELECT COUNT(*) FROM (
            SELECT 1 FROM participants p WHERE p.conversation_id = c.id LIMIT {MOST + 1}
        ) AS counted
    ) <= {MOST}
"""
"""The SQL for whether all participants of a conversation `c` can be mentioned at once."""

IS_PARTICIPANT = "p.conversation_id = given.conversation_id AND p.user_id = u.id"
ALL_OF_GROUPS = f"""
    UNION ALL
    SELECT given.conversation_id, given.position, {ALL}
    FROM given JOIN conversations c ON c.id = given.conversation_id
    WHERE given.username = '{NAME_OF_ALL}' AND {HAS_ALL}
"""


def forget(place: Place) -> Script[None]:
    """Remove whom a message mentions."""
    conversation_id, position = place
    yield Statement(
        "DELETE FROM mentions WHERE conversation_id = :conversation_id AND position = :position",
        {"conversation_id": conversation_id, "position": position},
    )


def of_message() -> str:
    """The SQL for whom a message `m` mentions, or NULL: see `summary`."""
    return f"""
        CASE WHEN m.unsent_at IS NULL AND (m.body LIKE '%@%' OR m.revision > m.position) THEN (
            SELECT CAST({gathered(("mentioned.username", "n.user_id"))} AS TEXT) || ''
            FROM mentions n LEFT JOIN users mentioned ON mentioned.id = n.user_id
            WHERE n.conversation_id = m.conversation_id AND n.position = m.position
        ) END AS mentions
    """


def summary(rows: str | None) -> Mentions | None:
    """The mentions of a message; None where it has none."""
    found = sorted((id, name or NAME_OF_ALL) for name, id in orjson.loads(rows or "[]"))
    return tuple((name, id) for id, name in found) or None


async def has_all(conversation_id: int) -> bool:
    """Whether all participants of a conversation can be mentioned at once."""
    row = await engine.row(
        f"SELECT 1 AS found FROM conversations c WHERE c.id = :id AND {HAS_ALL}", id=conversation_id
    )
    return row is not None


async def list_people(
    conversation_id: int, user_id: int, beginning: str, word: str, limit: int
) -> list[Participant]:
    """The others in a conversation whose username or name is LIKE `beginning`, or the name LIKE
    `word` (folded, `!` escapes), by name."""
    rows = await engine.rows(
        """
        SELECT u.id, u.username, u.name, p.tint
        FROM participants p JOIN users u ON u.id = p.user_id
        WHERE p.conversation_id = :conversation_id AND p.user_id <> :user_id
          AND u.password <> '!' AND (
            u.username LIKE :beginning ESCAPE '!' OR u.name_folded LIKE :beginning ESCAPE '!'
            OR u.name_folded LIKE :word ESCAPE '!'
          )
        ORDER BY u.name_folded, u.id LIMIT :limit
        """,
        conversation_id=conversation_id,
        user_id=user_id,
        beginning=beginning,
        word=word,
        limit=limit,
    )
    return [Participant(**row) for row in rows]


def unread(user_id: str) -> str:
    """The SQL for whether a user, or `ALL`, is mentioned by others where `me` has not read. (By the
    index, SQLite first asks for the mentions.)"""
    return f"""EXISTS (
        SELECT 1 FROM mentions n CROSS JOIN messages mentioning
        WHERE n.conversation_id = c.id AND n.user_id = {user_id} AND n.position > me.read_position
          AND mentioning.conversation_id = n.conversation_id AND mentioning.position = n.position
          AND mentioning.author_id <> me.user_id
    )"""


IS_MENTIONED = f"""
    CASE WHEN c.last_position > me.read_position
              AND ({unread("me.user_id")} OR {unread(str(ALL))}) THEN 1 ELSE 0 END
"""
"""The SQL for whether a message that a participant `me` of a conversation `c` has not read mentions
them."""
