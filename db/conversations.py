"""Conversations, as one of their participants sees them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from db import engine, inbox_ranks
from db.engine.dialect import each, is_postgresql

UNREAD_COUNTED = 100
"""Unread messages of a conversation are counted up to here; beyond it only "more" is known."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation and where its reader stands in it."""

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
    """A line of somebody's inbox. The author is None where nobody has written yet."""

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

# A direct conversation is called by its other participant, whatever its own title says.
TITLE = """
    COALESCE((
        SELECT u.name FROM participants other JOIN users u ON u.id = other.user_id
        WHERE c.kind = 'direct' AND other.conversation_id = c.id AND other.user_id <> me.user_id
    ), c.title)
"""

# A direct conversation in which nobody has written yet stands only in its maker's inbox.
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

# Of a page of an inbox, the last one by rank is as active as its rank says or more, and so are all
# that belong there: their ranks are less than an hour behind it.
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
    """The conversation as a participant sees it; None for everybody else."""
    row = await engine.row(
        f"""
        SELECT {CONVERSATION}
        FROM participants me JOIN conversations c ON c.id = me.conversation_id
        WHERE me.conversation_id = :id AND me.user_id = :user_id
        """,
        id=conversation_id,
        user_id=user_id,
    )
    return Conversation(*row) if row else None


async def list_seen(places: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Conversation]:
    """Conversations as participants see them, by conversation and person."""
    rows = await engine.rows(
        f"""
        WITH me AS MATERIALIZED ({participants_at("places")})
        SELECT {CONVERSATION} FROM me JOIN conversations c ON c.id = me.conversation_id
        """,
        places=json.dumps(list(places)),
    )
    return {(row["id"], row["reader_id"]): Conversation(*row) for row in rows}


async def list_revisions(places: Iterable[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """The revisions of conversations, by conversation and person; without those in which that
    person does not take part."""
    rows = await engine.rows(
        f"""
        WITH me AS MATERIALIZED ({participants_at("places")})
        SELECT me.conversation_id, me.user_id, c.revision
        FROM me JOIN conversations c ON c.id = me.conversation_id
        """,
        places=json.dumps(list(places)),
    )
    return {(row[0], row[1]): row[2] for row in rows}


def participants_at(places: str) -> str:
    """The SQL for the participants in a list of conversations and people.

    To be materialized: joined with anything else, PostgreSQL may look through all participants of
    a conversation for each of them.
    """
    return f"""
        SELECT p.user_id, p.conversation_id, p.read_position
        FROM (
            SELECT CAST(value ->> 0 AS BIGINT) AS conversation_id,
                   CAST(value ->> 1 AS BIGINT) AS user_id
            FROM {each(places)}
        ) AS place
        JOIN participants p
          ON p.conversation_id = place.conversation_id AND p.user_id = place.user_id
    """


async def get_id_by_pair(pair: str) -> int | None:
    """The one direct conversation of two people, or somebody's note to self."""
    row = await engine.row("SELECT id FROM conversations WHERE pair = :pair", pair=pair)
    return row["id"] if row else None


async def add(
    id: int, kind: str, pair: str | None, title: str, creator_id: int, active_at: int
) -> bool:
    """Make a conversation; False where one of this pair exists already."""
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
    """Keep others from writing to these conversations until the commit.

    Everybody locks in the order of the ids, so nobody waits for somebody who waits for them. In
    SQLite the transaction has locked the whole file.
    """
    if not is_postgresql():
        return
    await engine.rows(
        f"""
        SELECT id FROM conversations
        WHERE id IN (SELECT CAST(value ->> 0 AS BIGINT) FROM {each("ids")})
        ORDER BY id FOR UPDATE
        """,
        ids=json.dumps([(id,) for id in conversation_ids]),
    )


async def list_entries(
    user_id: int, before: tuple[int, int] | None, limit: int
) -> tuple[list[Entry], tuple[int, int] | None, int]:
    """A page of somebody's inbox, latest activity first; where the next page begins; and how many
    messages they have not read, as `list_unread` counts them."""
    active_at, id = before or (inbox_ranks.UNRANKED - 1, 0)
    # What is shown is looked up for these few alone, not for all that are put in order.
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
    entries = [Entry(*line) for _, *line in rows[:limit]]
    more = (entries[-1].active_at, entries[-1].id) if len(rows) > limit else None
    return entries, more, rows[0][0] if rows else await count_unread(user_id)


async def list_lines(pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Entry]:
    """Lines of several people's inboxes, by person and conversation, where there is such a line."""
    rows = await engine.rows(
        f"""
        WITH me AS MATERIALIZED ({participants_at("places")})
        SELECT me.user_id, {ENTRY} FROM me {ENTRIES} WHERE {IS_SHOWN}
        """,
        places=json.dumps([(conversation_id, user_id) for user_id, conversation_id in pairs]),
    )
    return {(user_id, line[0]): Entry(*line) for user_id, *line in rows}


async def count_unread(user_id: int) -> int:
    """How many messages somebody has not read, as `list_unread` counts them."""
    return (await list_unread([user_id])).get(user_id, 0)


async def list_unread(user_ids: Iterable[int]) -> dict[int, int]:
    """How many messages people have not read, over all conversations: `UNREAD_COUNTED` of each, and
    of as many conversations, are counted."""
    rows = await engine.rows(
        f"""
        SELECT reader.id, {unread_by("reader.id")} AS unread
        FROM (SELECT CAST(value ->> 0 AS BIGINT) AS id FROM {each("ids")}) AS reader
        """,
        ids=json.dumps([(id,) for id in user_ids]),
    )
    return {row[0]: row[1] for row in rows}


async def list_marks(user_ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """A mark of each person's inbox, which is another as soon as anything is sent to them, read
    by them, or they come to a conversation or leave one.

    What is sent where the newest rank's hour is over gets a new rank, so older ones are not asked.
    """
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
            FROM (SELECT CAST(value ->> 0 AS BIGINT) AS id FROM {each("ids")}) AS reader
        ) AS mine
        """,
        ids=json.dumps([(id,) for id in user_ids]),
    )
    return {row[0]: tuple(row)[1:] for row in rows}


def unread_by(reader: str) -> str:
    """The SQL for how many messages a reader has not read, given the SQL for the reader's id."""
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
