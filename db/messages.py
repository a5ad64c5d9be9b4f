"""Messages: sending them, and reading them as they are now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import orjson

from db import engine, mentions, reactions, replies
from db.engine.dialect import gathered, given, looked_up, objects
from db.engine.script import Script
from db.engine.statement import Row, Statement
from db.events import EVENT
from db.forwards import FORWARD
from db.log.change import Change, Place, Refusal
from db.log.revisions import Logs
from db.mentions import Mentions
from db.pins import PINNED_AT
from db.reactions import Reaction
from db.replies import QUOTE
from db.versions import BODY, EDITED_AT


class Message(NamedTuple):
    """A message as it is now, with what stands before it; times in milliseconds since 1970."""

    conversation_id: int
    position: int
    revision: int
    author_id: int
    author_name: str
    author_tint: int | None
    client_id: str
    body: str
    created_at: int
    previous_author_id: int | None
    previous_created_at: int | None
    unsent_at: int | None
    """It then has no body any more."""
    edited_at: int | None
    reply_to: int | None
    """The position of a message; what follows is what that one is now."""
    quoted_author_id: int | None
    quoted_name: str | None
    quoted_tint: int | None
    quoted_body: str | None
    """Empty where it was unsent."""
    forwarded_from: int | None
    """Who wrote what it says; `HIDDEN` where that is not told."""
    forwarded_name: str | None
    pinned_at: int | None
    reactions: tuple[Reaction, ...] | None
    event: str | None
    """The kind of an event line, which is no message (db/events.py); what follows is whom or what
    it is about."""
    event_user_id: int | None
    event_about: str | None
    """The user's name, or a title."""
    mentions: Mentions | None


MESSAGE = f"""
    m.conversation_id, m.position, m.revision AS revision, m.author_id, u.name AS author_name,
    author.tint AS author_tint, m.client_id, {BODY}, m.created_at, m.unsent_at, {EDITED_AT},
    CASE WHEN p.event IS NULL THEN p.author_id END AS previous_author_id,
    p.created_at AS previous_created_at,
    {QUOTE},
    {FORWARD},
    {PINNED_AT},
    {EVENT}
"""
NEIGHBOURS = """
    JOIN users u ON u.id = m.author_id
    LEFT JOIN participants author
      ON author.conversation_id = m.conversation_id AND author.user_id = m.author_id
    LEFT JOIN messages p
      ON p.conversation_id = m.conversation_id AND p.position = m.previous_position
"""
BY_PLACE = "m.conversation_id = given.conversation_id AND m.position = given.position"
BY_CLIENT_ID = "m.author_id = given.author_id AND m.client_id = given.client_id"
DRAFT_BY_PLACE = "d.user_id = given.author_id AND d.conversation_id = given.conversation_id"
DRAFTS = 10
"""More than are kept of one conversation."""


def columns() -> str:
    """All that a message is made of."""
    return f"{MESSAGE}, {reactions.newest()}, {mentions.of_message()}"


def selected() -> str:
    return f"SELECT {columns()} FROM messages m {NEIGHBOURS}"


