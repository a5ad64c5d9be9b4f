"""The index follows the logs: what was sent, edited and unsent, by whatever process, and after
whatever end of the one that was indexing."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from unittest.mock import AsyncMock

import pytest

from actions import edits, messages, participants, search, search_index, unsends
from actions.errors import Invalid
from db import conversations, engine
from db.search import cursors, index
from db.search.cursors import Behind
from db.search.index import Entry, Message
from db.users import User
from live import broker
from live.delivery import Delivery
from live.process.tasks import alongside
from live.publication import EVERYBODY, RESYNC
from tests.applications import HOME
from tests.factories import make_conversation, make_message, make_messages, new_id
from tests.waiting import eventually


@pytest.fixture
async def following(live: None) -> AsyncIterator[None]:
    """The follower is at work."""
    async with alongside(search_index.maintain()):
        yield


async def found(user: User, text: str) -> list[str]:
    results = await search.search(user, text)
    return [each.message.body for each in results.found]


async def indexed() -> int:
    row = await engine.row("SELECT COUNT(*) AS n FROM searchable")
    assert row is not None
    return int(row["n"])


async def send(author: User, chat: int, body: str) -> int:
    return (await messages.send(author, chat, new_id(), body)).position


@pytest.mark.usefixtures("following")
async def test_a_new_message_is_found_and_an_edited_one_by_its_new_words(
    ada: User, bob: User, chat: int
) -> None:
    position = await send(ada, chat, "The wombat sleeps")
    await eventually(lambda: found(bob, "wombat"))
    stored = (await search.search(bob, "wombat")).found[0].message
    await edits.edit(ada, chat, position, "The badger sleeps", stored.revision)
    await eventually(lambda: found(bob, "badger"))
    assert await found(bob, "wombat") == []


async def test_a_new_message_is_found_within_two_seconds(
    following: None, ada: User, chat: int
) -> None:
    await send(ada, chat, "First")
    await eventually(lambda: found(ada, "first"))  # it is well on its way
    await send(ada, chat, "Second")
    await eventually(lambda: found(ada, "second"), patience=2)


@pytest.mark.usefixtures("following")
async def test_an_unsent_message_is_found_no_more_from_that_moment(
    ada: User, bob: User, chat: int
) -> None:
    position = await send(ada, chat, "The wombat sleeps")
    await eventually(lambda: found(bob, "wombat"))
    await unsends.unsend(ada, chat, position)
    assert await found(bob, "wombat") == []

    async def is_gone() -> bool:
        return await indexed() == 0

    await eventually(is_gone)


@pytest.mark.usefixtures("following")
async def test_what_one_has_left_is_found_no_more_and_by_others_still(ada: User, bob: User) -> None:
    group = await make_conversation([ada, bob], "Tea")
    await send(bob, group, "The wombat sleeps")
    await eventually(lambda: found(bob, "wombat"))
    conversation = await conversations.get(group, bob.id)
    assert conversation is not None
    await participants.leave(bob, conversation)
    assert await found(bob, "wombat") == []
    assert await found(ada, "wombat") == ["The wombat sleeps"]
    assert await found(ada, "from:bob wombat") == ["The wombat sleeps"]


@pytest.mark.usefixtures("live")
async def test_what_was_there_before_is_found(ada: User, chat: int) -> None:
    await make_messages(ada, chat, 30)
    async with alongside(search_index.maintain()):
        await eventually(lambda: found(ada, "message 17"))


async def test_after_publications_were_lost_it_looks_through_all(
    following: None, ada: User, chat: int
) -> None:
    await send(ada, chat, "First")
    await eventually(lambda: found(ada, "first"))
    await make_message(ada, chat, "Unheard of")
    await broker.publish(RESYNC)
    await eventually(lambda: found(ada, "unheard"))


async def test_publications_that_are_lost_while_it_looks_make_it_look_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search_index, "REST", 0.02)
    activity = search_index.Activity()
    looks = 0

    async def look() -> bool:
        nonlocal looks
        looks += 1
        if looks == 1:
            activity.put(Delivery(EVERYBODY, [RESYNC]))
        return True

    monkeypatch.setattr(search_index, "index_all", look)
    async with alongside(search_index.follow(activity)):
        await eventually(lambda: looks == 2)


@pytest.mark.usefixtures("live")
async def test_it_goes_on_from_its_cursor_where_it_was_ended(
    ada: User, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_index, "BATCH", 10)
    await make_messages(ada, chat, 35)
    update, batches = index.update, list[int]()

    async def dying(
        entries: Sequence[Entry], removed: Sequence[Message], done: Sequence[Behind]
    ) -> None:
        await update(entries, removed, done)
        batches.append(len(entries))
        if len(batches) == 2:  # before the commit
            raise asyncio.CancelledError

    monkeypatch.setattr(index, "update", dying)
    with pytest.raises(asyncio.CancelledError):
        await search_index.index_all()
    assert await cursors.list_behind([chat]) == [Behind(chat, 10, 35)]
    assert await indexed() == 10
    await search_index.index_all()
    assert batches == [10, 10, 10, 10, 5]
    assert await indexed() == 35
    assert await cursors.list_behind([chat]) == []


@pytest.mark.usefixtures("live")
async def test_a_batch_is_cut_within_a_log_and_takes_several(ada: User) -> None:
    parts = [Behind(1, 0, 3), Behind(2, 5, 2505), Behind(3, 7, 8)]
    assert list(search_index.batches(parts)) == [
        [Behind(1, 0, 3), Behind(2, 5, 1002)],
        [Behind(2, 1002, 2002)],
        [Behind(2, 2002, 2505), Behind(3, 7, 8)],
    ]


@pytest.mark.usefixtures("live")
async def test_what_changed_while_its_log_was_being_indexed_is_indexed_as_it_is(
    ada: User, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later change of a message that is indexed already, or is not yet."""
    monkeypatch.setattr(search_index, "BATCH", 4)
    for n in range(1, 9):
        await make_message(ada, chat, f"Wombat {n}")
    await search_index.index_batch([Behind(chat, 0, 4)])
    for position in (2, 7):
        await edits.edit(ada, chat, position, f"Badger {position}", 8 + (position == 7))
    await unsends.unsend(ada, chat, 3)
    await unsends.unsend(ada, chat, 8)
    await search_index.index_all()
    assert await found(ada, "badger") == ["Badger 7", "Badger 2"]
    assert await found(ada, "wombat") == [f"Wombat {n}" for n in (6, 5, 4, 1)]
    assert await indexed() == 6


