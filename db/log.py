"""The end of each conversation's log, where what is sent is put."""

from collections import Counter
from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

import orjson

from db import inbox_ranks
from db.engine.dialect import gathered, given, is_postgresql, locked
from db.engine.script import Script
from db.engine.statement import Statement
from db.messages import Message, Sent


class Refusal(Enum):
    """Why something sent is not stored now."""

    NO_PARTICIPANT = "its author takes no part in the conversation"
    REPEATED = "its author has used the client_id before"
    OVERTAKEN = "another process has just written to the log: it may be tried again"
    HELD_BACK = "the log has to be locked, to give the conversation a rank or to pass over repeats"


class Standing(NamedTuple):
    """What the database says to something that a participant has sent."""

    n: int
    """Which of all that is sent it is."""

    author_name: str
    is_new: int
    revision: int
    last_position: int
    last: str | None
    """The author and the time of what stands at the end of the log, where that is to be seen."""

    is_ranked: int
    """Whether the conversation keeps its rank with it."""

    @property
    def is_end_seen(self) -> bool:
        """Whether what stands at the end of the log is known, and not only its number."""
        return self.last_position == 0 or self.last is not None


SENT = {
    "n": "INTEGER",
    "conversation_id": "BIGINT",
    "author_id": "BIGINT",
    "client_id": "TEXT",
    "created_at": "BIGINT",
}
WHOLE = SENT | {"body": "TEXT", "place": "INTEGER", "size": "INTEGER"}
NEW = {
    "conversation_id": "BIGINT",
    "author_id": "BIGINT",
    "client_id": "TEXT",
    "body": "TEXT",
    "created_at": "BIGINT",
    "position": "BIGINT",
    "previous_position": "BIGINT",
}
LAST = {"conversation_id": "BIGINT", "position": "BIGINT", "created_at": "BIGINT"}


def add(sent: Sequence[Sent]) -> Script[list[Message | Refusal]]:
    """Put what is sent at the ends of the logs, in its order: each as it is stored, or why it is
    not. Of what is new in one conversation all is stored, or nothing.

    PostgreSQL refuses all of it (`engine.Conflict`) where another process stores one of the
    client_ids meanwhile, or one is there twice.
    """
    if not is_postgresql():  # a transaction has locked the whole file
        return (yield from add_locked(sent))
    listed, values = given(described(sent), **WHOLE)
    [(answer, stored)] = yield Statement(add_in_one(listed), values)
    log = Log(sent, answer)
    stored_in = set(orjson.loads(stored or "[]"))
    return [
        place if isinstance(place, Refusal) or place.conversation_id in stored_in else log.why(n)
        for n, place in enumerate(log.places)
    ]


def add_locked(sent: Sequence[Sent]) -> Script[list[Message | Refusal]]:
    """The same in a transaction that has locked the conversations: nothing is in its way."""
    listed, values = given([row(n, one) for n, one in enumerate(sent)], **SENT)
    [(answer,)] = yield Statement(
        f"WITH {standings(listed)} SELECT {gathered(Standing._fields)} FROM standings", values
    )
    log = Log(sent, answer)
    if log.new:
        listed, values = given(log.ends(), **LAST)
        yield Statement(f"WITH new AS ({listed}) {ADVANCE}", values)
        listed, values = given(log.new_rows(), **NEW)
        yield Statement(f"WITH new AS ({listed}) {ADD}", values)
        yield from inbox_ranks.propagate(log.unranked)
    return log.places


class Log:
    """Where each of what is sent belongs, given what the database says to it."""

    def __init__(self, sent: Sequence[Sent], answer: str | None) -> None:
        self._standings = {row[0]: Standing(*row) for row in orjson.loads(answer or "[]")}
        self._client_ids: set[tuple[int, str]] = set()
        self._ends: dict[int, Message] = {}
        """The last new message of each conversation."""

        self.new: list[tuple[Message, int | None]] = []
        """What is to be stored, with the position of the message before it."""

        self.unranked: set[int] = set()
        """Conversations that get another rank with it."""

        self.places = [self._place(n, one) for n, one in enumerate(sent)]

    def why(self, n: int) -> Refusal:
        """Why something that belongs in the log was not stored there."""
        return Refusal.HELD_BACK if self._standings[n].is_end_seen else Refusal.OVERTAKEN

    def new_rows(self) -> list[tuple[object, ...]]:
        """What is to be stored."""
        return [
            (new.conversation_id, new.author_id, new.client_id, new.body, new.created_at,
             new.position, before)
            for new, before in self.new
        ]  # fmt: skip

    def ends(self) -> list[tuple[object, ...]]:
        """Where the logs end then."""
        return [(end.conversation_id, end.position, end.created_at) for end in self._ends.values()]

    def _place(self, n: int, one: Sent) -> Message | Refusal:
        """Put something at the end of its log."""
        standing = self._standings.get(n)
        if standing is None:
            return Refusal.NO_PARTICIPANT
        if not standing.is_new or (one.author_id, one.client_id) in self._client_ids:
            return Refusal.REPEATED
        end = self._ends.get(one.conversation_id)
        last = map(int, standing.last.split()) if standing.last else (None, None)
        position = 1 + (end.position if end else standing.revision)
        message = Message(
            one.conversation_id,
            position,
            position,
            one.author_id,
            standing.author_name,
            one.client_id,
            one.body,
            one.created_at,
            *((end.author_id, end.created_at) if end else last),
        )
        self.new.append((message, end.position if end else standing.last_position or None))
        self._client_ids.add((one.author_id, one.client_id))
        self._ends[one.conversation_id] = message
        if not standing.is_ranked:
            self.unranked.add(one.conversation_id)
        return message


