"""Conversations, as one of their participants sees them."""

from dataclasses import dataclass

from databases.interfaces import Record

from db import engine

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


@dataclass(frozen=True, slots=True)
class Entry:
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
ENTRIES = f"""
    SELECT c.id, c.kind, {TITLE} AS title, c.active_at, {UNREAD} AS unread,
           m.author_id, a.name AS author_name, m.body, m.created_at
    FROM participants me
    JOIN conversations c ON c.id = me.conversation_id
    LEFT JOIN messages m ON m.conversation_id = c.id AND m.position = c.last_position
    LEFT JOIN users a ON a.id = m.author_id
    WHERE me.user_id = :user_id
      AND (c.last_position > 0 OR c.kind = 'group' OR c.creator_id = me.user_id)
"""


async def get(conversation_id: int, user_id: int) -> Conversation | None:
    """The conversation as a participant sees it; None for everybody else."""
    row = await engine.row(
        f"""
        SELECT c.id, c.kind, {TITLE} AS title, c.revision, c.last_position, me.read_position,
               {UNREAD} AS unread, c.creator_id, me.user_id AS reader_id
        FROM participants me JOIN conversations c ON c.id = me.conversation_id
        WHERE me.conversation_id = :id AND me.user_id = :user_id
        """,
        id=conversation_id,
        user_id=user_id,
    )
    return Conversation(**row._mapping) if row else None


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
        INSERT INTO conversations (id, kind, pair, title, creator_id, active_at)
        VALUES (:id, :kind, :pair, :title, :creator_id, :active_at)
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


async def advance(conversation_id: int, author_id: int, active_at: int) -> int | None:
    """Raise the revision for a new message and lock the row until the commit.

    That lock is what makes the order of commits the order of revisions, without gaps. None where
    the author is not (no longer) a participant.
    """
    row = await engine.row(
        """
        UPDATE conversations
        SET revision = revision + 1, last_position = revision + 1, active_at = :active_at
        WHERE id = :id AND EXISTS (
            SELECT 1 FROM participants WHERE conversation_id = :id AND user_id = :author_id
        )
        RETURNING revision
        """,
        id=conversation_id,
        author_id=author_id,
        active_at=active_at,
    )
    return row["revision"] if row else None


async def list_entries(
    user_id: int, before: tuple[int, int] | None, limit: int
) -> tuple[list[Entry], tuple[int, int] | None]:
    """A page of somebody's inbox, latest activity first, and where the next page begins."""
    active_at, id = before or (2**62, 2**62)
    rows = await engine.rows(
        f"""
        {ENTRIES}
          AND (c.active_at < :active_at OR (c.active_at = :active_at AND c.id < :id))
        ORDER BY c.active_at DESC, c.id DESC LIMIT :limit
        """,
        user_id=user_id,
        active_at=active_at,
        id=id,
        limit=limit + 1,
    )
    entries = [entry(row) for row in rows[:limit]]
    more = (entries[-1].active_at, entries[-1].id) if len(rows) > limit else None
    return entries, more


async def get_entry(user_id: int, conversation_id: int) -> Entry | None:
    """One line of somebody's inbox, or None where it has no such line."""
    row = await engine.row(f"{ENTRIES} AND c.id = :id", user_id=user_id, id=conversation_id)
    return entry(row) if row else None


def entry(row: Record) -> Entry:
    return Entry(**row._mapping)


async def count_unread(user_id: int) -> int:
    """How many messages somebody has not read, over all conversations."""
    row = await engine.row(
        f"""
        SELECT CAST(COALESCE(SUM({UNREAD}), 0) AS BIGINT) AS unread
        FROM participants me JOIN conversations c ON c.id = me.conversation_id
        WHERE me.user_id = :user_id AND c.last_position > me.read_position
        """,
        user_id=user_id,
    )
    assert row is not None
    return int(row["unread"])
