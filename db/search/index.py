"""What is indexed of messages: adding it, replacing it, taking it out."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from db import engine
from db.engine.dialect import given, is_postgresql, looked_up_if_any
from db.engine.script import Script
from db.engine.statement import Statement
from db.search import cursors, fts5
from db.search.cursors import Behind
from db.versions import BODY
from db.words import words

BITS = 20
"""Of an id, below those of the time: they tell messages of the same millisecond apart."""

LINK = "#link"
"""By this word messages with a link are found. No text has words with such a mark."""


class Message(NamedTuple):
    """A message as it is now; and what is indexed of it: under which id, at which revision, and,
    where it has changed since, which text."""

    conversation_id: int
    position: int
    revision: int
    author_id: int
    created_at: int
    body: str
    unsent_at: int | None
    id: int | None
    indexed_revision: int | None
    indexed_body: str | None
    had_link: int | None


class Entry(NamedTuple):
    """What is to be indexed of a message."""

    message: Message
    has_link: bool


INDEXED_BODY = """
    COALESCE((
        SELECT v.body FROM versions v
        WHERE v.conversation_id = s.conversation_id AND v.position = s.position
          AND v.revision <= s.revision
        ORDER BY v.revision DESC LIMIT 1
    ), m.body)
"""
MESSAGE = f"""
    SELECT m.conversation_id, m.position, m.revision, m.author_id, m.created_at, {BODY},
        m.unsent_at, s.id, s.revision AS indexed_revision, s.has_link AS had_link,
        CASE WHEN s.id IS NOT NULL THEN {INDEXED_BODY} END AS indexed_body
