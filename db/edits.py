"""Editing a message: another text takes the place of what it says."""

from dataclasses import dataclass

from db import mentions
from db.engine.script import Script
from db.engine.statement import Statement
from db.log.change import Change, Place, Refusal, why_not_own
from db.log.revisions import Logs
from db.pins import PINNING
from db.replies import touch_quoting
from db.versions import BODY


@dataclass(frozen=True, slots=True)
class Edit(Change):
    """The user gives a message of their own another text, which they wrote when it was as it was at
    the revision `base`. A text that it has, or has had since then, is a repeat."""

    position: int
    body: str
    base: int
    edited_at: int
    names: frozenset[str] = frozenset()
    """As those of a `Send`."""

    def store(self, logs: Logs) -> Script[Place | Refusal]:
        place = (self.conversation_id, self.position)
        at = {"conversation_id": self.conversation_id, "position": self.position}
        found = yield Statement(FIND, at)
        if refusal := why_not_own(found, self.user_id):
            return refusal
        [message] = found
        if message["unsent_at"] is not None:
            return Refusal.UNSENT
        since = [row["body"] for row in (yield Statement(SINCE, at | {"base": self.base}))]
        if self.body in (message["body"], *since):
            return place
        if since:
            return Refusal.OUTDATED
        yield from touch_quoting(place, logs)
        revision = logs.touch(place, self.edited_at)
        if message["pinned_at"] is not None:
            logs.repin(self.conversation_id)
        values = {"revision": revision, "body": self.body, "written_at": self.edited_at}
        yield Statement(INSERT, at | values)
        if "@" in message["body"]:
            yield from mentions.forget(place)
        yield from mentions.resolve([(place, self.names)])
        return place


FIND = f"""
    SELECT m.author_id, m.unsent_at, m.event, {BODY}, {PINNING} AS pinned_at
    FROM messages m WHERE m.conversation_id = :conversation_id AND m.position = :position
"""
SINCE = """
    SELECT body FROM versions
    WHERE conversation_id = :conversation_id AND position = :position AND revision > :base
"""
INSERT = """
    INSERT INTO versions (conversation_id, position, revision, body, written_at)
    VALUES (:conversation_id, :position, :revision, :body, :written_at)
"""
