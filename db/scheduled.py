"""Messages that are to be sent later, each by its author's client_id."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from db import engine
from db.conversations import titled
from db.engine.dialect import locked
from db.engine.script import Script
from db.engine.statement import Row, Statement
from db.log.change import Change, Place, Refusal
from db.log.revisions import Logs
from db.messages import Send


class Scheduled(NamedTuple):
    """A message to be sent; times in milliseconds since 1970. `refusal` says why it was not; the
    title is None once its author is no longer in the conversation."""

    client_id: str
    conversation_id: int
    title: str | None
    body: str
    reply_to: int | None
    send_at: int
    refusal: str | None


@dataclass(frozen=True, slots=True)
class SendScheduled(Change):
    """A scheduled message whose time is not after `until` is sent, by the first that comes to it:
    from then on it is a message."""

    client_id: str
    sent_at: int
    until: int
    names_in: Callable[[str], frozenset[str]]
    """The usernames in a text: those of a `Send`."""

    def store(self, logs: Logs) -> Script[Place | Refusal]:
        key: dict[str, object] = {"user_id": self.user_id, "client_id": self.client_id}
        due = f"SELECT body, reply_to FROM scheduled s {ITS} AND send_at <= :until {locked('s')}"
        found = yield Statement(due, key | {"until": self.until})
        if not found:
            return Refusal.NOT_SCHEDULED
        body, reply_to = found[0]["body"], found[0]["reply_to"]
        send = Send(
            self.conversation_id,
            self.user_id,
            self.client_id,
            body,
            self.sent_at,
            reply_to,
            names=self.names_in(body),
        )
        [outcome] = yield from Send.store_all([send], logs)
        if not isinstance(outcome, Refusal):
            yield Statement(f"DELETE FROM scheduled {ITS}", key)
        return outcome


ITS = "WHERE user_id = :user_id AND client_id = :client_id"


class Due(NamedTuple):
    """A message whose time has come."""

    user_id: int
    client_id: str
    conversation_id: int


async def list_due(moment: int, limit: int) -> list[Due]:
    """Messages whose time has come, those that wait longest first."""
    rows = await engine.rows(
        """
        SELECT user_id, client_id, conversation_id FROM scheduled
        WHERE refusal IS NULL AND send_at <= :moment
        ORDER BY send_at LIMIT :limit
        """,
        moment=moment,
        limit=limit,
    )
    return [Due(**row) for row in rows]


async def list_of(user_id: int, conversation_id: int | None = None) -> list[Scheduled]:
    """A user's scheduled messages, of a conversation or of all, the next one first."""
    rows = await engine.rows(
        f"""
        SELECT s.client_id, s.conversation_id, s.body, s.reply_to, s.send_at, s.refusal,
               CASE WHEN me.user_id IS NOT NULL THEN {titled()} END AS title
        FROM scheduled s
        LEFT JOIN participants me
          ON me.conversation_id = s.conversation_id AND me.user_id = s.user_id
        LEFT JOIN conversations c ON c.id = me.conversation_id
        WHERE s.user_id = :user_id {"" if conversation_id is None else IN_CONVERSATION}
        ORDER BY s.send_at, s.client_id
        """,
        user_id=user_id,
        **({} if conversation_id is None else {"conversation_id": conversation_id}),
    )
    return [scheduled(row) for row in rows]


IN_CONVERSATION = "AND s.conversation_id = :conversation_id"


async def get(user_id: int, client_id: str) -> Scheduled | None:
    found = await list_of(user_id)
    return next((each for each in found if each.client_id == client_id), None)


async def count(user_id: int, conversation_id: int | None = None) -> int:
    """How many messages a user has scheduled, in a conversation or in all."""
    row = await engine.row(
        f"""
        SELECT COUNT(*) AS number FROM scheduled s
        WHERE s.user_id = :user_id {"" if conversation_id is None else IN_CONVERSATION}
        """,
        user_id=user_id,
        **({} if conversation_id is None else {"conversation_id": conversation_id}),
    )
    return row["number"] if row else 0


async def put(user_id: int, message: Scheduled) -> None:
    """Schedule a message; where it is scheduled already, for another time."""
    await engine.execute(
        """
        INSERT INTO scheduled (user_id, client_id, conversation_id, body, reply_to, send_at)
        VALUES (:user_id, :client_id, :conversation_id, :body, :reply_to, :send_at)
        ON CONFLICT (user_id, client_id) DO UPDATE SET send_at = excluded.send_at, refusal = NULL
        """,
        user_id=user_id,
        client_id=message.client_id,
        conversation_id=message.conversation_id,
        body=message.body,
        reply_to=message.reply_to,
        send_at=message.send_at,
    )


async def update(user_id: int, client_id: str, body: str, send_at: int) -> bool:
    """Give a scheduled message another text and time; False where there is none any more."""
    row = await engine.row(
        f"""
        UPDATE scheduled SET body = :body, send_at = :send_at, refusal = NULL {ITS}
        RETURNING client_id
        """,
        user_id=user_id,
        client_id=client_id,
        body=body,
        send_at=send_at,
    )
    return row is not None


async def update_refusal(user_id: int, client_id: str, until: int, refusal: str) -> None:
    """Note why a message whose time is not after `until` was not sent: it is not tried again by
    itself."""
    await engine.execute(
        f"UPDATE scheduled SET refusal = :refusal {ITS} AND send_at <= :until",
        until=until,
        user_id=user_id,
        client_id=client_id,
        refusal=refusal,
    )


async def remove(user_id: int, client_id: str) -> Row | None:
    """Remove a scheduled message; its conversation and text, None where there is none any more."""
    return await engine.row(
        f"DELETE FROM scheduled {ITS} RETURNING conversation_id, body",
        user_id=user_id,
        client_id=client_id,
    )


async def remove_all(user_id: int) -> None:
    """Remove all that a user has scheduled."""
    await engine.execute("DELETE FROM scheduled WHERE user_id = :user_id", user_id=user_id)


def scheduled(row: Row) -> Scheduled:
    return Scheduled(**{name: row[name] for name in Scheduled._fields})
