"""The heartbeats of all who are connected directly: each every `HEARTBEAT`, a part at once."""

import asyncio
from typing import Protocol

import settings

PARTS = 60
"""Into so many parts a heartbeat is divided; each reader belongs to one of them."""

TOGETHER = 100
"""Readers that a part has before another one is begun: they look together (`looks`), for little
more than one of them alone."""


class Beating(Protocol):
    def beat(self) -> None:
        """Say that the server is there, and look whether all has arrived."""


_parts: list[set[Beating]] = [set() for _ in range(PARTS)]


def join(reader: Beating) -> int:
    """Let a reader beat from now on, with up to `TOGETHER` others, or more where all parts have as
    many; returns its part."""
    part = max(range(PARTS), key=preference)
    _parts[part].add(reader)
    return part


def preference(part: int) -> tuple[bool, int]:
    """The fullest part that has room comes first, then the emptiest."""
    size = len(_parts[part])
    return (True, size) if size < TOGETHER else (False, -size)


def leave(reader: Beating, part: int) -> None:
    _parts[part].discard(reader)


async def beat() -> None:
    """Round after round, for ever."""
    while True:
        for part in _parts:
            await asyncio.sleep(settings.HEARTBEAT / PARTS)
            for reader in list(part):
                reader.beat()
