"""Conversations as a participant sees them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from db import engine, inbox_ranks
from db.engine.dialect import given, is_postgresql
from db.engine.statement import Row

UNREAD_COUNTED = 100
"""The limit to which a conversation's unread messages are counted."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation and its reader's position in it."""

    id: int
    kind: str
    title: str
    revision: int
    last_position: int
    read_position: int
    unread: int
    creator_id: int
    reader_id: int


class Entry(NamedTuple):
    """A line of an inbox. The author is None where there is no message yet."""

    id: int
    kind: str
    title: str
    active_at: int
    author_id: int | None
    author_name: str | None
    body: str | None
    created_at: int | None
    unread: int

    @property
    def is_unread_capped(self) -> bool:
        """Whether more may be unread than was counted."""
        return self.unread >= UNREAD_COUNTED


UNREAD = f"""
    (SELECT COUNT(*) FROM (
        SELECT 1 FROM messages unread
        WHERE unread.conversation_id = c.id AND unread.position > me.read_position
          AND unread.author_id <> me.user_id
        LIMIT {UNREAD_COUNTED}
    ) AS counted)
"""

# A direct conversation is named after the other participant, whatever its own title says.
TITLE = """
    COALESCE((
        SELECT u.name FROM participants other JOIN users u ON u.id = other.user_id
        WHERE c.kind = 'direct' AND other.conversation_id = c.id AND other.user_id <> me.user_id
    ), c.title)
"""

# A direct conversation without messages is only in its creator's inbox.
IS_SHOWN = "(c.last_position > 0 OR c.kind = 'group' OR c.creator_id = me.user_id)"

ENTRY = f"""
    c.id, c.kind, {TITLE} AS title, c.active_at,
    m.author_id, a.name AS author_name, m.body, m.created_at, {UNREAD} AS unread
"""
ENTRIES = """
    JOIN conversations c ON c.id = me.conversation_id
    LEFT JOIN messages m ON m.conversation_id = c.id AND m.position = c.last_position
    LEFT JOIN users a ON a.id = m.author_id
"""

IS_BEFORE = "(c.active_at < :active_at OR (c.active_at = :active_at AND c.id < :id))"

# The candidates for a page of an inbox. The first `limit` by rank were all active at the last one's
# rank or later. So was everything on the page, whose ranks are less than an hour below that.
NEAR = f"""
    SELECT user_id, conversation_id, read_position FROM participants
    WHERE user_id = :user_id AND ranked_at <= :active_at AND ranked_at > COALESCE((
        SELECT me.ranked_at FROM participants me JOIN conversations c ON c.id = me.conversation_id
        WHERE me.user_id = :user_id AND me.ranked_at <= :active_at AND {IS_SHOWN} AND {IS_BEFORE}
        ORDER BY me.ranked_at DESC LIMIT 1 OFFSET :limit - 1
    ), 0) - {inbox_ranks.HOUR}
    UNION ALL
    SELECT user_id, conversation_id, read_position FROM participants
    WHERE user_id = :user_id AND ranked_at = {inbox_ranks.UNRANKED}
"""

CONVERSATION = f"""
    c.id, c.kind, {TITLE} AS title, c.revision, c.last_position, me.read_position,
    {UNREAD} AS unread, c.creator_id, me.user_id AS reader_id
"""


async def get(conversation_id: int, user_id: int) -> Conversation | None:
    """The conversation as a participant sees it; None for an outsider."""
    place = (conversation_id, user_id)
    return (await list_seen([place])).get(place)


async def list_seen(places: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Conversation]:
    """Conversations as participants see them, by conversation and user."""
    pairs, values = given(places, conversation_id="BIGINT", user_id="BIGINT")
    rows = await engine.rows(
        f"""
        WITH me AS MATERIALIZED ({participants_at(pairs)})
        SELECT {CONVERSATION} FROM me JOIN conversations c ON c.id = me.conversation_id
        """,
        **values,
    )
    return {(row["id"], row["reader_id"]): Conversation(**row) for row in rows}


async def list_revisions(places: Iterable[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """The revisions of conversations, by conversation and user, where the user is a participant."""
    pairs, values = given(places, conversation_id="BIGINT", user_id="BIGINT")
    rows = await engine.rows(
        f"""
        WITH me AS MATERIALIZED ({participants_at(pairs)})
        SELECT me.conversation_id, me.user_id, c.revision
        FROM me JOIN conversations c ON c.id = me.conversation_id
        """,
        **values,
    )
    return {(row["conversation_id"], row["user_id"]): row["revision"] for row in rows}


def participants_at(pairs: str) -> str:
    """The SQL for the participants that are given as pairs of conversation_id and user_id.

    To be materialized: joined with anything else, PostgreSQL may scan all participants of a
    conversation for each of them.
    """
    return f"""
        SELECT p.user_id, p.conversation_id, p.read_position
        FROM ({pairs}) AS pair JOIN participants p
          ON p.conversation_id = pair.conversation_id AND p.user_id = pair.user_id
    """


async def get_id_by_pair(pair: str) -> int | None:
    """The one direct conversation of two users, or a user's note to self."""
    row = await engine.row("SELECT id FROM conversations WHERE pair = :pair", pair=pair)
    return row["id"] if row else None


