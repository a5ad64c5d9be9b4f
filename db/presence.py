"""When users were last here. Recent enough means that they are online."""

from collections.abc import Iterable, Sequence

from db import engine
from db.engine.dialect import given

BATCH = 500

MESSAGES_HEARD = 1_000


async def update(user_ids: Sequence[int], present_at: int) -> None:
    """Mark users as present, at most `BATCH`. Lock order: user."""
    ids, values = given(sorted(user_ids), id="BIGINT")
    await engine.execute(
        f"""
        UPDATE users SET present_at = :present_at
        FROM ({ids}) AS present WHERE users.id = present.id
        """,
        present_at=present_at,
        **values,
    )


async def list_visible(
    places: Iterable[tuple[int, int]],
) -> dict[tuple[int, int], dict[int, int]]:
    """For each conversation and viewer: when the others were last here, by user id (milliseconds
    since 1970).

    Users who hide their presence are left out, and see no one else's. So are those who sent none of
    the last `MESSAGES_HEARD` messages: writing to strangers does not reveal when they are online.
    """
    pairs, values = given(places, conversation_id="BIGINT", viewer_id="BIGINT")
    rows = await engine.rows(
        f"""
        SELECT p.conversation_id, me.id AS viewer_id, u.id, u.present_at
        FROM ({pairs}) AS place
        JOIN users me ON me.id = place.viewer_id
        JOIN participants p
          ON p.conversation_id = place.conversation_id AND p.user_id <> place.viewer_id
        JOIN users u ON u.id = p.user_id
        WHERE u.hides_presence = 0 AND me.hides_presence = 0 AND u.present_at > 0
          AND u.id IN (
            SELECT m.author_id FROM messages m
            WHERE m.conversation_id = p.conversation_id
            ORDER BY m.position DESC LIMIT {MESSAGES_HEARD}
          )
        """,
        **values,
    )
    visible: dict[tuple[int, int], dict[int, int]] = {}
    for row in rows:
        others = visible.setdefault((row["conversation_id"], row["viewer_id"]), {})
        others[row["id"]] = row["present_at"]
    return visible


async def is_hidden(user_id: int) -> bool:
    row = await engine.row("SELECT hides_presence FROM users WHERE id = :id", id=user_id)
    return row is not None and row["hides_presence"] == 1


async def update_hidden(user_id: int, hides_presence: bool) -> None:
    await engine.execute(
        "UPDATE users SET hides_presence = :hides_presence WHERE id = :id",
        id=user_id,
        hides_presence=int(hides_presence),
    )
