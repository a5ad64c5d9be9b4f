"""Forwarded messages: copies that belong to who forwarded them, and name who wrote them.

The author is kept as an id and named when the copy is read: renamed, it has the new name, and a
deleted account is not named.
"""

from db import engine

HIDDEN = 0
"""In place of an author who hides in forwards."""

FORWARD = """
    m.forwarded_from,
    CASE WHEN m.forwarded_from IS NOT NULL THEN COALESCE((
        SELECT f.name FROM users f WHERE f.id = m.forwarded_from AND f.password <> '!'
    ), '') END AS forwarded_name
"""
"""The SQL for whose words a message `m` has. For others nothing is looked up."""


async def is_hidden(user_id: int) -> bool:
    """Whether a user is not named where others forward their messages."""
    row = await engine.row("SELECT hides_in_forwards FROM users WHERE id = :id", id=user_id)
    return row is not None and row["hides_in_forwards"] == 1


async def update_hidden(user_id: int, hides: bool) -> None:
    await engine.execute(
        "UPDATE users SET hides_in_forwards = :hides WHERE id = :id", id=user_id, hides=int(hides)
    )
