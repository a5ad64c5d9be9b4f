"""Work that is done together: what waits makes the next batch, in order, and nothing is left."""

import asyncio
from contextvars import ContextVar

import pytest

from actions.batching import Batcher, finished
from db.engine import Unavailable
from tests.waiting import eventually

asker: ContextVar[str] = ContextVar("asker", default="nobody")


async def test_a_lone_item_runs_at_once_and_later_ones_join_the_next_batch() -> None:
    done: list[list[int]] = []
    may_go_on = asyncio.Event()

    async def work(batch: list[int]) -> list[int]:
        done.append(batch)
        await may_go_on.wait()
        return batch

    batcher = Batcher(work, 3)
    batcher.submit(0)
    await eventually(lambda: done)
    for item in range(1, 6):
        batcher.submit(item)
    may_go_on.set()
    await batcher.finished()
    assert done == [[0], [1, 2, 3], [4, 5]]


async def test_a_batch_does_not_end_within_a_group() -> None:
    done: list[list[int]] = []

    async def work(batch: list[int]) -> list[int]:
        done.append(batch)
        return batch

    batcher = Batcher(work, 2, group=lambda item: item // 10)
    for item in (1, 10, 11, 12, 2, 3, 20):
        batcher.submit(item)
    await batcher.finished()
    assert done == [[1, 10, 11, 12], [2, 3], [20]]


async def test_what_is_added_at_one_moment_is_one_batch() -> None:
    done: list[list[int]] = []

    async def work(batch: list[int]) -> list[int]:
        done.append(batch)
        return batch

    batcher = Batcher(work, 10)
    for item in range(3):
        batcher.submit(item)
    await batcher.finished()
    assert done == [[0, 1, 2]]


async def test_a_batch_outlives_its_caller_and_does_not_inherit_its_context() -> None:
    seen: list[str] = []
    begun = asyncio.Event()

    async def work(batch: list[int]) -> list[int]:
        begun.set()
        await asyncio.sleep(0)
        seen.append(asker.get())
        return batch

    batcher = Batcher(work, 1)

    async def ask() -> None:
        asker.set("somebody")
        batcher.submit(1)
        await begun.wait()
        await asyncio.sleep(60)

    asking = asyncio.create_task(ask())
    await begun.wait()
    asking.cancel()
    await batcher.finished()
    assert seen == ["nobody"]


async def test_each_caller_gets_its_own_outcome_or_error() -> None:
    async def work(batch: list[int]) -> list[str]:
        if 3 in batch:
            raise ValueError
        return [f"done {item}" for item in batch]

    batcher = Batcher(work, 2)
    first, second, third, fourth, last = map(batcher.submit, range(1, 6))
    assert [await first, await second, await last] == ["done 1", "done 2", "done 5"]
    for failed in (third, fourth):
        with pytest.raises(ValueError):  # noqa: PT011
            await failed


async def test_an_outcome_that_is_an_exception_is_raised_to_its_caller_alone() -> None:
    async def work(batch: list[int]) -> list[int | Exception]:
        return [ValueError() if item == 2 else item for item in batch]

    batcher = Batcher(work, 3)
    first, second, third = map(batcher.submit, range(1, 4))
    assert [await first, await third] == [1, 3]
    with pytest.raises(ValueError):  # noqa: PT011
        await second


async def test_a_caller_that_is_cancelled_takes_nothing_from_the_others() -> None:
    begun = asyncio.Event()

    async def work(batch: list[int]) -> list[int]:
        begun.set()
        await asyncio.sleep(0)
        return batch

    batcher = Batcher(work, 3)
    first, second = map(batcher.submit, (1, 2))
    await begun.wait()
    first.cancel()
    assert await second == 2


async def test_a_batch_that_fails_is_logged_and_the_next_one_runs(
    caplog: pytest.LogCaptureFixture,
) -> None:
    done: list[int] = []

    async def work(batch: list[int]) -> list[int]:
        if 1 in batch:
            raise ValueError("one is not wanted")
        if 2 in batch:
            raise Unavailable("this is expected")
        done.extend(batch)
        return batch

    batcher = Batcher(work, 1)
    for item in (1, 2, 3):
        batcher.submit(item)
    await batcher.finished()
    assert done == [3]
    assert "one is not wanted" in caplog.text
    assert "this is expected" not in caplog.text


async def test_stopping_waits_for_the_running_batch() -> None:
    done: list[int] = []

    async def work(batch: list[int]) -> list[int]:
        await asyncio.sleep(0)
        done.extend(batch)
        return batch

    Batcher(work, 1).submit(1)
    await finished()
    assert done == [1]
