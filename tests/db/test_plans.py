"""How the databases find what pages show: by index, however much else there is."""

import re
import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import pytest

from db import conversations, engine, inbox_ranks, messages, participants, presence, sessions
from db.engine import dialect
from db.engine.script import Steps
from db.engine.statement import Row, Statement
from db.log.commit import store
from db.messages import Send
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

DERIVED = r"json_each|CONSTANT|\(subquery"
"""What SQLite scans that is no table."""

T = TypeVar("T")

Reading = Callable[[int, int], Awaitable[object]]

READINGS: dict[str, Reading] = {
    "the inbox": lambda person, id: conversations.list_entries(person, None, 30),
    "a later page of it": lambda person, id: conversations.list_entries(person, (1, 1), 30),
    "the order of inboxes": lambda person, id: inbox_ranks.list_wrong(0, 1000),
    "whom to settle": lambda person, id: inbox_ranks.settle([person], 0),
    "whom to rank": lambda person, id: engine.write(inbox_ranks.follow([id])),
    "a new message": lambda person, id: engine.write(store([hello(person, id)])),
    "what is unread": lambda person, id: conversations.count_unread(person),
    "lines of it": lambda person, id: conversations.list_lines([(person, id)]),
    "a conversation": lambda person, id: conversations.get(id, person),
    "its newest messages": lambda person, id: messages.before(id, 2**53, 51),
    "later ones": lambda person, id: messages.after(id, 5, 51),
    "what has changed": lambda person, id: messages.list_changed([(id, 5), (id, 7)]),
    "its people": lambda person, id: participants.list_people(id),
    "who is here": lambda person, id: presence.list_visible([(id, person)]),
    "readers who come": lambda person, id: conversations.list_seen([(id, person)]),
    "their sign-ins": lambda person, id: sessions.list_open(["hash"], 0, 0),
    "how far they are": lambda person, id: conversations.list_revisions([(id, person)]),
    "whether their inboxes changed": lambda person, id: conversations.list_marks([person]),
}