INDEXING = """
import asyncio, sys
from actions import search_index
from db import engine
search_index.BATCH = 5
search_index.REST_FACTOR = 0
async def main():
    await engine.connect(sys.argv[1], 5, 30)
    for _ in range(100):
        if await search_index.index_all():
            break
        await asyncio.sleep(0.02)
    else:
        sys.exit("it never got its turn")
    await engine.disconnect()
asyncio.run(main())
"""


@pytest.mark.usefixtures("live")
async def test_two_processes_at_once_index_each_message_once(
    database: str, ada: User, bob: User, chat: int
) -> None:
    other = await make_conversation([ada, bob], "Tea")
    for id in (chat, other):
        await make_messages(ada, id, 100)
    command = [sys.executable, "-c", INDEXING, database]
    both = [
        await asyncio.create_subprocess_exec(*command, cwd=HOME, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    for process in both:
        _, complaints = await process.communicate()
        assert process.returncode == 0, complaints.decode()
    assert await indexed() == 200
    assert await cursors.list_behind([chat, other]) == []
    hits = await search.search(ada, "message 77")
    assert len(hits.found) == 2


@pytest.mark.usefixtures("live")
async def test_while_another_process_indexes_it_waits_for_its_turn(
    ada: User, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_messages(ada, chat, 3)
    with monkeypatch.context() as patch:
        patch.setattr(cursors, "lock", AsyncMock(return_value=False))
        assert not await search_index.index_all()
        assert not await search_index.index_these([chat])
    assert await indexed() == 0
    assert await search_index.index_these([chat])
    assert await indexed() == 3


async def test_a_failure_is_logged_and_tried_again(
    ada: User, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_index, "REST", 0.02)
    attempts = AsyncMock(side_effect=[ValueError("broken"), True, True])
    monkeypatch.setattr(search_index, "index_all", attempts)
    async with alongside(search_index.maintain()):
        await eventually(lambda: attempts.await_count >= 2)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_without_fts5_messages_are_sent_and_unsent_and_the_search_says_so(
    ada: User, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    position = await send(ada, chat, "The wombat sleeps")
    await search_index.index_all()
    monkeypatch.setattr("db.search.fts5.IS_BUILT_IN", False)
    async with alongside(search_index.maintain()):
        with pytest.raises(Invalid, match="cannot be searched on this server"):
            await search.search(ada, "wombat")
        unsent = await unsends.unsend(ada, chat, position)
    assert unsent.unsent_at is not None
