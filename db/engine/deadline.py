"""How long a request may wait for the database, over all its statements."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass
class Deadline:
    remaining: float


_deadline: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Bound the time that the block spends waiting for the database; no other time counts.

    Tasks that the block starts share its deadline while it runs, and have none afterwards.
    """
    limit = Deadline(seconds)
    token = _deadline.set(limit)
    try:
        yield
    finally:
        _deadline.reset(token)
        limit.remaining = math.inf


@asynccontextmanager
async def enforced() -> AsyncIterator[None]:
    """The block waits for the database: it raises `TimeoutError` at the deadline."""
    limit = _deadline.get()
    if limit is None:
        yield
        return
    started_at = time.monotonic()
    try:
        async with asyncio.timeout(limit.remaining):
            yield
    finally:
        limit.remaining -= time.monotonic() - started_at


def remaining() -> float:
    """Seconds until the deadline; infinity where there is none."""
    limit = _deadline.get()
    return math.inf if limit is None else limit.remaining
