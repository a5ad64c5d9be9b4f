"""Receipts: how far the participants of conversations hold and have read them, as others see it.

Unlike a read position they never go back. Nothing is stored for users who hide their receipts, and
what was stored before is not listed.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from db import engine
from db.engine.dialect import given
from db.engine.statement import Row


class Receipt(NamedTuple):
    """A participant's positions, 0 for none, and when they were reached (milliseconds since
    1970)."""

    user_id: int
    name: str
    tint: int | None
    read_position: int
    read_at: int
    delivered_position: int
    delivered_at: int


POSITIONS = """
    SELECT p.conversation_id, p.user_id,
        CASE WHEN held.position < p.read_position THEN held.position
             ELSE p.read_position END AS read_position,
        COALESCE((
            SELECT MAX(m.position) FROM messages m
            WHERE m.conversation_id = p.conversation_id AND m.position <= held.delivered
        ), 0) AS delivered_position
    FROM held
    JOIN participants p
      ON p.conversation_id = held.conversation_id AND p.user_id = held.user_id
    JOIN conversations c ON c.id = p.conversation_id
    JOIN users u ON u.id = p.user_id
    WHERE u.hides_receipts = 0 AND c.kind <> 'self'
"""
"""What is true of the positions that are `held`: no further than the stored read position, and the
last message there is."""


def later(column: str, than: str) -> str:
    """The SQL for a column of the row that is further by the column `than`."""
    return f"""
        {column} = CASE WHEN excluded.{than} > receipts.{than}
                        THEN excluded.{column} ELSE receipts.{column} END
    """


async def update(held: Iterable[tuple[int, int, int, int]], moved_at: int) -> list[tuple[int, int]]:
    """Move receipts forward: conversation, user, how far they have read, and how far a device of
    theirs holds it. Returns the conversation and user of those that moved.

    Lock order: conversation, user.
    """
    listed, values = given(
        held, conversation_id="BIGINT", user_id="BIGINT", position="BIGINT", delivered="BIGINT"
    )
    rows = await engine.rows(
        f"""
        WITH held AS ({listed}), moved AS ({POSITIONS})
        INSERT INTO receipts (
            conversation_id, user_id, read_position, read_at, delivered_position, delivered_at
        )
        SELECT conversation_id, user_id, read_position, :moved_at, delivered_position, :moved_at
        FROM moved WHERE delivered_position > 0
        ORDER BY conversation_id, user_id
        ON CONFLICT (conversation_id, user_id) DO UPDATE SET
            {later("read_at", "read_position")}, {later("read_position", "read_position")},
            {later("delivered_at", "delivered_position")},
            {later("delivered_position", "delivered_position")}
        WHERE excluded.read_position > receipts.read_position
           OR excluded.delivered_position > receipts.delivered_position
        RETURNING conversation_id, user_id
        """,
        moved_at=moved_at,
        **values,
    )
    return [(row["conversation_id"], row["user_id"]) for row in rows]


async def list_shown(conversation_ids: Iterable[int]) -> dict[int, list[Receipt]]:
    """The receipts of each conversation, by name: of all participants who do not hide them."""
    ids, values = given(conversation_ids, id="BIGINT")
    rows = await engine.rows(
        f"""
        SELECT p.conversation_id, p.user_id, u.name, p.tint,
            COALESCE(r.read_position, 0) AS read_position, COALESCE(r.read_at, 0) AS read_at,
            COALESCE(r.delivered_position, 0) AS delivered_position,
            COALESCE(r.delivered_at, 0) AS delivered_at
        FROM participants p
        JOIN users u ON u.id = p.user_id
        JOIN conversations c ON c.id = p.conversation_id
        LEFT JOIN receipts r
          ON r.conversation_id = p.conversation_id AND r.user_id = p.user_id
        WHERE p.conversation_id IN ({ids})
          AND u.hides_receipts = 0 AND u.password <> '!' AND c.kind <> 'self'
        ORDER BY p.conversation_id, u.name_folded, u.id
        """,
        **values,
    )
    shown: dict[int, list[Receipt]] = defaultdict(list)
    for row in rows:
        shown[row["conversation_id"]].append(receipt(row))
    return shown


def receipt(row: Row) -> Receipt:
    return Receipt(**{name: row[name] for name in Receipt._fields})


async def are_hidden(user_id: int) -> bool:
    row = await engine.row("SELECT hides_receipts FROM users WHERE id = :id", id=user_id)
    return row is not None and row["hides_receipts"] == 1


async def update_hidden(user_id: int, hides_receipts: bool) -> None:
    await engine.execute(
        "UPDATE users SET hides_receipts = :hides_receipts WHERE id = :id",
        id=user_id,
        hides_receipts=int(hides_receipts),
    )
