"""When people were last here. A time that is recent enough means that they still are."""

from collections.abc import Sequence

from db import engine

AT_ONCE = 500


async def update(user_ids: Sequence[int], present_at: int) -> None:
    """Note that people are here now."""
    for start in range(0, len(user_ids), AT_ONCE):
        ids = ", ".join(str(int(user_id)) for user_id in user_ids[start : start + AT_ONCE])
        await engine.rows(
            f"UPDATE users SET present_at = :present_at WHERE id IN ({ids}) RETURNING id",
            present_at=present_at,
        )


async def list_visible(conversation_id: int, viewer_id: int) -> dict[int, int]:
    """When the others of a conversation were last here, by their ids (milliseconds since 1970).

    Without those who hide it, and without anybody where the viewer hides it themselves.
    """
    rows = await engine.rows(
        """
        SELECT u.id, u.present_at
        FROM participants p JOIN users u ON u.id = p.user_id JOIN users me ON me.id = :viewer_id
        WHERE p.conversation_id = :conversation_id AND u.id <> :viewer_id
          AND u.hides_presence = 0 AND me.hides_presence = 0 AND u.present_at > 0
        """,
        conversation_id=conversation_id,
        viewer_id=viewer_id,
    )
    return {row["id"]: row["present_at"] for row in rows}


async def is_hidden(user_id: int) -> bool:
    row = await engine.row("SELECT hides_presence FROM users WHERE id = :id", id=user_id)
    return row is not None and row["hides_presence"] == 1


async def update_hidden(user_id: int, hides_presence: bool) -> None:
    await engine.row(
        "UPDATE users SET hides_presence = :hides_presence WHERE id = :id RETURNING id",
        id=user_id,
        hides_presence=int(hides_presence),
    )
