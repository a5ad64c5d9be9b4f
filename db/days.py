"""Where in a log a time stands."""

from db import engine


async def find_position(conversation_id: int, last_position: int, since: int) -> int | None:
    """The position of the first message of a log that was sent at a time or later; None where all
    are older.

    Times hardly ever go back from one position to the next, so it is found by halving the log:
    twenty look-ups by the primary key in a log of a million, and no index by time.
    """
    row = await engine.row(
        """
        WITH RECURSIVE halves(low, high) AS (
            SELECT CAST(0 AS BIGINT), CAST(:last AS BIGINT) + 1
            UNION ALL
            SELECT CASE WHEN m.created_at < :since THEN m.position ELSE low END,
                   CASE WHEN m.created_at < :since THEN high ELSE (low + high) / 2 END
            FROM halves LEFT JOIN messages m
              ON m.conversation_id = :conversation_id AND m.position = (
                SELECT MIN(position) FROM messages
                WHERE conversation_id = :conversation_id AND position >= (low + high) / 2
            )
            WHERE high - low > 1
        )
        SELECT MIN(position) AS position FROM messages
        WHERE conversation_id = :conversation_id AND position >= (SELECT MIN(high) FROM halves)
        """,
        conversation_id=conversation_id,
        last=last_position,
        since=since,
    )
    found: int | None = row["position"] if row else None
    return found
