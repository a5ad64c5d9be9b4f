"""Waiting for something to become true, and not for too long: the deadlines stand here."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar, overload

PATIENCE = 30.0
"""Seconds after which what a test waits for will not come any more, on a busy machine either."""

PAUSE = 0.005
WORK = 0.1

T = TypeVar("T")


@overload
async def eventually(
    wanted: Callable[[], Awaitable[T]], patience: float = PATIENCE, pause: float = PAUSE
) -> T: ...


@overload
async def eventually(
    wanted: Callable[[], T], patience: float = PATIENCE, pause: float = PAUSE
) -> T: ...


async def eventually(
    wanted: Callable[[], object], patience: float = PATIENCE, pause: float = PAUSE
) -> object:
    """What `wanted()` returns, as soon as that is true. Raises `TimeoutError`."""
    async with asyncio.timeout(patience):
        while True:
            found = wanted()
            value = await found if inspect.isawaitable(found) else found
            if value:
                return value
            await asyncio.sleep(pause)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """The block takes at most so many seconds; where the machine is busy with other things, as
    many times more as any work takes there."""
    begun = time.monotonic()
    yield
    took = time.monotonic() - begun
    assert in_time(took, seconds), f"it took {took:.2f} s"


def in_time(took: float, seconds: float) -> bool:
    return took <= seconds or took <= seconds * slowness()


def slowness() -> float:
    """How much longer a computation takes than it needs the processor: 1 on an idle machine."""
    begun, used = time.monotonic(), time.process_time()
    while time.process_time() - used < WORK:
        pass
    return (time.monotonic() - begun) / WORK
