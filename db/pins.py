"""Pinned messages: those that a conversation shows at its top, to all who take part in it.

`pinned_revision` of a conversation is the revision at which that line last changed, so a reader
with an older cursor lacks it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from db import engine
from db.engine.dialect import given
from db.engine.script import Script
from db.engine.statement import Row, Statement
from db.log.change import Change, Place, Refusal
from db.log.revisions import Logs
from db.versions import BODY

MOST = 50
"""Pinned messages of a conversation."""

PINNING = """
    (SELECT pins.pinned_at FROM pins
     WHERE pins.conversation_id = m.conversation_id AND pins.position = m.position)
"""
"""The SQL for when a message `m` was pinned, if it is."""

PINNED_AT = f"CASE WHEN m.revision > m.position THEN {PINNING} END AS pinned_at"
"""The same, at no cost for a message that never changed; but not while its change is stored."""


@dataclass(frozen=True, slots=True)
class Pin(Change):
    """The user pins a message, or takes it from the pinned ones. One that is as it shall be stays
    as it is, and so does who pinned it."""

    position: int
    is_pinned: bool
    pinned_at: int

    def store(self, logs: Logs) -> Script[Place | Refusal]:
        place = (self.conversation_id, self.position)
        at = {"conversation_id": self.conversation_id, "position": self.position}
        found = yield Statement(FIND, at)
        if not found:
            return Refusal.NO_MESSAGE
        [message] = found
        if message["event"] is not None:
            return Refusal.EVENT
        if self.is_pinned == (message["pinned_at"] is not None):
            return place
        if self.is_pinned and message["unsent_at"] is not None:
            return Refusal.UNSENT
        if self.is_pinned and message["number"] >= MOST:
            return Refusal.TOO_MANY_PINNED
        revision = logs.touch(place)
        logs.repin(self.conversation_id)
        if self.is_pinned:
            by = {"revision": revision, "user_id": self.user_id, "pinned_at": self.pinned_at}
            yield Statement(INSERT, at | by)
        else:
            yield from unpin(place)
        return place


FIND = f"""
    SELECT m.unsent_at, m.event, {PINNING} AS pinned_at,
           (SELECT COUNT(*) FROM pins WHERE conversation_id = :conversation_id) AS number
    FROM messages m WHERE m.conversation_id = :conversation_id AND m.position = :position
"""
INSERT = """
    INSERT INTO pins (conversation_id, position, revision, user_id, pinned_at)
    VALUES (:conversation_id, :position, :revision, :user_id, :pinned_at)
"""


def unpin(place: Place) -> Script[bool]:
    """Whether the message was pinned."""
    conversation_id, position = place
    removed = yield Statement(
        """
        DELETE FROM pins WHERE conversation_id = :conversation_id AND position = :position
        RETURNING position
        """,
        {"conversation_id": conversation_id, "position": position},
    )
    return bool(removed)


class Line(NamedTuple):
    """What a conversation shows at its top: how many messages are pinned, and the one that was
    pinned last, if any, as it is now. `revision`: when the line last changed."""

    conversation_id: int
    revision: int
    number: int
    position: int | None
    author_id: int | None
    client_id: str | None
    body: str | None


def lines(conversation_ids: Iterable[int]) -> Script[dict[int, Line]]:
    """The lines of conversations."""
    return by_conversation((yield statement(conversation_ids)))


async def list_lines(conversation_ids: Iterable[int]) -> dict[int, Line]:
    """The same outside a transaction."""
    reading = statement(conversation_ids)
    return by_conversation(await engine.rows(reading.sql, **reading.values))


def statement(conversation_ids: Iterable[int]) -> Statement:
    ids, values = given(conversation_ids, id="BIGINT")
    return Statement(
        f"""
        SELECT c.id AS conversation_id, c.pinned_revision AS revision,
               (SELECT COUNT(*) FROM pins WHERE pins.conversation_id = c.id) AS number,
               m.position, m.author_id, m.client_id, {BODY}
        FROM ({ids}) AS wanted JOIN conversations c ON c.id = wanted.id
        LEFT JOIN messages m ON m.conversation_id = c.id AND m.position = (
            SELECT pins.position FROM pins WHERE pins.conversation_id = c.id
            ORDER BY pins.revision DESC LIMIT 1
        )
        """,
        values,
    )


def by_conversation(rows: Iterable[Row]) -> dict[int, Line]:
    return {row["conversation_id"]: Line(*(row[name] for name in Line._fields)) for row in rows}


@dataclass(frozen=True, slots=True)
class Pinning:
    """Who pinned a message, and when."""

    position: int
    name: str
    pinned_at: int


async def list_all(conversation_id: int) -> list[Pinning]:
    """What is pinned in a conversation, the last first."""
    rows = await engine.rows(
        """
        SELECT pins.position, u.name, pins.pinned_at
        FROM pins JOIN users u ON u.id = pins.user_id
        WHERE pins.conversation_id = :conversation_id
        ORDER BY pins.revision DESC
        """,
        conversation_id=conversation_id,
    )
    return [Pinning(**row) for row in rows]
