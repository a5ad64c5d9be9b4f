"""Waiting for something to become true: here, with a deadline."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import TypeVar

DEADLINE = 30.0
"""Seconds after which what a test waits for will not come any more, on a busy machine either."""

PAUSE = 0.005

T = TypeVar("T")


async def eventually(wanted: Callable[[], Awaitable[T] | T], within: float = DEADLINE) -> T:
    """What `wanted()` returns, once that is true. Raises `TimeoutError` after `within` seconds."""
    async with asyncio.timeout(within):
        while True:
            found = wanted()
            value = await found if inspect.isawaitable(found) else found
            if value:
                return value
            await asyncio.sleep(PAUSE)
