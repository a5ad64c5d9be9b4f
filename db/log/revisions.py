"""The ends of the logs that a batch changes, locked until its commit."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from db import inbox_ranks
from db.engine.dialect import gathered, given, locked
from db.engine.script import Script
from db.engine.statement import Statement
from db.log.change import Change, Place


@dataclass(slots=True)
class Head:
    """The end of one log. All of it is stored, so that a change may move any of it."""

    id: int
    revision: int
    last_position: int
    active_at: int
    ranked_at: int
    pinned_revision: int
    is_changed: bool = False
    is_reranked: bool = False


class Logs:
    """Each log's next position and revision, given out in the order of the calls, without a gap."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self._heads: dict[int, Head] = {}
        self._participants: set[tuple[int, int]] = set()
        for user_id, *head in rows:
            self._heads.setdefault(head[0], Head(*head))
            self._participants.add((head[0], user_id))
        self._before = {head.id: head.revision for head in self._heads.values()}
        self._changed: dict[Place, int] = {}
        self._repinned: set[int] = set()
        self.said: set[Place] = set()
        """The messages that are new, or say something else."""

    def admits(self, change: Change) -> bool:
        """Whether the author of a change takes part in its conversation."""
        return (change.conversation_id, change.user_id) in self._participants

    def expel(self, conversation_id: int, user_id: int) -> None:
        """A participant no longer is one, for what follows in the batch."""
        self._participants.discard((conversation_id, user_id))

    def append(
        self, conversation_id: int, created_at: int, *, is_quiet: bool = False
    ) -> tuple[int, int | None]:
        """The position of a new message, and of the one before it. A quiet one leaves its
        conversation where it stands in inboxes."""
        head = self._heads[conversation_id]
        previous = head.last_position or None
        head.last_position = self._advance(head)
        if is_quiet:
            self._mark_lines(head, created_at)
        else:
            self._activate(head, created_at)
        self._changed[conversation_id, head.last_position] = head.revision
        self.said.add((conversation_id, head.last_position))
        return head.last_position, previous

    def _activate(self, head: Head, created_at: int) -> None:
        head.active_at = created_at
        if not inbox_ranks.is_within_hour(created_at, head.ranked_at):
            head.ranked_at = created_at
            head.is_reranked = True

    def touch(self, place: Place, said_at: int | None = None) -> int:
        """A message that is there changes: it gets its log's next revision, which is returned.
        `said_at`: when what it says has changed, which the last one's lines in inboxes say, too."""
        head = self._heads[place[0]]
        self._changed[place] = self._advance(head)
        if said_at is not None:
            self.said.add(place)
            if place[1] == head.last_position:
                self._mark_lines(head, said_at)
        return head.revision

    def repin(self, conversation_id: int) -> None:
        """What a conversation shows as pinned changes with the change that was numbered last."""
        head = self._heads[conversation_id]
        head.pinned_revision = head.revision
        self._repinned.add(conversation_id)

    @property
    def repinned(self) -> frozenset[int]:
        """The conversations that show other pinned messages than before."""
        return frozenset(self._repinned)

    def _mark_lines(self, head: Head, at: int) -> None:
        """The marks of inboxes count the revisions of the newest ranks only."""
        if at - head.ranked_at >= inbox_ranks.HOUR:
            head.ranked_at = inbox_ranks.shifted(head.active_at, head.ranked_at)
            head.is_reranked = True

    def previous_revisions(self) -> dict[Place, int]:
        """For each message that is new or has changed: the revision of its log's last change before
        that. So those of one log make a chain, from what it was before the batch to what it is."""
        places: dict[int, list[Place]] = defaultdict(list)
        for place in sorted(self._changed, key=self._changed.__getitem__):
            places[place[0]].append(place)
        return {
            place: self._changed[before] if before else self._before[id]
            for id, chain in places.items()
            for before, place in zip([None, *chain], chain, strict=False)
        }

    def write(self) -> Script[None]:
        """Store where the logs end now, and which messages have changed."""
        heads = [head for head in self._heads.values() if head.is_changed]
        if heads:
            listed, values = given(
                [tuple(getattr(h, name) for name in HEAD) for h in heads], **HEAD
            )
            yield Statement(f"WITH given AS ({listed}) {UPDATE_HEADS}", values)
        touched = [(*p, revision) for p, revision in self._changed.items() if revision > p[1]]
        if touched:
            listed, values = given(touched, **TOUCHED)
            yield Statement(f"WITH given AS ({listed}) {UPDATE_REVISIONS}", values)
        yield from inbox_ranks.propagate(head.id for head in heads if head.is_reranked)

    def _advance(self, head: Head) -> int:
        head.revision += 1
        head.is_changed = True
        return head.revision


def lock(changes: Sequence[Change]) -> Script[Logs]:
    """Keep other processes from writing to the logs that are changed, until the commit."""
    places = dict.fromkeys((change.conversation_id, change.user_id) for change in changes)
    listed, values = given(list(places), conversation_id="BIGINT", user_id="BIGINT")
    [(rows,)] = yield Statement(
        f"""
        WITH given AS ({listed}), allowed AS MATERIALIZED (  -- see conversations.rows_at
            SELECT given.* FROM given JOIN participants p
              ON p.conversation_id = given.conversation_id AND p.user_id = given.user_id
        ), held AS (
            SELECT allowed.user_id, c.id, c.revision, c.last_position, c.active_at, c.ranked_at,
                   c.pinned_revision
            FROM allowed JOIN conversations c ON c.id = allowed.conversation_id
            {locked("c", "c.id")}
        )
        SELECT {gathered(("user_id", *HEAD))} FROM held
        """,
        values,
    )
    return Logs(orjson.loads(rows or "[]"))


HEAD = dict.fromkeys(
    ("id", "revision", "last_position", "active_at", "ranked_at", "pinned_revision"), "BIGINT"
)
TOUCHED = dict.fromkeys(("conversation_id", "position", "revision"), "BIGINT")

UPDATE_HEADS = """
    UPDATE conversations
    SET revision = given.revision, last_position = given.last_position,
        active_at = given.active_at, ranked_at = given.ranked_at,
        pinned_revision = given.pinned_revision
    FROM given WHERE conversations.id = given.id
"""

UPDATE_REVISIONS = """
    UPDATE messages SET revision = given.revision
    FROM given
    WHERE messages.conversation_id = given.conversation_id AND messages.position = given.position
"""
