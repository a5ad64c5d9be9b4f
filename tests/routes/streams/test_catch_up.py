"""Many readers that catch up together ask the database as few times as one."""

import asyncio

import pytest

from actions import sessions
from db import conversations, engine
from db.engine.statement import Row
from db.users import User
from routes import access
from routes.streams import catch_up
from routes.streams.catch_up import Snapshot
from routes.streams.reader import Reader
from tests.factories import make_conversation, make_messages, make_session, make_user

pytestmark = pytest.mark.usefixtures("live")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement from now on."""
    statements: list[str] = []
    rows = engine.rows

    async def noting_rows(sql: str, **values: object) -> list[Row]:
        statements.append(sql)
        return await rows(sql, **values)

    monkeypatch.setattr(engine, "rows", noting_rows)
    return statements


async def reader_of(user: User, chat: int, cursor: int = 0) -> Reader:
    session = await sessions.find(await make_session(user))
    assert session is not None
    return Reader(session, await conversations.get(chat, user.id), cursor)


async def snapshots_of(*readers: Reader) -> list[Snapshot]:
    return list(await asyncio.gather(*(catch_up.snapshots.submit(reader) for reader in readers)))


async def test_many_readers_ask_no_more_than_one(asked: list[str]) -> None:
    ada = await make_user("ada", "Ada")
    others = [await make_user() for _ in range(5)]
    chats = [await make_conversation([ada, other]) for other in others]
    for chat, other in zip(chats, others, strict=True):
        await make_messages(other, chat, 3)
    readers = [await reader_of(ada, chat, cursor) for chat in chats for cursor in range(4)]
    asked.clear()
    await snapshots_of(readers[0])
    of_one = len(asked)
    asked.clear()
    found = await snapshots_of(*readers)
    assert len(asked) == of_one == 4
    for reader, snapshot in zip(readers, found, strict=True):
        assert [revision for revision, _ in snapshot.changes] == [1, 2, 3][reader.cursor :]
        assert snapshot.presence is not None


async def test_each_reader_sees_their_own_rights(asked: list[str]) -> None:
    ada, bob, outsider = await make_user(), await make_user(), await make_user()
    chat = await make_conversation([ada, bob], "Tea")
    readers = [await reader_of(ada, chat), await reader_of(bob, chat)]
    stranger = await reader_of(outsider, chat)
    stranger.conversation = readers[0].conversation
    async with engine.transaction():
        await engine.rows("DELETE FROM sessions WHERE user_id = :id RETURNING user_id", id=bob.id)
    found = await snapshots_of(*readers, stranger)
    assert [snapshot.is_session_open for snapshot in found] == [True, False, True]
    assert [snapshot.is_participant for snapshot in found] == [True, True, False]


async def test_much_that_was_missed_is_read_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catch_up, "CHANGES_AT_ONCE", 5)
    missed = {(1, 0): 3, (2, 0): 2, (3, 0): 1, (4, 0): 9, (5, 0): 1}
    assert list(catch_up.portions(missed)) == [[(1, 0), (2, 0)], [(3, 0)], [(4, 0)], [(5, 0)]]


async def test_all_who_come_at_once_are_looked_up_together(asked: list[str]) -> None:
    ada, bob = await make_user("ada", "Ada"), await make_user("bob", "Bob")
    chat = await make_conversation([ada, bob])
    mine = await make_conversation([ada], "Mine")
    tokens = [await make_session(ada), await make_session(bob)]
    asked.clear()
    given = [(tokens[0], chat), (tokens[1], chat), (tokens[1], mine), ("no token", chat)]
    wanted = [((token,), place) for token, place in given]
    found = await asyncio.gather(*(access.lookups.submit(each) for each in wanted))
    assert len(asked) == 2
    people = [session.user if session else None for session, _ in found]
    assert people == [ada, bob, bob, None]
    assert [place.id if place else None for _, place in found] == [chat, chat, None, None]