def row(n: int, one: Sent) -> tuple[object, ...]:
    return n, one.conversation_id, one.author_id, one.client_id, one.created_at


def described(sent: Sequence[Sent]) -> list[tuple[object, ...]]:
    """With which it is of how many for its conversation."""
    sizes = Counter([one.conversation_id for one in sent])
    places: Counter[int] = Counter()
    rows = []
    for n, one in enumerate(sent):
        id = one.conversation_id
        places[id] += 1
        rows.append((*row(n, one), one.body, places[id], sizes[id]))
    return rows


def add_in_one(listed: str) -> str:
    """All of it in one statement, which stores only what is simple. Its places are the same: in
    each conversation one after the other."""
    return f"""
        WITH {standings(listed)}, judged AS (
            SELECT standings.*,
                   count(*) OVER together = size AND min(is_new * is_ranked) OVER together = 1
                     AND bool_and(last_position = 0 OR last IS NOT NULL) OVER together AS is_simple
            FROM standings WINDOW together AS (PARTITION BY conversation_id)
        ), added_to AS (
            SELECT judged.*, revision + place AS position,
                   CASE place WHEN 1 THEN nullif(last_position, 0) ELSE revision + place - 1 END
                     AS previous_position
            FROM judged WHERE is_simple
        ), advanced AS (
            WITH new AS (SELECT * FROM added_to WHERE place = size) {ADVANCE}
        ), added AS (
            WITH new AS (SELECT * FROM added_to) {ADD}
        )
        SELECT {gathered(Standing._fields)},
               json_agg(conversation_id) FILTER (WHERE is_simple) AS stored_in
        FROM judged
    """


def standings(listed: str) -> str:
    """The SQL for what the database says to everything that is given.

    Conversations are locked in the order of their ids, so that no two processes wait for each
    other. Who has waited for that knows the number of a log's end by then, but does not see it.

    What is looked up by itself is not joined: PostgreSQL keeps a plan, and one that was made while
    there were few messages went through all of them for each that was sent.
    """
    return f"""
        sent AS ({listed}), allowed AS MATERIALIZED (  -- see conversations.participants_at
            SELECT sent.* FROM sent JOIN participants p
              ON p.conversation_id = sent.conversation_id AND p.user_id = sent.author_id
        ), held AS (
            SELECT allowed.*, conversations.revision, conversations.last_position,
                   CAST({inbox_ranks.holds("allowed.created_at")} AS INTEGER) AS is_ranked
            FROM allowed JOIN conversations ON conversations.id = allowed.conversation_id
            {locked("conversations", "conversations.id")}
        ), standings AS MATERIALIZED (
            SELECT held.*,
                   (SELECT u.name FROM users u WHERE u.id = held.author_id) AS author_name,
                   (SELECT m.author_id || ' ' || m.created_at FROM messages m
                    WHERE m.conversation_id = held.conversation_id
                      AND m.position >= held.last_position  -- nothing is behind it: for the index
                    ORDER BY m.position LIMIT 1) AS last,
                   CAST((SELECT m.position FROM messages m
                         WHERE m.author_id = held.author_id AND m.client_id = held.client_id
                        ) IS NULL AS INTEGER) AS is_new
            FROM held
        )
    """


ADVANCE = f"""
    UPDATE conversations
    SET revision = new.position, last_position = new.position, active_at = new.created_at,
        ranked_at = {inbox_ranks.after("new.created_at")}
    FROM new WHERE conversations.id = new.conversation_id
"""

ADD = """
    INSERT INTO messages (
        conversation_id, position, previous_position, revision,
        author_id, client_id, body, created_at
    )
    SELECT conversation_id, position, previous_position, position,
           author_id, client_id, body, created_at
    FROM new
"""
