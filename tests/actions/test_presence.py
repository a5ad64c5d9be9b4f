"""Online presence: heartbeats that expire."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack

import pytest

import settings
from actions import presence
from actions.clock import now
from db import engine
from db import presence as stored
from db.engine.statement import Row
from db.users import User
from tests.applications import database_away
from tests.factories import connected, make_answered_conversation, make_user

pytestmark = pytest.mark.usefixtures("live")


async def seen(viewer: User, chat: int) -> dict[int, int]:
    place = (chat, viewer.id)
    return (await stored.list_visible([place])).get(place, {})


async def test_arriving_makes_a_user_present_until_that_expires(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ada, bob = await make_user(), await make_user()
    chat = await make_answered_conversation([ada, bob])
    assert await seen(bob, chat) == {}
    presence.arrive(ada)
    await presence.arrivals.finished()
    present_at = (await seen(bob, chat))[ada.id]
    assert presence.is_here(present_at)
    later = present_at + int(presence.EXPIRY * 1000)
    monkeypatch.setattr(presence, "now", lambda: later - 1)
    assert presence.is_here(present_at)
    monkeypatch.setattr(presence, "now", lambda: later)
    assert not presence.is_here(present_at)
    assert await seen(ada, chat) == {}


async def test_every_heartbeat_renews_the_presence_of_connected_users(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings, "HEARTBEAT", 0.01)
    ada, bob = await make_user(), await make_user()
    chat = await make_answered_conversation([ada, bob])
    beaten, store = asyncio.Event(), presence.store

    async def noted(user_ids: list[int]) -> Sequence[None]:
        outcome = await store(user_ids)
        beaten.set()
        return outcome

    async def heartbeats(number: int) -> None:
        for _ in range(number):
            beaten.clear()
            await beaten.wait()

    monkeypatch.setattr(presence, "store", noted)
    beating = asyncio.create_task(presence.beat())
    with connected(ada.id, shows_inbox=False):
        await heartbeats(2)
        with database_away():
            await heartbeats(2)
        await stored.update([ada.id], 1000)
        await heartbeats(2)
    beating.cancel()
    assert (await seen(bob, chat))[ada.id] > 1000


async def test_hiding_presence_works_both_ways() -> None:
    ada, bob = await make_user(), await make_user()
    chat = await make_answered_conversation([ada, bob])
    await stored.update([ada.id, bob.id], now())
    await presence.hide(ada, True)
    assert await stored.is_hidden(ada.id)
    assert await seen(bob, chat) == await seen(ada, chat) == {}
    await presence.hide(ada, False)
    assert not await stored.is_hidden(ada.id)
    assert set(await seen(bob, chat)) == {ada.id}
    assert set(await seen(ada, chat)) == {bob.id}
    assert not await stored.is_hidden(1)


async def test_many_users_are_updated_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "BATCH", 2)
    people = [await make_user() for _ in range(5)]
    chat = await make_answered_conversation(people)
    async with engine.transaction():
        await stored.update([person.id for person in people], 1000)
        await stored.update([], 2000)
    assert await seen(people[0], chat) == {person.id: 1000 for person in people[1:]}


async def test_presence_is_updated_by_one_statement_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text for each of them would be parsed each time, and drive all others out of the caches."""
    said, rows = set(), engine.rows

    async def noted(sql: str, **values: object) -> list[Row]:
        said.add(sql)
        return await rows(sql, **values)

    monkeypatch.setattr(engine, "rows", noted)
    for number in range(3):
        await stored.update(list(range(number)), now())
    assert len(said) == 1


async def test_arriving_works_while_the_database_is_away() -> None:
    ada = await make_user()
    with database_away():
        presence.arrive(ada)
        await presence.arrivals.finished()


async def test_the_heartbeats_of_many_users_are_spread_over_batches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings, "HEARTBEAT", 0.01)
    monkeypatch.setattr(stored, "BATCH", 2)
    parts: list[list[int]] = []
    told = asyncio.Event()

    async def noting(user_ids: list[int]) -> None:
        parts.append(user_ids)
        if len(parts) == 3:
            told.set()

    monkeypatch.setattr(presence, "store", noting)
    with ExitStack() as stack:
        for id in range(5):
            stack.enter_context(connected(id, shows_inbox=False))
        beating = asyncio.create_task(presence.beat())
        await told.wait()
        beating.cancel()
    assert parts == [[0, 1], [2, 3], [4]]