"""
BY_PLACE = "s.conversation_id = m.conversation_id AND s.position = m.position"


async def list_changed(behind: Iterable[Behind]) -> list[Message]:
    """The messages that were sent or have changed in these parts of logs."""
    held, values = given(
        map(tuple, behind), conversation_id="BIGINT", after="BIGINT", until="BIGINT"
    )
    searchable = looked_up_if_any("searchable", "s", BY_PLACE)
    rows = await engine.rows(
        f"""
        WITH held AS ({held})
        {MESSAGE}
        FROM held JOIN messages m ON m.conversation_id = held.conversation_id
          AND m.position > held.after AND m.position <= held.until
        {searchable}
        UNION ALL
        {MESSAGE}
        FROM held JOIN messages m ON m.conversation_id = held.conversation_id
          AND m.revision > held.after AND m.revision <= held.until
          AND m.revision > m.position AND +m.position <= held.after  -- not by position
        {searchable}
        """,
        **values,
    )
    return [Message(**row) for row in rows]


async def update(
    entries: Sequence[Entry], removed: Sequence[Message], indexed: Iterable[Behind]
) -> None:
    """Index messages, take others out, and move the cursors, in one transaction."""
    await engine.write(store(entries, removed, indexed), len(entries) + len(removed))


def store(
    entries: Sequence[Entry], removed: Sequence[Message], indexed: Iterable[Behind]
) -> Script[None]:
    replaced = [entry.message for entry in entries if entry.message.id is not None]
    yield from remove_words([*removed, *replaced])
    yield from remove_rows(removed)
    if entries:
        yield from add(entries)
    yield from cursors.move(indexed)


def take_out(at: dict[str, object]) -> Script[None]:
    """Take a message out of FTS5 while its text is known, in the transaction that is about to
    overwrite that. (PostgreSQL needs no text; there this would wait for rows that are being
    indexed.)"""
    if is_postgresql():
        return
    rows = yield Statement(
        f"""
        {MESSAGE}
        FROM searchable s
        JOIN messages m ON {BY_PLACE}
        WHERE s.conversation_id = :conversation_id AND s.position = :position
        """,
        at,
    )
    found = [Message(**row) for row in rows]
    yield from remove_words(found)
    yield from remove_rows(found)


def remove_words(messages: Sequence[Message]) -> Script[None]:
    if messages and not is_postgresql() and fts5.IS_BUILT_IN:
        listed = [(m.id or 0, text_of(m, m.indexed_body or "", bool(m.had_link))) for m in messages]
        yield from fts5.remove(listed)


def remove_rows(messages: Sequence[Message]) -> Script[None]:
    if messages:
        ids, values = given([message.id for message in messages], id="BIGINT")
        yield Statement(f"DELETE FROM searchable WHERE id IN ({ids})", values)


def add(entries: Sequence[Entry]) -> Script[None]:
    ids = yield from ids_for([entry.message for entry in entries])
    rows = [
        (id, m.conversation_id, m.position, m.revision, int(has_link))
        for id, (m, has_link) in zip(ids, entries, strict=True)
    ]
    if is_postgresql():
        texts = [vector_of(entry.message, entry.has_link) for entry in entries]
        full = [(*row, text) for row, text in zip(rows, texts, strict=True)]
        listed, values = given(full, **ROW, words="TEXT")
        yield Statement(upsert(listed, {"words": "CAST(words AS TSVECTOR)"}), values)
        return
    listed, values = given(rows, **ROW)
    yield Statement(upsert(listed, {}), values)
    texts = [text_of(m, m.body, has_link) for m, has_link in entries]
    yield from fts5.add(zip(ids, texts, strict=True))


ROW = dict.fromkeys(("id", "conversation_id", "position", "revision", "has_link"), "BIGINT")


def upsert(listed: str, more: dict[str, str]) -> str:
    """The SQL for rows with more columns, given the SQL for those."""
    names, values = [*ROW, *more], [*ROW, *more.values()]
    changed = ", ".join(f"{name} = excluded.{name}" for name in ("revision", "has_link", *more))
    return f"""
        INSERT INTO searchable ({", ".join(names)})
        SELECT {", ".join(values)} FROM ({listed}) AS given WHERE true
        ON CONFLICT (id) DO UPDATE SET {changed}
    """


def ids_for(messages: Sequence[Message]) -> Script[list[int]]:
    """The ids that messages have, or get: after those of the same millisecond."""
    moments = {message.created_at for message in messages if message.id is None}
    listed, values = given(moments, moment="BIGINT")
    rows = yield Statement(
        f"""
        SELECT moment, (
            SELECT MAX(s.id) FROM searchable s
            WHERE s.id >= moment << {BITS} AND s.id < (moment + 1) << {BITS}
        ) AS last
        FROM ({listed}) AS given
        """,
        values,
    )
    last = {row["moment"]: row["last"] or first_id(row["moment"]) - 1 for row in rows}
    ids = []
    for message in messages:
        if message.id is None:
            last[message.created_at] += 1
        ids.append(message.id or last[message.created_at])
    return ids


def first_id(created_at: int) -> int:
    """Of what was sent in a millisecond: all that was sent before has lower ids."""
    return created_at << BITS


def text_of(message: Message, body: str, has_link: bool) -> str:
    """What FTS5 indexes."""
    marks = [of_conversation(message.conversation_id), *marks_of(message, has_link)]
    return " ".join([*marks, *words(body)])


def vector_of(message: Message, has_link: bool) -> str:
    """The same as a tsvector; the conversation is a column of its index."""
    places: dict[str, list[str]] = {}
    for place, word in enumerate(words(message.body), start=1):
        places.setdefault(word, []).append(str(place))
    found = [f"'{word}':{','.join(at)}" for word, at in places.items()]
    return " ".join([*(f"'{mark}'" for mark in marks_of(message, has_link)), *found])


def marks_of(message: Message, has_link: bool) -> list[str]:
    return [of_author(message.author_id), *([LINK] if has_link else [])]


def of_conversation(conversation_id: int) -> str:
    """The word by which the messages of a conversation are found."""
    return f"~{conversation_id}"


def of_author(user_id: int) -> str:
    """The word by which the messages of an author are found."""
    return f"@{user_id}"
