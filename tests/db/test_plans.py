"""Query plans: everything is found by an index, however large the tables are."""

import re
import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import pytest

from db import (
    conversations,
    days,
    drafts,
    engine,
    inbox,
    inbox_ranks,
    mentions,
    messages,
    participants,
    pins,
    presence,
    reactions,
    receipts,
    scheduled,
    sessions,
    stars,
    unread,
    versions,
)
from db.edits import Edit
from db.engine import dialect
from db.engine.script import Script
from db.engine.statement import Row, Statement
from db.events import Departure
from db.log.commit import store
from db.messages import Send
from db.pins import Pin
from db.reactions import React
from db.scheduled import SendScheduled
from db.search import cursors, index
from db.search.cursors import Behind
from db.search.hits import LAST, Term, find
from db.unsends import Unsend
from tests.factories import make_conversation, make_messages, make_user

pytestmark = pytest.mark.usefixtures("database")

NOON = 1_700_000_000_000

MANY = [
    """
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
    INSERT INTO conversations (id, kind, title, creator_id, active_at, ranked_at)
    SELECT i, 'group', 'Tea', :person, 1700000000000 - 60000 * CAST(i AS BIGINT),
           1700000000000 - 60000 * CAST(i AS BIGINT)
    FROM n
    """,
    """
    INSERT INTO participants (conversation_id, user_id, ranked_at, is_settled)
    SELECT id, :person, ranked_at, CASE WHEN id > 10 THEN 1 ELSE 0 END FROM conversations
    """,
]
ANALYZE = "ANALYZE participants, conversations"

DERIVED = r"json_each|CONSTANT|\(subquery|searched VIRTUAL TABLE INDEX \d+:M"
"""What SQLite scans other than tables; the last is FTS5's own index, of what it shall match."""

T = TypeVar("T")

Reading = Callable[[int, int], Awaitable[object]]

