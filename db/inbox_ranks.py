"""Where conversations stand in inboxes, roughly: what an index can hold of their order.

`conversations.ranked_at` is at most an hour behind `active_at`, and `participants.ranked_at` is the
same for everybody in it. So a message writes a row for each participant only where the hour is
over, and whoever wants the newest conversations finds them among those of the newest ranks.

    ranked_at <= active_at < ranked_at + HOUR

holds at each commit of this version, whatever clocks say. `UNRANKED` are those that were there
before the column, and those that the version before this one makes while both serve: they are
looked at each time. Where that version moves a conversation out of its hour, the rank is wrong, and
so may be the place in inboxes, until this version stores the next message there or mends it.

A participant is *settled* who has read everything, in a conversation whose hour is over for so long
that nothing can be written there without a new rank, which unsettles everybody.
"""

import json
from collections.abc import Iterable

from db import engine
from db.engine.dialect import each, locked
from db.engine.script import Steps
from db.engine.statement import Statement

HOUR = 3_600_000
UNRANKED = 2**62


def holds(active_at: str) -> str:
    """The SQL for whether a conversation's rank is right for activity at a time, given the SQL for
    that."""
    return f"({active_at} - conversations.ranked_at BETWEEN 0 AND {HOUR - 1})"


def is_within_hour(active_at: int, ranked_at: int) -> bool:
    """The same, for times that are known here."""
    return 0 <= active_at - ranked_at < HOUR


IS_RANKED = holds("conversations.active_at")


def follow(conversation_ids: Iterable[int]) -> Steps[None]:
    """Give all participants the rank that their conversation has now.

    To be called in the transaction that has changed it. Participants are locked in the order of
    conversations and people, like everywhere, so nobody waits for somebody who waits for them.
    """
    ids = [(id,) for id in conversation_ids]
    if not ids:
        return
    yield Statement(
        f"""
        UPDATE participants SET ranked_at = theirs.ranked_at, is_settled = 0
        FROM (
            SELECT p.conversation_id, p.user_id, c.ranked_at
            FROM participants p JOIN conversations c ON c.id = p.conversation_id
            WHERE p.conversation_id IN (SELECT CAST(value ->> 0 AS BIGINT) FROM {each("ids")})
            {locked("p", "p.conversation_id, p.user_id")}
        ) AS theirs
        WHERE participants.conversation_id = theirs.conversation_id
          AND participants.user_id = theirs.user_id
        RETURNING participants.user_id
        """,
        {"ids": json.dumps(ids)},
    )


async def list_wrong(after: int, limit: int) -> tuple[list[int], int | None]:
    """Of the next conversations after an id those without a right rank, and the last one's id."""
    rows = await engine.rows(
        f"""
        SELECT id, {IS_RANKED} AS is_ranked FROM conversations
        WHERE id > :after ORDER BY id LIMIT :limit
        """,
        after=after,
        limit=limit,
    )
    return [row[0] for row in rows if not row[1]], rows[-1][0] if rows else None


async def mend(conversation_ids: Iterable[int]) -> list[int]:
    """Give conversations the right rank; those that had another one, to be followed.

    To be called in the transaction that has locked them.
    """
    rows = await engine.rows(
        f"""
        UPDATE conversations SET ranked_at = active_at
        WHERE id IN (SELECT CAST(value ->> 0 AS BIGINT) FROM {each("ids")}) AND NOT {IS_RANKED}
        RETURNING id
        """,
        ids=json.dumps([(id,) for id in conversation_ids]),
    )
    return [row[0] for row in rows]


async def settle(user_ids: Iterable[int], now: int) -> list[tuple[int, int]]:
    """Settle people where they can be; the conversations and people that were.

    An hour more than needed is waited for, so that clocks may differ by that. Rows that others are
    writing are left for the next time.
    """
    rows = await engine.rows(
        f"""
        UPDATE participants SET is_settled = 1
        FROM (
            SELECT p.conversation_id, p.user_id
            FROM participants p JOIN conversations c ON c.id = p.conversation_id
            WHERE p.user_id IN (SELECT CAST(value ->> 0 AS BIGINT) FROM {each("ids")})
              AND p.is_settled = 0 AND p.ranked_at < :over
              AND p.read_position >= c.last_position
            {locked("p", otherwise="SKIP LOCKED")}
        ) AS done
        WHERE participants.conversation_id = done.conversation_id
          AND participants.user_id = done.user_id
        RETURNING participants.conversation_id, participants.user_id
        """,
        ids=json.dumps([(id,) for id in user_ids]),
        over=now - 2 * HOUR,
    )
    return [(row[0], row[1]) for row in rows]
