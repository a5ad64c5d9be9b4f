"""Heartbeats: each subscriber has one every `HEARTBEAT`, in one of the slots of that interval."""

import asyncio
from typing import Protocol

import settings

SLOTS = 60
SLOT_SIZE = 100
"""Subscribers a slot holds before the next one is opened: those of one slot catch up in one batch,
at little more than the cost of one."""


class Beating(Protocol):
    def beat(self) -> None:
        """Show that the server is alive, and check that nothing was lost."""


_slots: list[set[Beating]] = [set() for _ in range(SLOTS)]


def add(subscriber: Beating) -> int:
    """Start the heartbeat of a subscriber; returns its slot, which `remove` needs."""
    slot = max(range(SLOTS), key=preference)
    _slots[slot].add(subscriber)
    return slot


def preference(slot: int) -> tuple[bool, int]:
    """The fullest slot with room comes first; when all are full, the emptiest."""
    size = len(_slots[slot])
    return (True, size) if size < SLOT_SIZE else (False, -size)


def remove(subscriber: Beating, slot: int) -> None:
    _slots[slot].discard(subscriber)


async def run() -> None:
    """Beat until cancelled."""
    while True:
        for slot in _slots:
            await asyncio.sleep(settings.HEARTBEAT / SLOTS)
            beat(slot)


def beat(slot: set[Beating]) -> None:
    """In a frame of its own: the loop above would hold on to the last subscriber, long gone."""
    for subscriber in list(slot):
        subscriber.beat()
