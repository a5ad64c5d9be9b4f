"""When people were last here. A time that is recent enough means that they still are."""

import json
from collections.abc import Iterable, Sequence

from db import engine
from db.engine.dialect import each

AT_ONCE = 500


async def update(user_ids: Sequence[int], present_at: int) -> None:
    """Note that people are here now."""
    ids = sorted(user_ids)  # so that nobody waits for somebody who waits for them
    for start in range(0, len(ids), AT_ONCE):
        await engine.rows(
            f"""
            UPDATE users SET present_at = :present_at
            FROM (SELECT CAST(value ->> 0 AS BIGINT) AS id FROM {each("ids")}) AS here
            WHERE users.id = here.id
            RETURNING users.id
            """,
            ids=json.dumps([(id,) for id in ids[start : start + AT_ONCE]]),
            present_at=present_at,
        )


async def list_visible(
    places: Iterable[tuple[int, int]],
) -> dict[tuple[int, int], dict[int, int]]:
    """When the others of conversations were last here, by their ids (milliseconds since 1970); for
    each conversation and viewer of it.

    Without those who hide it, and without anybody where the viewer hides it themselves.
    """
    rows = await engine.rows(
        f"""
        SELECT p.conversation_id, me.id AS viewer_id, u.id, u.present_at
        FROM (
            SELECT CAST(value ->> 0 AS BIGINT) AS conversation_id,
                   CAST(value ->> 1 AS BIGINT) AS viewer_id
            FROM {each("places")}
        ) AS place
        JOIN users me ON me.id = place.viewer_id
        JOIN participants p
          ON p.conversation_id = place.conversation_id AND p.user_id <> place.viewer_id
        JOIN users u ON u.id = p.user_id
        WHERE u.hides_presence = 0 AND me.hides_presence = 0 AND u.present_at > 0
        """,
        places=json.dumps(list(places)),
    )
    visible: dict[tuple[int, int], dict[int, int]] = {}
    for row in rows:
        visible.setdefault((row[0], row[1]), {})[row[2]] = row[3]
    return visible


async def is_hidden(user_id: int) -> bool:
    row = await engine.row("SELECT hides_presence FROM users WHERE id = :id", id=user_id)
    return row is not None and row["hides_presence"] == 1


async def update_hidden(user_id: int, hides_presence: bool) -> None:
    await engine.row(
        "UPDATE users SET hides_presence = :hides_presence WHERE id = :id RETURNING id",
        id=user_id,
        hides_presence=int(hides_presence),
    )
