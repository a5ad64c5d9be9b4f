"""How the databases find what pages show: by index, however much else there is."""

import re
from collections.abc import Awaitable, Callable

import pytest

from db import conversations, dialect, engine, messages, participants, presence, sessions
from db.statement import Row
from tests.factories import make_conversation, make_messages, make_user

pytestmark = pytest.mark.usefixtures("database")

DERIVED = r"json_each|CONSTANT|\(subquery"
"""What SQLite scans that is no table."""

Reading = Callable[[int, int], Awaitable[object]]

READINGS: dict[str, Reading] = {
    "the inbox": lambda person, id: conversations.list_entries(person, None, 30),
    "a later page of it": lambda person, id: conversations.list_entries(person, (1, 1), 30),
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


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The plan of each statement that is run, line by line."""
    found: list[str] = []
    rows = engine.rows

    async def explained(sql: str, **values: object) -> list[Row]:
        word = "EXPLAIN" if dialect.is_postgresql() else "EXPLAIN QUERY PLAN"
        found.extend(str(row[-1]) for row in await rows(f"{word} {sql}", **values))
        return await rows(sql, **values)

    async def first(sql: str, **values: object) -> Row | None:
        return next(iter(await explained(sql, **values)), None)

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
