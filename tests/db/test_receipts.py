"""Receipts, as others see them."""

import asyncio

import pytest

from db import engine, participants, receipts
from db.users import User
from tests.factories import (
    make_conversation,
    make_departure,
    make_message,
    make_messages,
    make_user,
)

pytestmark = pytest.mark.usefixtures("database")


async def shown(chat: int) -> dict[str, tuple[int, int, int, int]]:
    """By name: how far they have read, when, how far they hold it, and when."""
    found = (await receipts.list_shown([chat])).get(chat, [])
    return {each.name: each[3:] for each in found}


async def read(chat: int, user: User, position: int) -> None:
    await participants.update_read([(chat, user.id, position)])


async def hide(user: User, hides_receipts: bool = True) -> None:
    async with engine.transaction():
        await receipts.update_hidden(user.id, hides_receipts)


async def test_all_participants_are_listed_by_name(ada: User, bob: User, chat: int) -> None:
    assert await shown(chat) == {"Ada": (0, 0, 0, 0), "Bob": (0, 0, 0, 0)}


async def test_receipts_move_forward_with_their_times(ada: User, bob: User, chat: int) -> None:
    await make_messages(ada, chat, 3)
    assert await receipts.update([(chat, bob.id, 0, 2)], 10) == [(chat, bob.id)]
    assert (await shown(chat))["Bob"] == (0, 10, 2, 10)
    await read(chat, bob, 2)
    assert await receipts.update([(chat, bob.id, 2, 2)], 20) == [(chat, bob.id)]
    assert (await shown(chat))["Bob"] == (2, 20, 2, 10)
    assert not await receipts.update([(chat, bob.id, 1, 1)], 30)
    assert not await receipts.update([(chat, bob.id, 2, 2)], 30)
    assert await receipts.update([(chat, bob.id, 0, 3)], 40) == [(chat, bob.id)]
    assert (await shown(chat))["Bob"] == (2, 20, 3, 40)


async def test_a_receipt_never_says_more_than_is_true(ada: User, bob: User, chat: int) -> None:
    await make_messages(ada, chat, 3)
    await read(chat, bob, 1)
    await receipts.update([(chat, bob.id, 3, 3)], 10)
    assert (await shown(chat))["Bob"][0] == 1
    await receipts.update([(chat, bob.id, 0, 2**53)], 10)
    assert (await shown(chat))["Bob"][2] == 3


async def test_nothing_is_stored_where_there_is_nothing_to_hold(ada: User, chat: int) -> None:
    assert not await receipts.update([(chat, ada.id, 0, 5)], 10)


async def test_outsiders_and_notes_to_self_have_no_receipts(ada: User, bob: User) -> None:
    own = await make_conversation([ada])
    await make_message(ada, own)
    assert not await receipts.update([(own, ada.id, 1, 1), (own, bob.id, 1, 1)], 10)
    assert await shown(own) == {}


async def test_marking_as_unread_takes_nothing_back(ada: User, bob: User, chat: int) -> None:
    await make_messages(ada, chat, 3)
    await read(chat, bob, 3)
    await receipts.update([(chat, bob.id, 3, 3)], 10)
    await participants.mark_unread(chat, bob.id, 1)
    assert not await receipts.update([(chat, bob.id, 3, 3)], 20)
    assert (await shown(chat))["Bob"] == (3, 10, 3, 10)


async def test_nothing_is_stored_or_listed_for_who_hides_receipts(
    ada: User, bob: User, chat: int
) -> None:
    await make_messages(ada, chat, 2)
    await receipts.update([(chat, bob.id, 0, 1)], 10)
    await hide(bob)
    assert await receipts.are_hidden(bob.id)
    assert not await receipts.update([(chat, bob.id, 0, 2)], 20)
    assert await shown(chat) == {"Ada": (0, 0, 0, 0)}
    await hide(bob, hides_receipts=False)
    assert not await receipts.are_hidden(bob.id)
    assert (await shown(chat))["Bob"] == (0, 10, 1, 10)


async def test_who_has_left_is_not_listed_and_begins_anew(ada: User, bob: User) -> None:
    tea = await make_conversation([ada, bob], "Tea")
    await make_message(ada, tea)
    await receipts.update([(tea, bob.id, 0, 1)], 10)
    await make_departure(bob, tea)
    assert await shown(tea) == {"Ada": (0, 0, 0, 0)}
    async with engine.transaction():
        await participants.add(tea, bob.id)
    assert (await shown(tea))["Bob"] == (0, 0, 0, 0)


async def test_readers_at_the_same_moment_lose_nothing() -> None:
    """In any order, and each of them in several of their tabs."""
    people = [await make_user() for _ in range(5)]
    tea = await make_conversation(people, "Tea")
    await make_messages(people[0], tea, 9)
    moves = [(tea, person.id, 0, position) for position in range(1, 10) for person in people]
    await asyncio.gather(
        *(receipts.update([move], 10) for move in moves),
        *(receipts.update([move], 10) for move in reversed(moves)),
    )
    assert {each[2] for each in (await shown(tea)).values()} == {9}


async def test_batches_in_different_orders_do_not_lock_each_other_out() -> None:
    people = [await make_user() for _ in range(40)]
    tea = await make_conversation(people, "Tea")
    await make_messages(people[0], tea, 9)
    moves = [(tea, person.id, 0, 1) for person in people]
    later = [(tea, person.id, 0, 9) for person in reversed(people)]
    for _ in range(5):
        await asyncio.gather(receipts.update(moves, 10), receipts.update(later, 10))
    assert {each[2] for each in (await shown(tea)).values()} == {9}
