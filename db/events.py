"""Event lines: what has happened in a group, in its log.

Such a line is a row of `messages` without a text, by whom it was done. `event` is its kind, NULL
for messages; whom or which title it is about, `events` holds. Templates make the sentence.
"""

import uuid
from dataclasses import dataclass

from db.engine.script import Script
from db.engine.statement import Statement
from db.log.change import Change, Place, Refusal
from db.log.revisions import Logs

KINDS = ("added", "removed", "left", "joined", "renamed")


def about(column: str) -> str:
    return f"""
        CASE WHEN m.event IS NOT NULL THEN (
            SELECT {column} FROM events e LEFT JOIN users eu ON eu.id = e.user_id
            WHERE e.conversation_id = m.conversation_id AND e.position = m.position
        ) END
    """


EVENT = f"""
    m.event, {about("e.user_id")} AS event_user_id,
    {about("COALESCE(eu.name, e.title)")} AS event_about
"""
"""The SQL for what a line `m` says. For messages nothing is looked up."""


@dataclass(frozen=True, slots=True)
class Event(Change):
    """Something that the user does in a conversation, and the line that says so, stored together.

    To be subclassed by what changes anything else. Where that is so already, there is no line.
    """

    kind: str
    created_at: int
    person_id: int | None = None
    title: str | None = None

    def store(self, logs: Logs) -> Script[Place | Refusal]:
        if not logs.admits(self):
            return Refusal.NOT_A_PARTICIPANT  # since a change of the same batch
        if not (yield from self.happen(logs)):
            return Refusal.HAPPENED
        position, previous = logs.append(self.conversation_id, self.created_at, is_quiet=True)
        place: dict[str, object] = {"conversation_id": self.conversation_id, "position": position}
        line = {
            "previous_position": previous,
            "author_id": self.user_id,
            "client_id": str(uuid.uuid4()),
            "created_at": self.created_at,
            "event": self.kind,
        }
        yield Statement(INSERT_LINE, place | line)
        about = {"user_id": self.person_id, "title": self.title}
        yield Statement(INSERT_ABOUT, place | about)
        return self.conversation_id, position

    def happen(self, logs: Logs) -> Script[bool]:
        """Store what has happened; False where that is so already."""
        yield from ()
        return True


@dataclass(frozen=True, slots=True)
class Departure(Event):
    """The person no longer takes part: the user has left, or has removed them."""

    def happen(self, logs: Logs) -> Script[bool]:
        person = {"conversation_id": self.conversation_id, "user_id": self.person_id}
        removed = yield Statement(DELETE_PARTICIPANT, person)
        for row in removed:
            logs.expel(self.conversation_id, row["user_id"])
        return bool(removed)


INSERT_LINE = """
    INSERT INTO messages (conversation_id, position, previous_position, revision, author_id,
                          client_id, body, created_at, event)
    VALUES (:conversation_id, :position, :previous_position, :position, :author_id,
            :client_id, '', :created_at, :event)
"""
INSERT_ABOUT = """
    INSERT INTO events (conversation_id, position, user_id, title)
    VALUES (:conversation_id, :position, :user_id, :title)
"""
DELETE_PARTICIPANT = """
    DELETE FROM participants
    WHERE conversation_id = :conversation_id AND user_id = :user_id
    RETURNING user_id
"""