READINGS: dict[str, Reading] = {
    "drafts": lambda person, id: drafts.list_in(id, person),
    "drafts to be changed": lambda person, id: drafts.lock_in(id, person),
    "drafts that are kept": lambda person, id: drafts.list_kept(person),
    "what a client_id stands for": lambda person, id: drafts.get_used(id, person, "x"),
    "drafts that end": lambda person, id: drafts.remove(person, ["x"]),
    "what is due": lambda person, id: scheduled.list_due(1, 100),
    "scheduled messages": lambda person, id: scheduled.list_of(person),
    "those of a conversation": scheduled.list_of,
    "their number": scheduled.count,
    "a scheduled message": lambda person, id: scheduled.remove(person, "x"),
    "sending it": lambda person, id: engine.write(
        store([SendScheduled(id, person, "x", 1, 1, frozenset)])
    ),
    "the inbox": lambda person, id: inbox.list_entries(person, None, 30),
    "a later page of it": lambda person, id: inbox.list_entries(person, (1, 1), 30),
    "wrong ranks": lambda person, id: inbox_ranks.list_misranked(0, 1000),
    "caught-up participants": lambda person, id: inbox_ranks.mark_caught_up([person], 0),
    "ranks of participants": lambda person, id: engine.write(inbox_ranks.propagate([id])),
    "a new message": lambda person, id: engine.write(store([hello(person, id)])),
    "a message with mentions": lambda person, id: engine.write(
        store([hello(person, id, "x", "all")])
    ),
    "whom a message can mention": lambda person, id: mentions.list_people(
        id, person, "a%", "% a%", 8
    ),
    "whether all can be mentioned": lambda person, id: mentions.has_all(id),
    "a reply": lambda person, id: engine.write(
        store([Send(id, person, str(uuid.uuid4()), "Hello", 1, 1)])
    ),
    "editing": lambda person, id: engine.write(store([Edit(id, person, 1, "Other", 9, 1)])),
    "earlier texts": lambda person, id: versions.list_earlier(id, 1, person),
    "leaving": lambda person, id: engine.write(store([Departure(id, person, "left", 1, person)])),
    "unsending": lambda person, id: engine.write(store([Unsend(id, person, 1, 1)])),
    "pinning": lambda person, id: engine.write(store([Pin(id, person, 1, True, 1)])),
    "the pinned line": lambda person, id: pins.list_lines([id]),
    "pinned messages": lambda person, id: pins.list_all(id),
    "messages by their places": lambda person, id: messages.list_at([(id, 1), (id, 2)]),
    "starred messages": lambda person, id: stars.list_latest(person, None, 31),
    "starred messages of a conversation": stars.list_positions,
    "a day": lambda person, id: days.find_position(id, 9, NOON),
    "reacting": lambda person, id: engine.write(
        store([React(id, person, 1, "👍", True, 1), React(id, person, 1, "👍", False, 2)])
    ),
    "no longer reacting": lambda person, id: engine.write(
        store([React(id, person, 2, "👍", False, 1)])
    ),
    "who has reacted": lambda person, id: reactions.list_reactors(id, 1, 9),
    "own reactions": lambda person, id: reactions.get_own(id, 1, person),
    "the unread count": lambda person, id: unread.count(person),
    "lines of the inbox": lambda person, id: inbox.list_lines([(person, id)]),
    "conversations by name": lambda person, id: conversations.search(person, "%a%", "%a%", 10),
    "a conversation": lambda person, id: conversations.get(id, person),
    "its newest messages": lambda person, id: messages.before(id, 2**53, 51),
    "later ones": lambda person, id: messages.after(id, 5, 51),
    "changes": lambda person, id: messages.list_changed([(id, 5), (id, 7)]),
    "participants": lambda person, id: participants.list_people(id),
    "recent people": lambda person, id: participants.list_recent(person, 10),
    "presence": lambda person, id: presence.list_visible([(id, person)]),
    "receipts": lambda person, id: receipts.list_shown([id]),
    "moving receipts": lambda person, id: receipts.update([(id, person, 5, 7)], 1),
    "conversations of new readers": lambda person, id: conversations.list_seen([(id, person)]),
    "open sessions": lambda person, id: sessions.list_open(["hash"], 0, 0),
    "revisions": lambda person, id: conversations.list_revisions([(id, person)]),
    "logs that are to be indexed": lambda person, id: cursors.list_behind([id]),
    "the next of all logs": lambda person, id: cursors.list_next(0, 1000),
    "what is to be indexed": lambda person, id: index.list_changed([Behind(id, 5, 9)]),
    "indexing": lambda person, id: index_again(id),
    "messages by a word": lambda person, id: find(person, [id], [HELLO], 0, LAST, 20),
    "messages of a day": lambda person, id: find(person, [*range(99)], [], 0, LAST, 20),
    "titles of conversations": lambda person, id: conversations.list_titled([id], person),
    "marks of inboxes": lambda person, id: inbox.list_marks([person]),
}


HELLO: Term = Term((("hello",),))


async def index_again(id: int) -> None:
    """All of a log whose messages are indexed, and have changed since."""
    behind = [Behind(id, 0, 40)]
    found = await index.list_changed(behind)
    await index.update([index.Entry(m, False) for m in found], [], behind)
    touch = "UPDATE messages SET revision = revision + 20 WHERE conversation_id = :id"
    await engine.execute(touch, id=id)
    found = await index.list_changed(behind)
    await index.update([index.Entry(m, False) for m in found[1:]], found[:1], behind)


