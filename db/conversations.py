"""Conversations as a participant sees them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from db import engine
from db.engine.dialect import given, is_postgresql, joined
from db.engine.statement import Row
from db.unread import UNREAD


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation and its reader's position in it. `epoch` names the database that counts
    `revision`: one restored from a backup is another, in which the same revision may be another
    change."""

    id: int
    kind: str
    title: str
    epoch: str
    revision: int
    pinned_revision: int
    last_position: int
    read_position: int
    unread: int
    creator_id: int
    creator_name: str
    reader_id: int


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A conversation that matches a search."""

    id: int
    kind: str
    title: str


NAMES_IN_TITLE = 5

ME_IN_CONVERSATION = "me JOIN conversations c ON c.id = me.conversation_id"

# A direct conversation without messages is shown only to its creator.
IS_SHOWN = "(c.last_position > 0 OR c.kind = 'group' OR c.creator_id = me.user_id)"


def titled() -> str:
    """The SQL for the title of `c` as `me` sees it.

    A direct conversation has the name of the other participant, whatever its own title says; a
    group without a title has the names of its present participants.
    """
    return f"""
        COALESCE((
            SELECT u.name FROM participants other JOIN users u ON u.id = other.user_id
            WHERE c.kind = 'direct' AND other.conversation_id = c.id AND other.user_id <> me.user_id
        ), NULLIF(c.title, ''), (
            SELECT {joined("name")} FROM (
                SELECT CASE WHEN n > {NAMES_IN_TITLE} THEN '…' ELSE name END AS name
                FROM (
                    SELECT u.name, ROW_NUMBER() OVER (ORDER BY u.name_folded, u.id) AS n
                    FROM participants p JOIN users u ON u.id = p.user_id
                    WHERE p.conversation_id = c.id
                ) AS present
                WHERE n <= {NAMES_IN_TITLE} + 1  -- in this order already
            ) AS named
        ))
    """


async def get(conversation_id: int, user_id: int) -> Conversation | None:
    """The conversation as a participant sees it; None for an outsider."""
    place = (conversation_id, user_id)
    return (await list_seen([place])).get(place)


async def list_seen(places: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Conversation]:
    """Conversations as participants see them, by conversation and user."""
    rows = await rows_at(
        places,
        f"""
        c.id, c.kind, {titled()} AS title, c.revision, c.pinned_revision,
        (SELECT name FROM epoch WHERE id = 1) AS epoch,
        c.last_position, me.read_position, {UNREAD} AS unread, c.creator_id,
        (SELECT name FROM users WHERE id = c.creator_id) AS creator_name, me.user_id AS reader_id
        FROM {ME_IN_CONVERSATION}
        """,
    )
    return {(row["id"], row["reader_id"]): Conversation(**row) for row in rows}


async def list_titled(conversation_ids: Iterable[int], user_id: int) -> dict[int, SearchResult]:
    """What these conversations are called, by their ids, where the user is a participant."""
    rows = await rows_at(
        [(id, user_id) for id in conversation_ids],
        f"c.id, c.kind, {titled()} AS title FROM {ME_IN_CONVERSATION}",
    )
    return {row["id"]: SearchResult(**row) for row in rows}


class Revisions(NamedTuple):
    """The last change of a conversation, and the last one of what it shows as pinned."""

    log: int
    pinned: int


async def list_revisions(places: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Revisions]:
    """The revisions of conversations, by conversation and user, where the user is a participant."""
    rows = await rows_at(
        places, f"c.id, me.user_id, c.revision, c.pinned_revision FROM {ME_IN_CONVERSATION}"
    )
    return {
        (row["id"], row["user_id"]): Revisions(row["revision"], row["pinned_revision"])
        for row in rows
    }


async def rows_at(places: Iterable[tuple[int, int]], selected: str) -> list[Row]:
    """What is selected from `me`, the participants at these places.

    They are materialized: joined with anything else, PostgreSQL may scan all participants of a
    conversation for each of them.
    """
    pairs, values = given(places, conversation_id="BIGINT", user_id="BIGINT")
    return await engine.rows(
        f"""
        WITH me AS MATERIALIZED (
            SELECT p.user_id, p.conversation_id, p.read_position
            FROM ({pairs}) AS pair JOIN participants p
              ON p.conversation_id = pair.conversation_id AND p.user_id = pair.user_id
        )
        SELECT {selected}
        """,
        **values,
    )


async def search(user_id: int, pattern: str, folded: str, limit: int) -> list[SearchResult]:
    """A user's conversations whose title, or a name that it is made of, is LIKE a pattern
    (as typed or folded, `!` escapes), latest activity first."""
    rows = await engine.rows(
        f"""
        SELECT c.id, c.kind, {titled()} AS title
        FROM participants {ME_IN_CONVERSATION}
        WHERE me.user_id = :user_id AND {IS_SHOWN}
          AND CASE WHEN c.kind = 'direct' OR c.title = '' THEN EXISTS (
            SELECT 1 FROM participants other JOIN users u ON u.id = other.user_id
            WHERE other.conversation_id = c.id AND other.user_id <> me.user_id
              AND (u.name_folded LIKE :folded ESCAPE '!' OR u.username LIKE :folded ESCAPE '!')
        ) ELSE c.title LIKE :pattern ESCAPE '!' OR LOWER(c.title) LIKE :folded ESCAPE '!' END
        ORDER BY c.active_at DESC, c.id DESC LIMIT :limit
        """,
        user_id=user_id,
        pattern=pattern,
        folded=folded,
        limit=limit,
    )
    return [SearchResult(**row) for row in rows]


async def get_id_by_pair(pair: str) -> int | None:
    """The one direct conversation of two users, or a user's note to self."""
    row = await engine.row("SELECT id FROM conversations WHERE pair = :pair", pair=pair)
    return row["id"] if row else None


async def add(
    id: int, kind: str, pair: str | None, title: str, creator_id: int, active_at: int
) -> bool:
    """Store a conversation; False if there is one with this id, or of this pair, already. A group
    without a title is named after its participants."""
    row = await engine.row(
        """
        INSERT INTO conversations (id, kind, pair, title, creator_id, active_at, ranked_at)
        VALUES (:id, :kind, :pair, :title, :creator_id, :active_at, :active_at)
        ON CONFLICT DO NOTHING
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
