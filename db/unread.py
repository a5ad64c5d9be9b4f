"""How many messages a user has not read."""

from collections.abc import Iterable

from db import engine
from db.engine.dialect import given

UNREAD_COUNTED = 100
"""The limit to which a conversation's unread messages are counted."""


UNREAD = f"""
    (SELECT COUNT(*) FROM (
        SELECT 1 FROM messages unread
        WHERE unread.conversation_id = c.id AND unread.position > me.read_position
          AND unread.author_id <> me.user_id AND unread.unsent_at IS NULL
          AND unread.event IS NULL
        LIMIT {UNREAD_COUNTED}
    ) AS counted)
"""


async def count(user_id: int) -> int:
    """A user's number of unread messages, as in `count_each`."""
    return (await count_each([user_id])).get(user_id, 0)


async def count_each(user_ids: Iterable[int]) -> dict[int, int]:
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