def hello(person: int, id: int, *names: str) -> Send:
    return Send(id, person, str(uuid.uuid4()), "Hello", 1, names=frozenset(names))


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The plan of each statement, line by line."""
    found: list[str] = []
    rows = engine.rows

    async def explained(sql: str, **values: object) -> list[Row]:
        word = "EXPLAIN" if dialect.is_postgresql() else "EXPLAIN QUERY PLAN"
        if not sql.startswith("ANALYZE"):
            found.extend(str(row[-1]) for row in await rows(f"{word} {sql}", **values))
        return await rows(sql, **values)

    def each_explained(script: Script[T]) -> Script[T]:
        word = "EXPLAIN" if dialect.is_postgresql() else "EXPLAIN QUERY PLAN"
        try:
            statement = next(script)
            while True:
                plan = yield Statement(f"{word} {statement.sql}", statement.values)
                found.extend(str(row[-1]) for row in plan)
                statement = script.send((yield statement))
        except StopIteration as end:
            result: T = end.value
            return result

    write = engine.write

    async def written(script: Script[T], changes: int = 1) -> T:
        return await write(each_explained(script), changes)

    rows_within = engine.rows_within

    async def explained_within(seconds: float, sql: str, **values: object) -> list[Row]:
        word = "EXPLAIN" if dialect.is_postgresql() else "EXPLAIN QUERY PLAN"
        found.extend(str(row[-1]) for row in await rows(f"{word} {sql}", **values))
        return await rows_within(seconds, sql, **values)

    monkeypatch.setattr(engine, "rows_within", explained_within)
    monkeypatch.setattr(engine, "write", written)
    monkeypatch.setattr(engine, "rows", explained)
    return found


@pytest.mark.parametrize("reading", READINGS.values(), ids=READINGS)
async def test_no_table_is_scanned(reading: Reading, plans: list[str]) -> None:
    ada, bob = await make_user(), await make_user()
    id = await make_conversation([ada, bob])
    await make_messages(bob, id, 9)
    await engine.write(store([React(id, ada.id, 2, "👍", True, 1)]))
    plans.clear()
    async with engine.transaction():
        if dialect.is_postgresql():  # small tables are best scanned
            await engine.rows("SELECT set_config('enable_seqscan', 'off', true)")
            plans.clear()
        await reading(ada.id, id)
    assert plans
    derived = {line.split()[-1] for line in plans if re.match("CO-ROUTINE|MATERIALIZE", line)}
    wholes = [line for line in plans if re.search(rf"Seq Scan on|^SCAN (?!{DERIVED})", line)]
    assert [line for line in wholes if line.removeprefix("SCAN ") not in derived] == []


async def test_changes_are_found_by_the_index_of_changed_messages(plans: list[str]) -> None:
    ada = await make_user()
    id = await make_conversation([ada])
    await make_messages(ada, id, 9)
    plans.clear()
    await messages.list_changed([(id, 5)])
    assert [line for line in plans if "messages_changed" in line]


async def test_unread_messages_are_found_by_their_position(plans: list[str]) -> None:
    """And not by a scan of the conversation's messages, which may be a million."""
    ada, bob = await make_user(), await make_user()
    await make_messages(bob, await make_conversation([ada, bob]), 9)
    plans.clear()
    await inbox.list_entries(ada.id, None, 30)
    searched = re.compile(
        r"Index Cond: \(\(conversation_id = .*position.* > .*read_position\)"
        r"|SEARCH unread USING INDEX .*conversation_id=\? AND position>\?"
    )
    assert [line for line in plans if searched.search(line)]
    assert not [line for line in plans if re.search(r"Join Filter.*unread", line)]


@pytest.mark.parametrize("before", [None, (NOON, 1)])
async def test_a_page_of_an_inbox_is_found_by_rank(
    before: tuple[int, int] | None, plans: list[str]
) -> None:
    """And not by sorting all conversations, which may be thousands."""
    ada = await make_user()
    await make_many(ada.id)
    plans.clear()
    entries, _, _ = await inbox.list_entries(ada.id, before, 30)
    assert len(entries) == 30
    said = "\n".join(plans)
    # From the newest rank until a page is full, and then from an hour below it.
    if dialect.is_postgresql():
        assert re.search(r"Index Scan Backward using participants_by_rank on participants me", said)
        assert re.search(r"user_id = .*ranked_at <= .*ranked_at > \(COALESCE", said)
        assert re.search(r"user_id = .*ranked_at = ", said)
    else:
        assert "SEARCH me USING INDEX participants_by_rank (user_id=? AND ranked_at<?)" in plans
        [union] = [n for n, line in enumerate(plans) if line == "UNION ALL"]
        rank = "SEARCH participants USING INDEX participants_by_rank (user_id=? AND ranked_at"
        assert f"{rank}>? AND ranked_at<?)" in plans[:union]
        assert plans[union + 1] == f"{rank}=?)"
        sorts = plans.count("USE TEMP B-TREE FOR ORDER BY")
        assert sorts == 3, "of candidates, of the page, and of the names in a title"


async def test_mentions_of_a_reader_are_found_by_the_index_of_theirs(plans: list[str]) -> None:
    """And not by a scan of all that a group mentions."""
    ada, bob = await make_user(), await make_user()
    await make_messages(bob, await make_conversation([ada, bob]), 9)
    plans.clear()
    await inbox.list_entries(ada.id, None, 30)
    assert [line for line in plans if "mentions_of_user" in line]


