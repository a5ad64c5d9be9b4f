"""Reactions to messages: a row for each message, user and emoji.

`revision` is the change by which it came; the emoji of a message stand in the order of the first of
each. The newest are read with their message, which costs nothing where there are none.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple, Self

import orjson

from db import engine
from db.engine.dialect import gathered, given
from db.engine.script import Script
from db.engine.statement import Row, Statement
from db.log.change import Change, Place, Refusal
from db.log.revisions import Logs

EMOJI_OF_ONE = 20
"""Different emoji by one user on one message."""

EMOJI_OF_ALL = 50
"""Different emoji on one message."""

MARKED = 100
"""The newest reactions of each emoji whose users a message tells; of all there is the number."""

NAMED = 10
"""Those of them whose names it tells."""


class Reaction(NamedTuple):
    """An emoji under a message: how many have reacted with it, and the newest of them, in the order
    in which they did: the ids of `MARKED` and the names of `NAMED`."""

    emoji: str
    number: int
    user_ids: tuple[int, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class React(Change):
    """The user reacts to a message with an emoji, or no longer does."""

    position: int
    emoji: str
    on: bool
    at: int

    @classmethod
    def store_all(cls, changes: Sequence[Self], logs: Logs) -> Script[list[Place | Refusal]]:
        """All of them by a few statements, whatever their number."""
        places = {change.place for change in changes}
        refused = yield from list_refused(places)
        numbers = yield from count_each(places)
        own = yield from list_own({(*change.place, change.user_id) for change in changes})
        book = Book(refused, numbers, own)
        outcomes = [book.enter(change, logs) for change in changes]
        yield from book.write()
        return outcomes

    @property
    def place(self) -> Place:
        return self.conversation_id, self.position

    @property
    def group(self) -> Place:
        """Those to one message, which is then published once."""
        return self.place


Key = tuple[int, int, int, str]
"""A conversation, a position, a user and an emoji."""


class Book:
    """The reactions of some messages while a batch changes them."""

    def __init__(
        self,
        refused: dict[Place, Refusal],
        numbers: dict[Place, dict[str, int]],
        own: dict[tuple[int, int, int], set[str]],
    ) -> None:
        self._refused = refused
        self._numbers = numbers
        self._own = own
        self._added: dict[Key, tuple[int, int]] = {}
        self._removed: set[Key] = set()

    def enter(self, change: React, logs: Logs) -> Place | Refusal:
        """Note a change that is one, and is allowed."""
        place, emoji = change.place, change.emoji
        if place in self._refused:
            return self._refused[place]
        numbers, own = self._numbers[place], self._own[*place, change.user_id]
        if change.on == (emoji in own):
            return place
        if change.on and len(own) >= EMOJI_OF_ONE:
            return Refusal.TOO_MANY_REACTIONS_OF_ONE
        if change.on and emoji not in numbers and len(numbers) >= EMOJI_OF_ALL:
            return Refusal.TOO_MANY_REACTIONS
        self._note((*place, change.user_id, emoji), change, logs.touch(place))
        return place

    def _note(self, key: Key, change: React, revision: int) -> None:
        numbers, own = self._numbers[change.place], self._own[key[:3]]
        numbers[change.emoji] = numbers.get(change.emoji, 0) + (1 if change.on else -1)
        if change.on:
            own.add(change.emoji)
            self._added[key] = (revision, change.at)
            return
        own.remove(change.emoji)
        if numbers[change.emoji] == 0:
            del numbers[change.emoji]
        if self._added.pop(key, None) is None:
            self._removed.add(key)

    def write(self) -> Script[None]:
        """Store what the changes come to."""
        if self._removed:
            listed, values = given(sorted(self._removed), **KEY)
            yield Statement(f"WITH given AS ({listed}) {DELETE}", values)
        if self._added:
            rows = [(*key, *since) for key, since in self._added.items()]
            listed, values = given(rows, **NEW)
            yield Statement(f"INSERT INTO reactions ({', '.join(NEW)}) {listed}", values)


KEY = {"conversation_id": "BIGINT", "position": "BIGINT", "user_id": "BIGINT", "emoji": "TEXT"}
NEW = KEY | {"revision": "BIGINT", "reacted_at": "BIGINT"}
DELETE = f"""
    DELETE FROM reactions
    WHERE ({", ".join(KEY)}) IN (SELECT {", ".join(KEY)} FROM given)
