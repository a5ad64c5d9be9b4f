"""The heartbeats of all who are connected directly: each every `HEARTBEAT`, never all at once."""

import asyncio
from typing import Protocol

import settings

PARTS = 60
"""Into so many parts a heartbeat is divided; each reader belongs to one of them."""


class Beating(Protocol):
    def beat(self) -> None:
        """Say that the server is there, and look whether all has arrived."""


_parts: list[set[Beating]] = [set() for _ in range(PARTS)]


def join(reader: Beating) -> int:
    """Let a reader beat from now on, together with the fewest others; returns its part."""
    part = min(range(PARTS), key=lambda number: len(_parts[number]))
    _parts[part].add(reader)
    return part


def leave(reader: Beating, part: int) -> None:
    _parts[part].discard(reader)


async def beat() -> None:
    """Round after round, for ever."""
    while True:
        for part in _parts:
            await asyncio.sleep(settings.HEARTBEAT / PARTS)
            for reader in list(part):
                reader.beat()