async def test_caught_up_conversations_are_not_counted_again(plans: list[str]) -> None:
    ada = await make_user()
    await make_many(ada.id)
    plans.clear()
    await unread.count(ada.id)
    assert [line for line in plans if "participants_unsettled" in line]


async def make_many(person: int) -> None:
    """An inbox of 2,000 groups, one in each minute before `NOON`; most are caught up."""
    for statement in MANY:
        await engine.execute(statement, person=person)
    if dialect.is_postgresql():  # as its autovacuum does; SQLite has none
        await engine.execute(ANALYZE)


BIG_ROOM = [
    """
    INSERT INTO users (id, username, name, name_folded, password, created_at)
    SELECT n, 'u' || n, 'U', 'u', '!', 0 FROM generate_series(1, 10000) AS n
    """,
    """
    INSERT INTO conversations (id, kind, title, creator_id, active_at, ranked_at)
    SELECT n, 'group', 'Tea', 1, 0, 0 FROM generate_series(1, 600) AS n
    """,
    """
    INSERT INTO participants (conversation_id, user_id, ranked_at)
    SELECT 1, n, 0 FROM generate_series(1, 10000) AS n
    UNION ALL SELECT 2 + n % 500, n, 0 FROM generate_series(1, 10000) AS n
    """,
    "ANALYZE participants, conversations, users, messages",
]
"""Ten thousand users in one group, and twenty in each of the others. There are no messages yet: a
plan that is made now is kept until there are many."""


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    "name", ["conversations of new readers", "revisions", "lines of the inbox", "a new message"]
)
async def test_a_participant_is_found_without_a_scan_of_the_group(
    name: str, plans: list[str]
) -> None:
    """Each by conversation and user; otherwise a group of ten thousand opens in minutes. (SQLite
    joins in the order of its indexes.)"""
    for statement in BIG_ROOM:
        await engine.execute(statement)
    plans.clear()
    async with engine.transaction():
        await READINGS[name](2, 1)
    assert plans
    through_all = r"Join Filter: .*(value|author_id)|Seq Scan"
    assert not [line for line in plans if re.search(through_all, line)]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("others", [(), BIG_ROOM], ids=["alone", "beside a big room"])
async def test_a_new_message_is_stored_by_look_ups_alone(
    others: Sequence[str], plans: list[str]
) -> None:
    """Whatever the statistics: client_ids and messages by the whole of their keys, no two lists
    compared with each other."""
    ada = await make_user()
    id = await make_conversation([ada])
    for statement in (*others, "ANALYZE messages"):
        await engine.rows(statement)
    plans.clear()
    await READINGS["a new message"](ada.id, id)
    assert not [line for line in plans if "Join Filter" in line]
    conditions = [line for line in plans if "Index Cond" in line]
    assert [line for line in conditions if re.search("author_id = .* AND .*client_id = ", line)]
    assert [line for line in conditions if re.search("conversation_id = .* AND .*position", line)]


CROWD = [
    """
    INSERT INTO conversations (id, kind, title, creator_id, active_at, ranked_at, last_position)
    SELECT n, 'group', 'Tea', :person, 0, 0, :size FROM generate_series(1, 100) AS n
    """,
    """
    INSERT INTO searchable (id, conversation_id, position, revision, has_link, words)
    SELECT n, 1 + n % 100, n, n, 0, CAST('hello you' AS TSVECTOR)
    FROM generate_series(1, 50000) AS n
    """,
    "ANALYZE searchable, conversations",
]
"""A hundred conversations, with a word in each message."""


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("words", "size", "is_through_all"),
    [(("hello",), 5, False), (("hello", "you"), 500, False), (("hello",), 500, True)],
    ids=["in small conversations", "a phrase", "a word"],
)
async def test_few_hits_are_not_looked_for_among_all_messages(
    words: tuple[str, ...], size: int, is_through_all: bool, plans: list[str]
) -> None:
    ada = await make_user()
    for statement in CROWD:
        values = {"person": ada.id, "size": size} if ":person" in statement else {}
        await engine.execute(statement, **values)
    plans.clear()
    await find(ada.id, [*range(1, 101)], [Term((words,))], 0, LAST, 20)
    assert is_through_all == any("Backward using searchable_pkey" in line for line in plans)