"""


def list_refused(places: set[Place]) -> Script[dict[Place, Refusal]]:
    """Those of the places at which there is nothing to react to, and why."""
    refused = dict.fromkeys(places, Refusal.NO_MESSAGE)
    columns = "m.unsent_at IS NOT NULL AS is_unsent, m.event"
    for row in (yield from look_up(places, columns, "messages m", "m")):
        place = row["conversation_id"], row["position"]
        if row["event"] is not None:
            refused[place] = Refusal.EVENT
        elif row["is_unsent"]:
            refused[place] = Refusal.UNSENT
        else:
            del refused[place]
    return refused


def count_each(places: Iterable[Place]) -> Script[dict[Place, dict[str, int]]]:
    """How many have reacted with each emoji."""
    numbers: dict[Place, dict[str, int]] = defaultdict(dict)
    group = "GROUP BY given.conversation_id, given.position, r.emoji"
    columns = "r.emoji, COUNT(*) AS number"
    for row in (yield from look_up(places, columns, "reactions r", "r", group)):
        numbers[row["conversation_id"], row["position"]][row["emoji"]] = row["number"]
    return numbers


def look_up(
    places: Iterable[Place], columns: str, table: str, alias: str, end: str = ""
) -> Script[list[Row]]:
    listed, values = given(list(places), conversation_id="BIGINT", position="BIGINT")
    return (
        yield Statement(
            f"""
            WITH given AS ({listed})
            SELECT given.conversation_id, given.position, {columns}
            FROM given JOIN {table}
              ON {alias}.conversation_id = given.conversation_id
                AND {alias}.position = given.position
            {end}
            """,
            values,
        )
    )


def list_own(users: Iterable[tuple[int, int, int]]) -> Script[dict[tuple[int, int, int], set[str]]]:
    """The emoji with which users have reacted to messages."""
    listed, values = given(
        list(users), conversation_id="BIGINT", position="BIGINT", user_id="BIGINT"
    )
    rows = yield Statement(
        f"""
        WITH given AS ({listed})
        SELECT r.conversation_id, r.position, r.user_id, r.emoji
        FROM given JOIN reactions r
          ON r.conversation_id = given.conversation_id AND r.position = given.position
            AND r.user_id = given.user_id
        """,
        values,
    )
    own: dict[tuple[int, int, int], set[str]] = defaultdict(set)
    for row in rows:
        own[row["conversation_id"], row["position"], row["user_id"]].add(row["emoji"])
    return own


def newest() -> str:
    """The SQL for the newest reactions to a message `m`, or NULL: see `summary`."""
    name = "(SELECT named.name FROM users named WHERE named.id = reacted.user_id)"
    named = f"CASE WHEN recent <= {NAMED} THEN {name} END"
    listed = gathered(("emoji", "number", "first", "revision", "user_id", named))
    return f"""
        CASE WHEN m.unsent_at IS NULL AND m.revision > m.position THEN (
            SELECT CAST({listed} AS TEXT) || ''  -- which SQLite no longer takes for JSON
            FROM (
                SELECT r.emoji, r.revision, r.user_id,
                       COUNT(*) OVER (PARTITION BY r.emoji) AS number,
                       MIN(r.revision) OVER (PARTITION BY r.emoji) AS first,
                       ROW_NUMBER() OVER (PARTITION BY r.emoji ORDER BY r.revision DESC) AS recent
                FROM reactions r
                WHERE r.conversation_id = m.conversation_id AND r.position = m.position
            ) AS reacted
            WHERE recent <= {MARKED}
        ) END AS reactions
    """


def summary(newest: str | None) -> tuple[Reaction, ...] | None:
    """The reactions to a message, in the order of the first with each emoji; None where there are
    none."""
    rows = sorted(orjson.loads(newest or "[]"), key=itemgetter(2, 3))
    return (
        tuple(
            reaction(emoji, number, list(group))
            for (_, emoji, number), group in groupby(rows, itemgetter(2, 0, 1))
        )
        or None
    )


def reaction(emoji: str, number: int, rows: list[list[object]]) -> Reaction:
    ids = tuple(int(str(row[4])) for row in rows)
    return Reaction(emoji, number, ids, tuple(str(row[5]) for row in rows if row[5] is not None))


@dataclass(frozen=True, slots=True)
class Reactor:
    """A user who has reacted to a message, and with which emoji."""

    user_id: int
    name: str
    emoji: str


async def list_reactors(conversation_id: int, position: int, limit: int) -> list[Reactor]:
    """The newest who have reacted to a message, the newest first."""
    rows = await engine.rows(
        """
        SELECT r.user_id, u.name, r.emoji
        FROM reactions r JOIN users u ON u.id = r.user_id
        WHERE r.conversation_id = :conversation_id AND r.position = :position
        ORDER BY r.revision DESC LIMIT :limit
        """,
        conversation_id=conversation_id,
        position=position,
        limit=limit,
    )
    return [Reactor(**row) for row in rows]


async def get_own(conversation_id: int, position: int, user_id: int) -> set[str]:
    """The emoji with which a user has reacted to a message."""
    rows = await engine.rows(
        """
        SELECT emoji FROM reactions
        WHERE conversation_id = :conversation_id AND position = :position AND user_id = :user_id
        """,
        conversation_id=conversation_id,
        position=position,
        user_id=user_id,
    )
    return {row["emoji"] for row in rows}
