"""The seconds that a request may wait for its database, however many statements it has."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar


class Budget:
    def __init__(self, seconds: float) -> None:
        self.left = seconds


_budget: ContextVar[Budget | None] = ContextVar("budget", default=None)


@contextmanager
def given(seconds: float) -> Iterator[None]:
    """All waiting of the block together takes at most so many seconds.

    What computes meanwhile, or waits for anything else, costs nothing. Tasks that the block begins
    share its budget while it lasts; those that outlive it are free of it.
    """
    budget = Budget(seconds)
    token = _budget.set(budget)
    try:
        yield
    finally:
        _budget.reset(token)
        budget.left = math.inf


@asynccontextmanager
async def spent() -> AsyncIterator[None]:
    """The block waits for the database: `TimeoutError` as soon as nothing of the budget is left."""
    budget = _budget.get()
    if budget is None:
        yield
        return
    began_at = time.monotonic()
    try:
        async with asyncio.timeout(budget.left):
            yield
    finally:
        budget.left -= time.monotonic() - began_at


def left() -> float:
    """Seconds that may still be waited; infinity where there is no budget."""
    budget = _budget.get()
    return math.inf if budget is None else budget.left