@dataclass(frozen=True, slots=True)
class Send(Change):
    """A new message."""

    client_id: str
    body: str
    created_at: int
    reply_to: int | None = None
    """The position of a message in the same conversation."""
    forwarded_from: int | None = None
    names: frozenset[str] = frozenset()
    """Usernames that stand in the text with an "@" before them."""

    @classmethod
    def store_all(cls, changes: Sequence[Self], logs: Logs) -> Script[list[Place | Refusal]]:
        """All of them by one statement, which ends the drafts that they were. A client_id that its
        author has used before stands for the first message, if that is the same."""
        first, drafts = yield from list_used(
            (send.user_id, send.client_id, send.conversation_id) for send in changes
        )
        originals = {send.original for send in changes if send.reply_to is not None}
        refused = (yield from replies.list_refused(originals)) if originals else {}
        outcomes: list[Place | Refusal] = []
        rows = []
        named: list[tuple[Place, frozenset[str]]] = []
        for send in changes:
            key = (send.user_id, send.client_id)
            if key not in first:
                if send.reply_to is not None and send.original in refused:
                    outcomes.append(refused[send.original])
                    continue
                position, previous = logs.append(send.conversation_id, send.created_at)
                first[key] = First(send.conversation_id, position, send.body, None, send.reply_to)
                rows.append(send.row(position, previous))
                if send.names:
                    named.append(((send.conversation_id, position), send.names))
            outcomes.append(send.repeats(first[key]))
        if rows:
            listed, values = given(rows, **NEW)
            yield Statement(f"INSERT INTO messages ({', '.join(NEW)}) {listed}", values)
            yield from mentions.resolve(named)
        if drafts:
            yield from end_drafts(changes, drafts)
        return outcomes

    def row(self, position: int, previous: int | None) -> tuple[object, ...]:
        """The values of `NEW`."""
        return (self.conversation_id, position, previous, position, self.user_id, self.client_id,
                self.body, self.created_at, self.reply_to, self.forwarded_from)  # fmt: skip

    @property
    def original(self) -> Place:
        """What it replies to."""
        return self.conversation_id, self.reply_to or 0

    def repeats(self, first: "First") -> Place | Refusal:
        """The message that carries the same client_id, or why this is another one."""
        if first.conversation_id != self.conversation_id:
            return Refusal.USED_ELSEWHERE
        if first.unsent_at is not None:
            return Refusal.USED_AND_UNSENT
        if (first.body, first.reply_to) != (self.body, self.reply_to):
            return Refusal.USED_FOR_OTHER_TEXT
        return first.conversation_id, first.position


def end_drafts(sends: Sequence[Send], drafts: Iterable["Draft"]) -> Script[None]:
    """Remove the drafts that these messages were: those under their client_ids, and of others those
    with their texts."""
    ids = {(send.user_id, send.client_id) for send in sends}
    texts = {(send.user_id, send.conversation_id, send.body) for send in sends}
    ended = [
        (draft.user_id, draft.client_id)
        for draft in drafts
        if (draft.user_id, draft.client_id) in ids
        or (draft.user_id, draft.conversation_id, draft.body.strip()) in texts
    ]
    if ended:
        listed, values = given(ended, user_id="BIGINT", client_id="TEXT")
        yield Statement(f"DELETE FROM drafts WHERE (user_id, client_id) IN ({listed})", values)


class Draft(NamedTuple):
    """What a user has begun to write in a conversation: see db/drafts.py."""

    user_id: int
    client_id: str
    conversation_id: int
    body: str


class First(NamedTuple):
    """What a client_id stands for."""

    conversation_id: int
    position: int
    body: str
    unsent_at: int | None
    reply_to: int | None


NEW = {
    "conversation_id": "BIGINT",
    "position": "BIGINT",
    "previous_position": "BIGINT",
    "revision": "BIGINT",
    "author_id": "BIGINT",
    "client_id": "TEXT",
    "body": "TEXT",
    "created_at": "BIGINT",
    "reply_to": "BIGINT",
    "forwarded_from": "BIGINT",
}


def list_used(
    client_ids: Iterable[tuple[int, str, int]],
) -> Script[tuple[dict[tuple[int, str], First], list[Draft]]]:
    """What client_ids of these authors stand for, and their drafts in these conversations."""
    listed, values = given(
        list(set(client_ids)), author_id="BIGINT", client_id="TEXT", conversation_id="BIGINT"
    )
    [(rows,)] = yield Statement(
        f"""
        WITH given AS ({listed}), used AS (
            SELECT m.author_id, m.client_id, m.conversation_id, m.position, m.body, m.unsent_at,
                   m.reply_to
            FROM given {looked_up("messages", "m", BY_CLIENT_ID)}
            UNION ALL
            SELECT d.user_id, d.client_id, d.conversation_id, NULL, d.body, NULL, NULL
            FROM given {looked_up("drafts", "d", DRAFT_BY_PLACE, DRAFTS)}
        )
        SELECT {gathered(USED)} FROM used
        """,
        values,
    )
    used = orjson.loads(rows or "[]")
    first = {(row[0], row[1]): First(*row[2:]) for row in used if row[3] is not None}
    return first, [Draft(row[0], row[1], row[2], row[4]) for row in used if row[3] is None]


