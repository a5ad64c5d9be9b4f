"""Unsending a message: its place stays, its text goes."""

from dataclasses import dataclass

from db.engine.script import Script
from db.engine.statement import Statement
from db.log.change import Change, Place, Refusal
from db.log.revisions import Logs

ROOM = 8
"""Bytes by which a row may grow when its message is unsent: the time, and a larger revision."""


@dataclass(frozen=True, slots=True)
class Unsend(Change):
    """The user takes a message of their own back. One that is unsent already stays as it is."""

    position: int
    unsent_at: int

    def store(self, logs: Logs) -> Script[Place | Refusal]:
        place = (self.conversation_id, self.position)
        at = {"conversation_id": self.conversation_id, "position": self.position}
        found = yield Statement(f"SELECT author_id, body, unsent_at FROM messages {AT}", at)
        if not found:
            return Refusal.NO_MESSAGE
        [message] = found
        if message["author_id"] != self.user_id:
            return Refusal.NOT_THE_AUTHOR
        if message["unsent_at"] is None:
            values = {"unsent_at": self.unsent_at, "body": blank(message["body"])}
            yield Statement(
                f"UPDATE messages SET unsent_at = :unsent_at, body = :body {AT}", at | values
            )
            logs.touch(place, self.unsent_at)
        return place


AT = "WHERE conversation_id = :conversation_id AND position = :position"


def blank(body: str) -> str:
    """What is stored in a text's place: spaces, so that the row keeps its size.

    Where the size of a row changes, SQLite may move the rows around it to another page, and leaves
    copies of them behind that `secure_delete` does not overwrite.
    """
    return " " * max(0, len(body.encode()) - ROOM)
