"""Drafts: what users have begun to write in a conversation, and not sent.

A draft carries the client_id of the message that it is to be, so sending that message ends it
(db/messages.py). The one that was saved last is what a user goes on with; there are others beside
it where two devices wrote at once.
"""

from collections.abc import Collection
from dataclasses import dataclass

from db import engine
from db.engine.dialect import given, locked
from db.engine.statement import Row


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be a message. `reply_to` is the position of the one it replies to, and no text
    of that is kept here."""

    client_id: str
    body: str
    reply_to: int | None
    saved_at: int
    """When it was saved, later than any other of its user there. Names a state of the draft."""


@dataclass(frozen=True, slots=True)
class Used:
    """What a client_id stands for: a message, also one that is to be sent later."""

    body: str
    unsent_at: int | None


@dataclass(frozen=True, slots=True)
class KeptDraft:
    """A draft of a conversation that its user is no longer in."""

    client_id: str
    body: str
    saved_at: int


IS_NOT_SENT = """
    (SELECT 1 FROM messages sent
     WHERE sent.author_id = d.user_id AND sent.client_id = d.client_id
       AND sent.conversation_id = d.conversation_id) IS NULL
"""
"""The SQL for whether a draft `d` is one: its message may have been sent while it was saved. (Of
NOT EXISTS, PostgreSQL makes a join.)"""

LATEST = f"""
    LEFT JOIN drafts draft
      ON draft.user_id = me.user_id AND draft.client_id = (
        SELECT d.client_id FROM drafts d
        WHERE d.user_id = me.user_id AND d.conversation_id = c.id AND {IS_NOT_SENT}
        ORDER BY d.saved_at DESC LIMIT 1
    )
"""
"""The SQL for the `draft` that `me` goes on with in `c`."""


async def list_in(conversation_id: int, user_id: int) -> list[Draft]:
    """A user's drafts in a conversation, the last saved one first."""
    rows = await engine.rows(
        f"""
        SELECT d.client_id, d.body, d.reply_to, d.saved_at FROM drafts d
        WHERE d.user_id = :user_id AND d.conversation_id = :conversation_id AND {IS_NOT_SENT}
        ORDER BY d.saved_at DESC
        """,
        user_id=user_id,
        conversation_id=conversation_id,
    )
    return [draft(row) for row in rows]


async def lock_in(conversation_id: int, user_id: int) -> list[Draft]:
    """The same, sent ones too, locked until the commit."""
    rows = await engine.rows(
        f"""
        SELECT d.client_id, d.body, d.reply_to, d.saved_at FROM drafts d
        WHERE d.user_id = :user_id AND d.conversation_id = :conversation_id
        {locked("d", "d.client_id")}
        """,
        user_id=user_id,
        conversation_id=conversation_id,
    )
    return sorted(map(draft, rows), key=lambda each: -each.saved_at)


async def list_kept(user_id: int) -> list[KeptDraft]:
    """A user's drafts of conversations that they are no longer in, the last saved one first."""
    rows = await engine.rows(
        """
        SELECT d.client_id, d.body, d.saved_at FROM drafts d
        LEFT JOIN participants me
          ON me.conversation_id = d.conversation_id AND me.user_id = d.user_id
        WHERE d.user_id = :user_id AND me.user_id IS NULL
        ORDER BY d.saved_at DESC
        """,
        user_id=user_id,
    )
    return [KeptDraft(**row) for row in rows]


async def get_used(conversation_id: int, user_id: int, client_id: str) -> Used | None:
    """What a client_id stands for, if not for a draft in this conversation."""
    row = await engine.row(
        """
        SELECT body, unsent_at FROM messages
        WHERE author_id = :user_id AND client_id = :client_id
        UNION ALL
        SELECT body, NULL AS unsent_at FROM scheduled
        WHERE user_id = :user_id AND client_id = :client_id
        UNION ALL
        SELECT '' AS body, NULL AS unsent_at FROM drafts
        WHERE user_id = :user_id AND client_id = :client_id AND conversation_id <> :conversation_id
        """,
        conversation_id=conversation_id,
        user_id=user_id,
        client_id=client_id,
    )
    return Used(**row) if row else None


async def put(conversation_id: int, user_id: int, saved: Draft) -> None:
    """Add a draft, or give it another text."""
    await engine.execute(
        """
        INSERT INTO drafts (user_id, client_id, conversation_id, body, reply_to, saved_at)
        VALUES (:user_id, :client_id, :conversation_id, :body, :reply_to, :saved_at)
        ON CONFLICT (user_id, client_id) DO UPDATE
        SET body = excluded.body, reply_to = excluded.reply_to, saved_at = excluded.saved_at
        WHERE drafts.conversation_id = excluded.conversation_id
        """,
        user_id=user_id,
        client_id=saved.client_id,
        conversation_id=conversation_id,
        body=saved.body,
        reply_to=saved.reply_to,
        saved_at=saved.saved_at,
    )


async def remove(user_id: int, client_ids: Collection[str]) -> None:
    listed, values = given(client_ids, client_id="TEXT")
    await engine.execute(
        f"DELETE FROM drafts WHERE user_id = :user_id AND client_id IN ({listed})",
        user_id=user_id,
        **values,
    )


async def remove_kept(user_id: int, client_id: str) -> None:
    """Remove a draft of a conversation that its user is no longer in."""
    await engine.execute(
        """
        DELETE FROM drafts WHERE user_id = :user_id AND client_id = :client_id
          AND NOT EXISTS (
            SELECT 1 FROM participants me
            WHERE me.conversation_id = drafts.conversation_id AND me.user_id = drafts.user_id
          )
        """,
        user_id=user_id,
        client_id=client_id,
    )


async def remove_all(user_id: int) -> None:
    """Remove all drafts of a user."""
    await engine.execute("DELETE FROM drafts WHERE user_id = :user_id", user_id=user_id)


def draft(row: Row) -> Draft:
    return Draft(**row)
