"""Inbox ranks: the rough order of conversations in inboxes, in a form that an index can hold.

`conversations.ranked_at` is at most an hour behind `active_at`, and `participants.ranked_at` is the
same for each of its participants. So a message updates the participants' rows only when the hour is
over, and the newest conversations are found among the newest ranks.

    ranked_at <= active_at < ranked_at + HOUR

holds at each commit of this version, whatever the clocks say. `UNRANKED` are the rows that are
older than the column, and those that the previous version creates while both serve: they are
looked at each time. Where the previous version moves a conversation out of its hour, its rank and
its place in inboxes may be wrong until this version stores the next message there, or repairs it.

A participant is *caught up* (`is_settled`) who has read everything in a conversation whose hour
ended so long ago that any new message brings a new rank, which resets the flag for everyone.
"""

from collections.abc import Iterable

from db import engine
from db.engine.dialect import given, locked
from db.engine.script import Script
from db.engine.statement import Statement

HOUR = 3_600_000
UNRANKED = 2**62


def holds(active_at: str) -> str:
    """The SQL for whether a conversation's rank suits a time of activity, given the SQL for it."""
    return f"({active_at} - conversations.ranked_at BETWEEN 0 AND {HOUR - 1})"


def is_within_hour(active_at: int, ranked_at: int) -> bool:
    """The same, for times that are known here."""
    return 0 <= active_at - ranked_at < HOUR


def shifted(active_at: int, ranked_at: int) -> int:
    """Another rank that suits a time of activity as well."""
    return ranked_at - 1 if is_within_hour(active_at, ranked_at - 1) else active_at


IS_RANKED = holds("conversations.active_at")


def propagate(conversation_ids: Iterable[int]) -> Script[None]:
    """Copy the ranks of conversations to their participants, in the transaction that changed them.

    Lock order: conversation, user.
    """
    ids = list(conversation_ids)
    if not ids:
        return
    listed, values = given(ids, id="BIGINT")
    yield Statement(
        f"""
        UPDATE participants SET ranked_at = new.ranked_at, is_settled = 0
        FROM (
            SELECT p.conversation_id, p.user_id, c.ranked_at
            FROM participants p JOIN conversations c ON c.id = p.conversation_id
            WHERE p.conversation_id IN ({listed})
            {locked("p", "p.conversation_id, p.user_id")}
        ) AS new
        WHERE participants.conversation_id = new.conversation_id
          AND participants.user_id = new.user_id
        """,
        values,
    )


async def list_misranked(after: int, limit: int) -> tuple[list[int], int | None]:
    """Which of the next conversations after an id have a wrong rank; and the last one's id."""
    rows = await engine.rows(
        f"""
        SELECT id, {IS_RANKED} AS is_ranked FROM conversations
        WHERE id > :after ORDER BY id LIMIT :limit
        """,
        after=after,
        limit=limit,
    )
    return [row["id"] for row in rows if not row["is_ranked"]], rows[-1]["id"] if rows else None


async def repair(conversation_ids: Iterable[int]) -> list[int]:
    """Correct the ranks of locked conversations; the ids of those that changed, to `propagate`."""
    ids, values = given(conversation_ids, id="BIGINT")
    rows = await engine.rows(
        f"""
        UPDATE conversations SET ranked_at = active_at
        WHERE id IN ({ids}) AND NOT {IS_RANKED}
        RETURNING id
        """,
        **values,
    )
    return [row["id"] for row in rows]


async def mark_caught_up(user_ids: Iterable[int], now: int) -> list[tuple[int, int]]:
    """Mark users as caught up where they are; the conversations and users that changed.

    It waits an hour longer than necessary, so that clocks may differ by that much, and skips rows
    that are locked: their turn comes with the next call.
    """
    ids, values = given(user_ids, id="BIGINT")
    rows = await engine.rows(
        f"""
        UPDATE participants SET is_settled = 1
        FROM (
            SELECT p.conversation_id, p.user_id
            FROM participants p JOIN conversations c ON c.id = p.conversation_id
            WHERE p.user_id IN ({ids})
              AND p.is_settled = 0 AND p.ranked_at < :over
              AND p.read_position >= c.last_position
            {locked("p", otherwise="SKIP LOCKED")}
        ) AS done
        WHERE participants.conversation_id = done.conversation_id
          AND participants.user_id = done.user_id
        RETURNING participants.conversation_id, participants.user_id
        """,
        over=now - 2 * HOUR,
        **values,
    )
    return [(row["conversation_id"], row["user_id"]) for row in rows]
