"""The log: one order without gaps, read by cursor without loss."""

import asyncio

import pytest

from db import engine, messages
from db.messages import Message
from tests.factories import make_conversation, make_message, make_messages, make_user

pytestmark = pytest.mark.usefixtures("database")


async def test_concurrent_writers_make_one_order_without_gaps() -> None:
    people = [await make_user() for _ in range(4)]
    id = await make_conversation(people)

    async def write(person: int) -> None:
        for number in range(10):
            await make_message(people[person], id, f"{person}/{number}")

    async with asyncio.TaskGroup() as tasks:
        for person in range(4):
            tasks.create_task(write(person))
    log = await messages.after(id, 0, 100)
    assert [message.position for message in log] == list(range(1, 41))
    for person in range(4):
        own = [message.body for message in log if message.author_id == people[person].id]
        assert own == [f"{person}/{number}" for number in range(10)]


async def changed_after(conversation_id: int, revision: int) -> list[Message]:
    held = (conversation_id, revision)
    return (await messages.list_changed([held]))[held]


async def test_a_reader_with_a_cursor_misses_no_concurrent_commit() -> None:
    people = [await make_user() for _ in range(4)]
    id = await make_conversation(people)
    seen: list[int] = []

    async def write(person: int) -> None:
        for _ in range(10):
            await make_message(people[person], id)

    async def read() -> None:
        while len(seen) < 40:
            cursor = seen[-1] if seen else 0
            seen.extend(m.revision for m in await changed_after(id, cursor))

    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        tasks.create_task(read())
        for person in range(4):
            tasks.create_task(write(person))
    assert seen == list(range(1, 41))


async def test_a_message_knows_the_one_before_it() -> None:
    ada, bob = await make_user("ada", "Ada"), await make_user("bob", "Bob")
    id = await make_conversation([ada, bob])
    first = await make_message(ada, id, created_at=1000)
    second = await make_message(bob, id, created_at=2000)
    assert (first.previous_author_id, first.previous_created_at) == (None, None)
    assert (second.previous_author_id, second.previous_created_at) == (ada.id, 1000)
    assert (first.author_name, second.author_name) == ("Ada", "Bob")
    assert (second.position, second.revision, second.created_at) == (2, 2, 2000)


async def test_a_log_is_read_both_ways_and_by_its_changes() -> None:
    ada = await make_user()
    id, other = await make_conversation([ada]), await make_conversation([ada], "Tea")
    await make_messages(ada, id, 5)
    await make_messages(ada, other, 5)
    assert [m.position for m in await messages.before(id, 4, 2)] == [2, 3]
    assert [m.position for m in await messages.before(id, 1, 2)] == []
    assert [m.position for m in await messages.after(id, 2, 2)] == [3, 4]
    assert [m.position for m in await messages.after(id, 5, 2)] == []
    assert [m.revision for m in await changed_after(id, 3)] == [4, 5]
    assert [m.conversation_id for m in await messages.after(id, 0, 9)] == [id] * 5


async def test_changed_messages_are_found_once_in_the_order_of_changes() -> None:
    ada = await make_user()
    id = await make_conversation([ada])
    await make_messages(ada, id, 3)
    await change(id, 1)
    await change(id, 3)
    await make_messages(ada, id, 1)
    for cursor, found in {
        0: [(2, 2), (1, 4), (3, 5), (6, 6)],
        1: [(2, 2), (1, 4), (3, 5), (6, 6)],
        3: [(1, 4), (3, 5), (6, 6)],
        4: [(3, 5), (6, 6)],
        5: [(6, 6)],
        6: [],
    }.items():
        assert [(m.position, m.revision) for m in await changed_after(id, cursor)] == found, cursor


async def change(conversation_id: int, position: int) -> None:
    """What every change of a message does to the log."""
    [[revision]] = await engine.rows(
        "UPDATE conversations SET revision = revision + 1 WHERE id = :id RETURNING revision",
        id=conversation_id,
    )
    await engine.execute(
        """
        UPDATE messages SET revision = :revision
        WHERE conversation_id = :id AND position = :position
        """,
        id=conversation_id,
        position=position,
        revision=revision,
    )