def hello(person: int, id: int) -> Send:
    return Send(id, person, str(uuid.uuid4()), "Hello", 1)


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The plan of each statement that is run, line by line."""
    found: list[str] = []
    rows = engine.rows

    async def explained(sql: str, **values: object) -> list[Row]:
        word = "EXPLAIN" if dialect.is_postgresql() else "EXPLAIN QUERY PLAN"
        if not sql.startswith("ANALYZE"):
            found.extend(str(row[-1]) for row in await rows(f"{word} {sql}", **values))
        return await rows(sql, **values)

    async def first(sql: str, **values: object) -> Row | None:
        return next(iter(await explained(sql, **values)), None)

    def each_explained(steps: Steps[T]) -> Steps[T]:
        word = "EXPLAIN" if dialect.is_postgresql() else "EXPLAIN QUERY PLAN"
        try:
            statement = next(steps)
            while True:
                plan = yield Statement(f"{word} {statement.sql}", statement.values)
                found.extend(str(row[-1]) for row in plan)
                statement = steps.send((yield statement))
        except StopIteration as end:
            result: T = end.value
            return result

    write = engine.write

    async def written(steps: Steps[T], changes: int = 1) -> T:
        return await write(each_explained(steps), changes)

    monkeypatch.setattr(engine, "write", written)
    monkeypatch.setattr(engine, "rows", explained)
    monkeypatch.setattr(engine, "row", first)
    return found


@pytest.mark.parametrize("reading", READINGS.values(), ids=READINGS)
async def test_nothing_is_read_from_end_to_end(reading: Reading, plans: list[str]) -> None:
    ada, bob = await make_user(), await make_user()
    id = await make_conversation([ada, bob])
    await make_messages(bob, id, 9)
    plans.clear()
    async with engine.transaction():
        if dialect.is_postgresql():  # tables as small as a test's are best read whole
            await engine.rows("SELECT set_config('enable_seqscan', 'off', true)")
            plans.clear()
        await reading(ada.id, id)
    assert plans
    derived = {line.split()[-1] for line in plans if re.match("CO-ROUTINE|MATERIALIZE", line)}
    wholes = [line for line in plans if re.search(rf"Seq Scan on|^SCAN (?!{DERIVED})", line)]
    assert [line for line in wholes if line.removeprefix("SCAN ") not in derived] == []


async def test_changes_are_found_among_changed_messages_only(plans: list[str]) -> None:
    ada = await make_user()
    id = await make_conversation([ada])
    await make_messages(ada, id, 9)
    plans.clear()
    await messages.list_changed([(id, 5)])
    assert [line for line in plans if "messages_changed" in line]


async def test_unread_messages_are_found_by_their_position(plans: list[str]) -> None:
    """Not among all messages of the conversation, which may be a million."""
    ada, bob = await make_user(), await make_user()
    await make_messages(bob, await make_conversation([ada, bob]), 9)
    plans.clear()
    await conversations.list_entries(ada.id, None, 30)
    searched = re.compile(
        r"Index Cond: \(\(conversation_id = .*position.* > .*read_position\)"
        r"|SEARCH unread USING INDEX .*conversation_id=\? AND position>\?"
    )
    assert [line for line in plans if searched.search(line)]
    assert not [line for line in plans if re.search(r"Join Filter.*unread", line)]


@pytest.mark.parametrize("before", [None, (NOON, 1)])
async def test_a_page_of_an_inbox_is_found_by_its_ranks(
    before: tuple[int, int] | None, plans: list[str]
) -> None:
    """Not by putting all conversations in order, which may be thousands."""
    ada = await make_user()
    await make_many(ada.id)
    plans.clear()
    entries, _, _ = await conversations.list_entries(ada.id, before, 30)
    assert len(entries) == 30
    said = "\n".join(plans)
    # From the newest on until a page is full; then from the hour before it on.
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
        assert plans.count("USE TEMP B-TREE FOR ORDER BY") == 2, "of candidates, and of the page"


async def test_settled_conversations_are_not_counted_again(plans: list[str]) -> None:
    ada = await make_user()
    await make_many(ada.id)
    plans.clear()
    await conversations.count_unread(ada.id)
    assert [line for line in plans if "participants_unsettled" in line]


async def make_many(person: int) -> None:
    """An inbox of 2,000 groups, one in each minute before `NOON`; most are settled."""
    for statement in MANY:
        await engine.rows(statement, person=person)
    if dialect.is_postgresql():  # as its autovacuum does; SQLite has none
        await engine.rows(ANALYZE)


BIG_ROOM = [
    """
    INSERT INTO users (id, username, name, name_folded, password, created_at)
    SELECT n, 'u' || n, 'U', 'u', '!', 0 FROM generate_series(1, 10000) AS n RETURNING id
    """,
    """
    INSERT INTO conversations (id, kind, title, creator_id, active_at, ranked_at)
    SELECT n, 'group', 'Tea', 1, 0, 0 FROM generate_series(1, 600) AS n RETURNING id
    """,
    """
    INSERT INTO participants (conversation_id, user_id, ranked_at)
    SELECT 1, n, 0 FROM generate_series(1, 10000) AS n
    UNION ALL SELECT 2 + n % 500, n, 0 FROM generate_series(1, 10000) AS n RETURNING user_id
    """,
    "ANALYZE participants, conversations, users, messages",
]
"""Ten thousand people in one room, and twenty in each of the others. Nobody has said anything yet:
a plan that is made now is kept until there are many messages."""


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    "name", ["readers who come", "how far they are", "lines of it", "a new message"]
)
async def test_nobody_is_looked_for_among_all_who_are_in_a_room(
    name: str, plans: list[str]
) -> None:
    """Each by conversation and person; else a room of ten thousand opens in minutes. (SQLite joins
    in the order of its indexes.)"""
    for statement in BIG_ROOM:
        await engine.rows(statement)
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