async def add(
    id: int, kind: str, pair: str | None, title: str, creator_id: int, active_at: int
) -> bool:
    """Store a conversation; False if this pair has one already."""
    row = await engine.row(
        """
        INSERT INTO conversations (id, kind, pair, title, creator_id, active_at, ranked_at)
        VALUES (:id, :kind, :pair, :title, :creator_id, :active_at, :active_at)
        ON CONFLICT (pair) DO NOTHING
        RETURNING id
        """,
        id=id,
        kind=kind,
        pair=pair,
        title=title,
        creator_id=creator_id,
        active_at=active_at,
    )
    return row is not None


async def lock(conversation_ids: Iterable[int]) -> None:
    """Lock these conversations until the commit. Lock order: ids, ascending.

    In SQLite the transaction has locked the whole file.
    """
    if not is_postgresql():
        return
    ids, values = given(conversation_ids, id="BIGINT")
    await engine.execute(
        f"SELECT id FROM conversations WHERE id IN ({ids}) ORDER BY id FOR UPDATE", **values
    )


async def list_entries(
    user_id: int, before: tuple[int, int] | None, limit: int
) -> tuple[list[Entry], tuple[int, int] | None, int]:
    """A page of an inbox, latest activity first; where the next page begins; and the number of
    unread messages, as in `list_unread`."""
    active_at, id = before or (inbox_ranks.UNRANKED - 1, 0)
    # What a line shows is looked up for this page alone, not for all that are sorted.
    rows = await engine.rows(
        f"""
        SELECT {unread_by(":user_id")} AS all_unread, {ENTRY}
        FROM (
            SELECT me.user_id, me.conversation_id, me.read_position
            FROM ({NEAR}) AS me JOIN conversations c ON c.id = me.conversation_id
            WHERE {IS_SHOWN} AND {IS_BEFORE}
            ORDER BY c.active_at DESC, c.id DESC LIMIT :limit
        ) AS me
        {ENTRIES}
        ORDER BY c.active_at DESC, c.id DESC
        """,
        user_id=user_id,
        active_at=active_at,
        id=id,
        limit=limit + 1,
    )
    entries = [entry(row) for row in rows[:limit]]
    more = (entries[-1].active_at, entries[-1].id) if len(rows) > limit else None
    return entries, more, rows[0]["all_unread"] if rows else await count_unread(user_id)


async def list_lines(pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Entry]:
    """Lines of several users' inboxes, by user and conversation, where there is such a line."""
    places, values = given(pairs, user_id="BIGINT", conversation_id="BIGINT")
    rows = await engine.rows(
        f"""
        WITH me AS MATERIALIZED ({participants_at(places)})
        SELECT me.user_id, {ENTRY} FROM me {ENTRIES} WHERE {IS_SHOWN}
        """,
        **values,
    )
    return {(row["user_id"], row["id"]): entry(row) for row in rows}


def entry(row: Row) -> Entry:
    return Entry(**{name: row[name] for name in Entry._fields})


async def count_unread(user_id: int) -> int:
    """A user's number of unread messages, as in `list_unread`."""
    return (await list_unread([user_id])).get(user_id, 0)


async def list_unread(user_ids: Iterable[int]) -> dict[int, int]:
    """Users' numbers of unread messages in all conversations. `UNREAD_COUNTED` of each are counted,
    in as many conversations."""
    ids, values = given(user_ids, id="BIGINT")
    rows = await engine.rows(
        f"""
        SELECT reader.id, {unread_by("reader.id")} AS unread FROM ({ids}) AS reader
        """,
        **values,
    )
    return {row["id"]: row["unread"] for row in rows}


async def list_marks(user_ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """A mark of each user's inbox, which changes whenever a message is sent to the user, a read
    position moves, or a conversation is joined or left.

    Conversations of older ranks need no look: a message there gets the newest rank.
    """
    ids, values = given(user_ids, id="BIGINT")
    rows = await engine.rows(
        f"""
        SELECT mine.id, mine.ranked_at,
               (SELECT COUNT(*) FROM participants me WHERE me.user_id = mine.id) AS conversations,
               (SELECT CAST(COALESCE(SUM(me.read_position), 0) AS BIGINT)
                FROM participants me WHERE me.user_id = mine.id) AS read,
               (SELECT CAST(COALESCE(SUM(c.revision), 0) AS BIGINT)
                FROM participants me JOIN conversations c ON c.id = me.conversation_id
                WHERE me.user_id = mine.id
                  AND me.ranked_at > mine.ranked_at - {2 * inbox_ranks.HOUR}) AS revisions
        FROM (
            SELECT reader.id, COALESCE((
                SELECT MAX(me.ranked_at) FROM participants me
                WHERE me.user_id = reader.id AND me.ranked_at < {inbox_ranks.UNRANKED}
            ), 0) AS ranked_at
            FROM ({ids}) AS reader
        ) AS mine
        """,
        **values,
    )
    return {
        row["id"]: (row["ranked_at"], row["conversations"], row["read"], row["revisions"])
        for row in rows
    }


def unread_by(reader: str) -> str:
    """The SQL for a reader's number of unread messages, given the SQL for the reader's id."""
    return f"""
        (SELECT CAST(COALESCE(SUM(counted.unread), 0) AS BIGINT) FROM (
            SELECT behind.unread FROM (
                SELECT {UNREAD} AS unread
                FROM participants me JOIN conversations c ON c.id = me.conversation_id
                WHERE me.user_id = {reader} AND me.is_settled = 0
                  AND c.last_position > me.read_position
            ) AS behind
            WHERE behind.unread > 0 LIMIT {UNREAD_COUNTED}
        ) AS counted)
    """
