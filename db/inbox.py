"""The lines of an inbox, one for each conversation."""

from collections.abc import Iterable
from typing import NamedTuple

from db import engine, inbox_ranks, unread
from db.conversations import IS_SHOWN, rows_at, titled
from db.drafts import LATEST
from db.engine.dialect import given
from db.engine.statement import Row
from db.events import EVENT
from db.mentions import IS_MENTIONED
from db.versions import BODY


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
    unsent_at: int | None
    last_position: int
    draft: str | None
    """The beginning of what its reader has begun to write there."""
    draft_saved_at: int | None
    event: str | None
    event_user_id: int | None
    event_about: str | None
    is_mentioned: int
    """Whether something that is unread mentions the user."""

    @property
    def is_unread_capped(self) -> bool:
        """Whether more may be unread than was counted."""
        return self.unread >= unread.UNREAD_COUNTED


DRAFT_SHOWN = 1_200
"""Characters of a draft that are read for its line."""

ENTRIES = f"""
    JOIN conversations c ON c.id = me.conversation_id
    LEFT JOIN messages m ON m.conversation_id = c.id AND m.position = c.last_position
    LEFT JOIN users a ON a.id = m.author_id
    {LATEST}
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


def columns() -> str:
    return f"""
        c.id, c.kind, {titled()} AS title, c.active_at,
        m.author_id, a.name AS author_name, {BODY}, m.created_at, m.unsent_at, c.last_position,
        {EVENT},
        SUBSTR(draft.body, 1, {DRAFT_SHOWN}) AS draft, draft.saved_at AS draft_saved_at,
        {unread.UNREAD} AS unread, {IS_MENTIONED} AS is_mentioned
    """


async def list_entries(
    user_id: int, before: tuple[int, int] | None, limit: int
) -> tuple[list[Entry], tuple[int, int] | None, int]:
    """A page of an inbox, latest activity first; where the next page begins; and the number of
    unread messages, as in `unread.count_each`."""
    active_at, id = before or (inbox_ranks.UNRANKED - 1, 0)
    # What a line shows is looked up for this page alone, not for all that are sorted.
    rows = await engine.rows(
        f"""
        SELECT {unread.unread_by(":user_id")} AS all_unread, {columns()}
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
    return entries, more, rows[0]["all_unread"] if rows else await unread.count(user_id)


async def list_lines(pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Entry]:
    """Lines of several users' inboxes, by user and conversation, where there is such a line."""
    places = [(conversation_id, user_id) for user_id, conversation_id in pairs]
    rows = await rows_at(places, f"me.user_id, {columns()} FROM me {ENTRIES} WHERE {IS_SHOWN}")
    return {(row["user_id"], row["id"]): entry(row) for row in rows}


def entry(row: Row) -> Entry:
    return Entry(**{name: row[name] for name in Entry._fields})


MARK = ("ranked_at", "conversations", "read", "ranks", "revisions", "drafts")


async def list_marks(user_ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """A mark of each user's inbox, which changes whenever a message is sent to the user, a read
    position moves, the last message changes, a draft is saved, or a conversation is joined or left.

    The revisions of older ranks need no look: a message there gets the newest rank, and a change of
    the last message another one.
    """
    ids, values = given(user_ids, id="BIGINT")
    rows = await engine.rows(
        f"""
        SELECT mine.id, mine.ranked_at,
               (SELECT COUNT(*) FROM participants me WHERE me.user_id = mine.id) AS conversations,
               (SELECT CAST(COALESCE(SUM(me.read_position), 0) AS BIGINT)
                FROM participants me WHERE me.user_id = mine.id) AS read,
               (SELECT CAST(COALESCE(SUM(me.ranked_at % {inbox_ranks.HOUR}), 0) AS BIGINT)
                FROM participants me WHERE me.user_id = mine.id) AS ranks,
               (SELECT CAST(COALESCE(SUM(c.revision), 0) AS BIGINT)
                FROM participants me JOIN conversations c ON c.id = me.conversation_id
                WHERE me.user_id = mine.id
                  AND me.ranked_at > mine.ranked_at - {2 * inbox_ranks.HOUR}) AS revisions,
               (SELECT CAST(COALESCE(SUM(d.saved_at), 0) AS BIGINT)
                FROM drafts d WHERE d.user_id = mine.id) AS drafts
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
    return {row["id"]: tuple(row[name] for name in MARK) for row in rows}
