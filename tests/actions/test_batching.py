"""Work that is done together: what waits makes the next batch, in order, and nothing is left."""

import asyncio
from contextvars import ContextVar

import pytest

from actions.batching import Batches, Raised, finished
from tests.waiting import eventually

asker: ContextVar[str] = ContextVar("asker", default="nobody")


async def test_a_lone_item_waits_for_nobody_and_others_join_the_next_batch() -> None:
    done: list[list[int]] = []
    may_go_on = asyncio.Event()

    async def work(batch: list[int]) -> list[int]:
        done.append(batch)
        await may_go_on.wait()
        return batch

    batches = Batches(work, 3)
    batches.add(0)
    await eventually(lambda: done)
    for item in range(1, 6):
        batches.add(item)
    may_go_on.set()
    await batches.finished()
    assert done == [[0], [1, 2, 3], [4, 5]]


async def test_what_is_added_at_one_moment_is_one_batch() -> None:
    done: list[list[int]] = []

    async def work(batch: list[int]) -> list[int]:
        done.append(batch)
        return batch

    batches = Batches(work, 10)
    for item in range(3):
        batches.add(item)
    await batches.finished()
    assert done == [[0, 1, 2]]


async def test_a_batch_outlives_whoever_asked_for_it_and_knows_nothing_of_them() -> None:
    seen: list[str] = []
    begun = asyncio.Event()

    async def work(batch: list[int]) -> list[int]:
        begun.set()
        await asyncio.sleep(0)
        seen.append(asker.get())
        return batch

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


async def test_each_is_told_its_own_outcome_or_why_there_is_none() -> None:
    async def work(batch: list[int]) -> list[str]:
        if 3 in batch:
            raise ValueError
        return [f"done {item}" for item in batch]

    batches = Batches(work, 2)
    first, second, third, fourth, last = map(batches.add, range(1, 6))
    assert [await first, await second, await last] == ["done 1", "done 2", "done 5"]
    for failed in (third, fourth):
        with pytest.raises(ValueError):  # noqa: PT011
            await failed


async def test_whoever_need_not_wait_is_told_and_keeps_it_from_nobody_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    told: list[object] = []

    async def work(batch: list[int]) -> list[int]:
        if 4 in batch:
            raise ValueError
        return batch

    def deaf(_: object) -> None:
        raise RuntimeError("nobody is there")

    batches = Batches(work, 3)
    for item, settle in enumerate((told.append, deaf, told.append, told.append, told.append)):
        batches.put(item, settle)
    await batches.finished()
    first, third, *failed = told
    assert (first, third) == (0, 2)
    assert [type(each.error) for each in failed if isinstance(each, Raised)] == [ValueError] * 2
    assert "nobody is there" in caplog.text


async def test_what_nobody_waits_for_fails_aloud_and_the_next_is_worked_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    done: list[int] = []

    async def work(batch: list[int]) -> list[int]:
        if 1 in batch:
            raise ValueError("one is not wanted")
        done.extend(batch)
        return batch

    batches = Batches(work, 1)
    batches.add_all([1, 2])
    await batches.finished()
    assert done == [2]
    assert "one is not wanted" in caplog.text


async def test_the_end_waits_for_what_is_worked_on() -> None:
    done: list[int] = []

    async def work(batch: list[int]) -> list[int]:
        await asyncio.sleep(0)
        done.extend(batch)
        return batch

    Batches(work, 1).add(1)
    await finished()
    assert done == [1]
