"""Being here, as it is told by heartbeats that expire."""

import asyncio
from contextlib import ExitStack

import pytest

import settings
from actions import presence
from actions.clock import now
from db import engine
from db import presence as stored
from db.engine.statement import Row
from db.users import User
from live.presence import connected
from tests.factories import make_conversation, make_user

pytestmark = pytest.mark.usefixtures("live")


async def seen(viewer: User, chat: int) -> dict[int, int]:
    place = (chat, viewer.id)
    return (await stored.list_visible([place])).get(place, {})


async def test_who_arrives_is_here_until_that_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    ada, bob = await make_user(), await make_user()
    chat = await make_conversation([ada, bob])
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


async def test_who_is_connected_is_said_to_be_here_again_and_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings, "HEARTBEAT", 0.01)
    ada, bob = await make_user(), await make_user()
    chat = await make_conversation([ada, bob])
    beating = asyncio.create_task(presence.beat())
    told, update = asyncio.Event(), stored.update

    async def noting(user_ids: list[int], present_at: int) -> None:
        await update(user_ids, present_at)
        told.set()

    monkeypatch.setattr(stored, "update", noting)
    with connected(ada.id, shows_inbox=False):
        for _ in range(2):
            told.clear()
            await told.wait()
        with monkeypatch.context() as away:
            away.setattr(engine, "_database", None)
            await asyncio.sleep(0.03)
        told.clear()
        await told.wait()
    beating.cancel()
    assert set(await seen(bob, chat)) == {ada.id}


async def test_who_hides_is_not_seen_and_does_not_see() -> None:
    ada, bob = await make_user(), await make_user()
    chat = await make_conversation([ada, bob])
    await stored.update([ada.id, bob.id], now())
    await presence.hide(ada, True)
    assert await stored.is_hidden(ada.id)
    assert await seen(bob, chat) == await seen(ada, chat) == {}
    await presence.hide(ada, False)
    assert not await stored.is_hidden(ada.id)
    assert set(await seen(bob, chat)) == {ada.id}
    assert set(await seen(ada, chat)) == {bob.id}
    assert not await stored.is_hidden(1)


async def test_many_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "BATCH", 2)
    people = [await make_user() for _ in range(5)]
    chat = await make_conversation(people)
    async with engine.transaction():
        await stored.update([person.id for person in people], 1000)
        await stored.update([], 2000)
    assert await seen(people[0], chat) == {person.id: 1000 for person in people[1:]}


async def test_whoever_comes_is_told_by_the_same_statement(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text for each of them would be parsed each time, and drive all others out of the caches."""
    said, rows = set(), engine.rows

    async def noted(sql: str, **values: object) -> list[Row]:
        said.add(sql)
        return await rows(sql, **values)

    monkeypatch.setattr(engine, "rows", noted)
    for number in range(3):
        await stored.update(list(range(number)), now())
    assert len(said) == 1


async def test_a_database_that_is_away_keeps_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    ada = await make_user()
    with monkeypatch.context() as away:
        away.setattr(engine, "_database", None)
        presence.arrive(ada)
        await presence.arrivals.finished()


async def test_a_crowd_is_told_of_in_parts_none_of_which_keeps_others_waiting(
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

    monkeypatch.setattr(presence, "tell", noting)
    with ExitStack() as stack:
        for id in range(5):
            stack.enter_context(connected(id, shows_inbox=False))
        beating = asyncio.create_task(presence.beat())
        await told.wait()
        beating.cancel()
    assert parts == [[0, 1], [2, 3], [4]]
