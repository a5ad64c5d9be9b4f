"""Unsending a message: its place stays, its text and the reactions to it go."""

from dataclasses import dataclass

from db import mentions
from db.engine.script import Script
from db.engine.statement import Statement
from db.log.change import Change, Place, Refusal, why_not_own
from db.log.revisions import Logs
from db.pins import unpin
from db.replies import touch_quoting
from db.search import index

ROOM = 8
"""Bytes by which a row may grow when its message is unsent: the time, and a larger revision."""


@dataclass(frozen=True, slots=True)
class Unsend(Change):
    """The user takes a message of their own back. One that is unsent already stays as it is."""

    position: int
    unsent_at: int

    def store(self, logs: Logs) -> Script[Place | Refusal]:
        place = (self.conversation_id, self.position)
        at: dict[str, object] = {"conversation_id": self.conversation_id, "position": self.position}
        found = yield Statement(FIND, at)
        if refusal := why_not_own(found, self.user_id):
            return refusal
        [message] = found
        if message["unsent_at"] is None:
            yield from self.blank_texts(at, message["body"])
            draft = {"user_id": self.user_id, "client_id": message["client_id"]}
            yield Statement(DELETE_DRAFT, draft)
            yield from touch_quoting(place, logs)
            yield Statement(f"DELETE FROM reactions {AT}", at)
            yield from mentions.forget(place)
            logs.touch(place, self.unsent_at)
            if (yield from unpin(place)):
                logs.repin(self.conversation_id)
        return place

    def blank_texts(self, at: dict[str, object], first: str) -> Script[None]:
        """The first, and those that took its place; before, the index forgets what is said now."""
        yield from index.take_out(at)
        later = yield Statement(f"SELECT revision, body FROM versions {AT}", at)
        values = {"unsent_at": self.unsent_at, "body": blank(first, ROOM)}
        yield Statement(UNSEND, at | values)
        for version in later:
            values = {"revision": version["revision"], "body": blank(version["body"])}
            yield Statement(BLANK_VERSION, at | values)


AT = "WHERE conversation_id = :conversation_id AND position = :position"

FIND = f"SELECT author_id, client_id, unsent_at, event, body FROM messages {AT}"
UNSEND = f"UPDATE messages SET unsent_at = :unsent_at, body = :body {AT}"
DELETE_DRAFT = "DELETE FROM drafts WHERE user_id = :user_id AND client_id = :client_id"
BLANK_VERSION = f"UPDATE versions SET body = :body {AT} AND revision = :revision"


def blank(body: str, room: int = 0) -> str:
    """What is stored in a text's place: spaces, so that the row keeps its size, also with the
    `room` that else is needed.

    Where the size of a row changes, SQLite may move the rows around it to another page, and leaves
    copies of them behind that `secure_delete` does not overwrite.
    """
    return " " * max(0, len(body.encode()) - room)