USED = (
    "author_id",
    "client_id",
    "conversation_id",
    "position",
    "body",
    "unsent_at",
    "reply_to",
)


def at(places: Iterable[Place]) -> Script[dict[Place, Message]]:
    """Messages as they are now, by their places."""
    listed, values = given(list(places), conversation_id="BIGINT", position="BIGINT")
    [(rows,)] = yield Statement(
        f"""
        WITH given AS ({listed}), found AS (
            SELECT {columns()} FROM given {looked_up("messages", "m", BY_PLACE)} {NEIGHBOURS}
        )
        SELECT {objects(Message._fields)} FROM found
        """,
        values,
    )
    found = map(message, orjson.loads(rows or "[]"))
    return {(each.conversation_id, each.position): each for each in found}


async def get(conversation_id: int, position: int) -> Message | None:
    """The message at a position, if there is one."""
    row = await engine.row(
        f"""
        {selected()}
        WHERE m.conversation_id = :conversation_id AND m.position = :position
        """,
        conversation_id=conversation_id,
        position=position,
    )
    return message(row) if row else None


async def list_at(places: Iterable[Place]) -> dict[Place, Message]:
    """Messages by their places, outside a transaction."""
    listed, values = given(list(places), conversation_id="BIGINT", position="BIGINT")
    rows = await engine.rows(
        f"""
        WITH given AS ({listed})
        SELECT {columns()} FROM given {looked_up("messages", "m", BY_PLACE)} {NEIGHBOURS}
        """,
        **values,
    )
    return {(row["conversation_id"], row["position"]): message(row) for row in rows}


async def list_changed(
    cursors: Iterable[tuple[int, int]],
) -> dict[tuple[int, int], list[Message]]:
    """For conversations and revisions: what has changed since, in the order of the changes."""
    wanted = set(cursors)
    held, values = given(wanted, conversation_id="BIGINT", revision="BIGINT")
    rows = await engine.rows(
        f"""
        WITH held AS ({held})
        SELECT {columns()}, held.revision AS held
        FROM held JOIN messages m
          ON m.conversation_id = held.conversation_id AND m.position > held.revision
        {NEIGHBOURS}
        UNION ALL
        SELECT {columns()}, held.revision AS held
        FROM held JOIN messages m
          ON m.conversation_id = held.conversation_id AND m.revision > held.revision
            AND m.revision > m.position AND +m.position <= held.revision  -- not by position
        {NEIGHBOURS}
        ORDER BY revision
        """,
        **values,
    )
    changed: dict[tuple[int, int], list[Message]] = {cursor: [] for cursor in wanted}
    for row in rows:
        changed[row["conversation_id"], row["held"]].append(message(row))
    return changed


async def before(conversation_id: int, position: int, limit: int) -> list[Message]:
    """The last messages before a position, oldest first."""
    rows = await engine.rows(
        f"""
        {selected()}
        WHERE m.conversation_id = :conversation_id AND m.position < :position
        ORDER BY m.position DESC LIMIT :limit
        """,
        conversation_id=conversation_id,
        position=position,
        limit=limit,
    )
    return [message(row) for row in reversed(rows)]


async def after(conversation_id: int, position: int, limit: int) -> list[Message]:
    """The first messages after a position, oldest first."""
    rows = await engine.rows(
        f"""
        {selected()}
        WHERE m.conversation_id = :conversation_id AND m.position > :position
        ORDER BY m.position LIMIT :limit
        """,
        conversation_id=conversation_id,
        position=position,
        limit=limit,
    )
    return [message(row) for row in rows]


def message(row: Row) -> Message:
    """A message by the names of its columns, whatever else there is in the row."""
    values = {name: row[name] for name in Message._fields}
    if values["reactions"] is not None:
        values["reactions"] = reactions.summary(values["reactions"])
    if values["mentions"] is not None:
        values["mentions"] = mentions.summary(values["mentions"])
    return Message(**values)
