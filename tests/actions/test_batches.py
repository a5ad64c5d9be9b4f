"""Work that is done together: what waits makes the next batch, in order, and nothing is left."""

import asyncio
from contextvars import ContextVar

from actions.batches import Batches

asker: ContextVar[str] = ContextVar("asker", default="nobody")


async def test_a_lone_item_waits_for_nobody_and_others_join_the_next_batch() -> None:
    done: list[list[int]] = []
    may_go_on = asyncio.Event()

    async def work(batch: list[int]) -> None:
        done.append(batch)
        await may_go_on.wait()

    batches = Batches(work, 3)
    batches.add(0)
    while not done:  # noqa: ASYNC110
        await asyncio.sleep(0)
    for item in range(1, 6):
        batches.add(item)
    may_go_on.set()
    await batches.finished()
    assert done == [[0], [1, 2, 3], [4, 5]]


async def test_what_is_added_at_one_moment_is_one_batch() -> None:
    done: list[list[int]] = []

    async def work(batch: list[int]) -> None:
        done.append(batch)

    batches = Batches(work, 10)
    for item in range(3):
        batches.add(item)
    await batches.finished()
    assert done == [[0, 1, 2]]


async def test_a_batch_outlives_whoever_asked_for_it_and_knows_nothing_of_them() -> None:
    seen: list[str] = []
    begun = asyncio.Event()

    async def work(batch: list[int]) -> None:
        begun.set()
        await asyncio.sleep(0)
        seen.append(asker.get())

    batches = Batches(work, 1)

    async def ask() -> None:
        asker.set("somebody")
        batches.add(1)
        await begun.wait()
        await asyncio.sleep(60)

    asking = asyncio.create_task(ask())
    await begun.wait()
    asking.cancel()
    await batches.finished()
    assert seen == ["nobody"]
