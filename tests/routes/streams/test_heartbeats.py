"""Heartbeats: few slots are used for few subscribers, all slots alike for many."""

import asyncio
import weakref
from collections import Counter

import pytest

import settings
from routes.streams import heartbeats
from routes.streams.heartbeats import SLOT_SIZE, SLOTS


class Heart:
    def __init__(self) -> None:
        self.has_beaten = asyncio.Event()

    def beat(self) -> None:
        self.has_beaten.set()


@pytest.fixture(autouse=True)
def empty_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeats, "_slots", [set() for _ in range(SLOTS)])


def added(number: int) -> list[tuple[Heart, int]]:
    hearts = [Heart() for _ in range(number)]
    return [(heart, heartbeats.add(heart)) for heart in hearts]


def test_few_subscribers_share_a_slot() -> None:
    sizes = Counter(slot for _, slot in added(2 * SLOT_SIZE + 1))
    assert sorted(sizes.values()) == [1, SLOT_SIZE, SLOT_SIZE]


def test_many_are_divided_evenly() -> None:
    sizes = Counter(slot for _, slot in added(SLOTS * SLOT_SIZE + 2 * SLOTS))
    assert set(sizes.values()) == {SLOT_SIZE + 2}


def test_a_new_subscriber_takes_the_place_of_one_that_left() -> None:
    hearts = added(3 * SLOT_SIZE)
    heart, slot = hearts[SLOT_SIZE + 5]
    heartbeats.remove(heart, slot)
    assert added(1)[0][1] == slot


async def test_a_subscriber_that_left_is_not_held_until_the_next_one_beats(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings, "HEARTBEAT", SLOTS / 1000)
    [(heart, slot)] = added(1)
    running = asyncio.create_task(heartbeats.run())
    await heart.has_beaten.wait()
    heartbeats.remove(heart, slot)
    left = weakref.ref(heart)
    del heart
    assert left() is None
    running.cancel()
