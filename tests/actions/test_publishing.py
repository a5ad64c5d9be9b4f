"""A change is published after its commit: a subscriber that reads the database finds it."""

import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import asyncpg
import pytest

from actions import (
    batching,
    conversations,
    edits,
    messages,
    participants,
    reactions,
    sessions,
    unsends,
    users,
)
from db import conversations as stored
from db.conversations import Conversation
from db.sessions import Session
from db.users import User
from live import broker
from live.publication import Publication
from tests.factories import (
    PASSWORD,
    make_conversation,
    make_message,
    make_session,
    make_user,
    new_id,
)

ROWS = (
    "SELECT token_hash FROM sessions ORDER BY token_hash",
    "SELECT id, revision FROM conversations ORDER BY id",
    "SELECT conversation_id, user_id, read_position FROM participants ORDER BY 1, 2",
    "SELECT id, username FROM users ORDER BY id",
)


class Elsewhere:
    """Another connection to the database, which sees only what is committed."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def rows(self) -> list[list[tuple[object, ...]]]:
        if self.url.startswith("sqlite"):
            return self.rows_of_sqlite()
        connection = await asyncpg.connect(self.url)
        try:
            return [[tuple(row) for row in await connection.fetch(sql)] for sql in ROWS]
        finally:
            await connection.close()

    def rows_of_sqlite(self) -> list[list[tuple[object, ...]]]:
        connection = sqlite3.connect(self.url.removeprefix("sqlite:///"))
        try:
            return [connection.execute(sql).fetchall() for sql in ROWS]
        finally:
            connection.close()


@dataclass
class House:
    """Two people who have a group and a conversation of two; Ada is signed in twice."""

    ada: User
    bob: User
    group: Conversation
    direct: int
    here: Session


@pytest.fixture
async def house(live: None) -> House:
    ada, bob = await make_user("ada"), await make_user("bob")
    id = await make_conversation([ada, bob], "Tea")
    direct = await make_conversation([ada, bob])
    await make_message(bob, direct)
    group = await stored.get(id, ada.id)
    here, _ = await make_session(ada), await make_session(ada)
    session = await sessions.find(here)
    assert group is not None
    assert session is not None
    return House(ada, bob, group, direct, session)


@pytest.fixture
def elsewhere(database: str) -> Elsewhere:
    return Elsewhere(database)


async def send(house: House) -> object:
    return await messages.send(house.ada, house.direct, new_id(), "Hello")


ACTIONS: dict[str, Callable[[House], Awaitable[object]]] = {
    "sign_out": lambda house: sessions.sign_out(house.here),
    "sign_out_everywhere": lambda house: sessions.sign_out_everywhere(house.ada),
    "change_password": lambda house: users.change_password(house.here, PASSWORD, "another one"),
    "delete_account": lambda house: users.delete(house.here, PASSWORD),
    "leave": lambda house: participants.leave(house.ada, house.group),
    "remove": lambda house: participants.remove(house.ada, house.group, house.bob.id),
    "start_group": lambda house: conversations.start(house.ada, ["bob"], "Cake"),
    "start_direct": lambda house: conversations.start(house.ada, ["ada"], ""),
    "read": lambda house: participants.read(house.ada, house.direct, 1),
    "send": send,
    "edit": lambda house: edits.edit(house.bob, house.direct, 1, "Other words", 1),
    "react": lambda house: reactions.react(house.ada, house.direct, 1, "👍", on=True),
    "unsend": lambda house: unsends.unsend(house.bob, house.direct, 1),
}


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
async def test_what_is_published_is_committed_already(
    house: House,
    elsewhere: Elsewhere,
    action: Callable[[House], Awaitable[object]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publish = broker.publish
    seen = []

    async def noted(*publications: Publication) -> None:
        seen.append(await elsewhere.rows())
        await publish(*publications)

    monkeypatch.setattr(broker, "publish", noted)
    before = await elsewhere.rows()
    await action(house)
    await batching.finished()
    after = await elsewhere.rows()
    assert after != before
    assert seen == [after]
