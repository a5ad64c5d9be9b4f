"""Every change of several participants locks their rows in one order, so none deadlocks."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from db import engine, inbox_ranks, participants
from db.events import Departure
from db.log.commit import commit
from tests.competing_writer import Rival
from tests.factories import make_conversation, make_message, make_user

Change = Callable[[int, int, int], Awaitable[object]]


async def leave_groups(person: int) -> None:
    groups = await participants.list_group_ids(person)
    await commit([Departure(id, person, "left", 1, person) for id in groups])


CHANGES: dict[str, Change] = {
    "reading": lambda person, one, other: participants.update_read(
        [(other, person, 1), (one, person, 1)]
    ),
    "a new hour": lambda person, one, other: engine.write(inbox_ranks.propagate([other, one])),
    "leaving": lambda person, one, other: leave_groups(person),
}

LOCK = """
    SELECT FROM participants WHERE conversation_id = $1 AND user_id = $2 FOR UPDATE NOWAIT
"""


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_rows_are_locked_in_one_order(change: Change, rival: Rival) -> None:
    ada, bob = await make_user(), await make_user()
    one, other = sorted([await make_conversation([ada, bob], "Tea") for _ in range(2)])
    for id in (other, one):
        await make_message(bob, id)
    async with rival.connection.transaction():
        await rival.connection.execute(LOCK, one, ada.id)
        changing = asyncio.ensure_future(change(ada.id, one, other))
        await rival.waited_for_by(changing)
        await rival.connection.execute(LOCK, other, ada.id)
    await changing


async def test_marking_as_caught_up_waits_for_no_lock(rival: Rival) -> None:
    ada = await make_user()
    one, other = [await make_conversation([ada], f"Tea {n}", active_at=0) for n in range(2)]
    async with rival.connection.transaction():
        await rival.connection.execute(LOCK, one, ada.id)
        assert await inbox_ranks.mark_caught_up([ada.id], 9 * inbox_ranks.HOUR) == [(other, ada.id)]
    assert await inbox_ranks.mark_caught_up([ada.id], 9 * inbox_ranks.HOUR) == [(one, ada.id)]
