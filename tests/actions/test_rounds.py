"""Rounds: those who answer the same thing answer together, and wait for nobody else."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from actions.rounds import Rounds

LONG = 60.0
"""Seconds that nobody here waits for."""

tables: list["Table"] = []


@pytest.fixture(autouse=True)
async def cleared() -> AsyncIterator[None]:
    """Nothing is left to be waited for when an app ends, in other tests."""
    yield
    while tables:
        batches = tables.pop().batches
        while batches._held:
            batches.release(list(batches._held))
            await batches.finished()


class Table:
    """Notes its rounds. Items are keyed by their first letter."""

    def __init__(self, patience: float = LONG, limit: int = 10) -> None:
        self.rounds: list[list[str]] = []
        tables.append(self)
        self.batches = Rounds(self.work, limit, lambda item: item[0], patience)

    async def work(self, batch: list[str]) -> list[str]:
        self.rounds.append(batch)
        return batch

    async def say(self, *items: str) -> None:
        """Say things in different turns of the loop, and let what can be done be done."""
        for item in items:
            self.batches.add(item)
            await asyncio.sleep(0)
        for _ in range(5):
            await asyncio.sleep(0)


async def test_the_next_round_of_a_key_waits_for_a_release_and_other_keys_do_not() -> None:
    table = Table()
    await table.say("a1", "a2", "b1", "a3", "b2", "c1")
    assert table.rounds == [["a1"], ["b1"], ["c1"]]
    table.batches.release("a")
    await table.say()
    assert table.rounds[3:] == [["a2", "a3"]]
    table.batches.release("ba")
    await table.say("a4")
    assert sorted(item for each in table.rounds[4:] for item in each) == ["a4", "b2"]


async def test_what_is_added_while_others_are_held_comes_behind_them() -> None:
    table = Table(limit=2)
    for item in ("a1", "a2", "a3", "a4", "a5"):
        table.batches.add(item)
    await table.say()
    assert table.rounds == [["a1", "a2"]]
    table.batches.add("a6")
    table.batches.release("a")
    await table.say()
    table.batches.release("a")
    await table.say()
    assert table.rounds[1:] == [["a3", "a4"], ["a5", "a6"]]


async def test_a_release_that_never_comes_is_not_waited_for_for_ever() -> None:
    table = Table(patience=0.01)
    await table.batches.add("a1")
    assert await table.batches.add("a2") == "a2"
    assert table.rounds == [["a1"], ["a2"]]


async def test_patience_with_one_round_does_not_end_a_later_one() -> None:
    table = Table()
    await table.say("a1")
    begun = dict(table.batches._held)
    table.batches.release("a")
    await table.say("a2", "a3")
    table.batches._give_up(begun)
    await table.say()
    assert table.rounds == [["a1"], ["a2"]]


async def test_the_end_waits_for_what_is_held() -> None:
    table = Table(patience=0.01)
    await table.say("a1", "a2")
    await table.batches.finished()
    assert table.rounds == [["a1"], ["a2"]]
