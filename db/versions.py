"""What messages said, text after text.

`messages` holds a message's first text; each later one is a row here, and the last of them is what
it says now. `revision` is the change by which a text took the place of the one before. So an edit
moves no other row, of which SQLite would leave copies behind (see db/unsends.py), and a message
that was never edited costs nothing.
"""

from dataclasses import dataclass

from db import engine


def last(column: str, m: str) -> str:
    return f"""(
        SELECT v.{column} FROM versions v
        WHERE v.conversation_id = {m}.conversation_id AND v.position = {m}.position
        ORDER BY v.revision DESC LIMIT 1
    )"""


def said(m: str) -> str:
    """The SQL for what a message says now; an unsent one says nothing."""
    return f"""
        CASE WHEN {m}.unsent_at IS NOT NULL THEN ''
             WHEN {m}.revision > {m}.position THEN COALESCE({last("body", m)}, {m}.body)
             ELSE {m}.body END
    """


BODY = f"{said('m')} AS body"
EDITED_AT = f"""
    CASE WHEN m.unsent_at IS NULL AND m.revision > m.position
         THEN {last("written_at", "m")} END AS edited_at
"""


@dataclass(frozen=True, slots=True)
class Version:
    """A text that a message no longer has."""

    body: str
    written_at: int


async def list_earlier(conversation_id: int, position: int, user_id: int) -> list[Version]:
    """What a message said before, oldest first, as far as the user has been there to see it."""
    rows = await engine.rows(
        """
        SELECT said.body, said.written_at
        FROM (
            SELECT texts.*, LEAD(revision) OVER (ORDER BY revision) AS until
            FROM (
                SELECT position AS revision, body, created_at AS written_at
                FROM messages
                WHERE conversation_id = :conversation_id AND position = :position
                UNION ALL
                SELECT revision, body, written_at FROM versions
                WHERE conversation_id = :conversation_id AND position = :position
            ) AS texts
        ) AS said
        JOIN participants me ON me.conversation_id = :conversation_id AND me.user_id = :user_id
        JOIN messages m ON m.conversation_id = :conversation_id AND m.position = :position
        WHERE m.unsent_at IS NULL AND said.until > me.joined_revision
        ORDER BY said.revision
        """,
        conversation_id=conversation_id,
        position=position,
        user_id=user_id,
    )
    return [Version(**row) for row in rows]
