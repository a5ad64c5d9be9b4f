"""Work that is done together with what comes while the work before it runs."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextvars import Context
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Batches(Generic[Item]):
    """Hands `work` all items that wait, at most `limit` at once, one batch after the other.

    A lone item waits for nobody; under load each batch holds what came during the one before it.
    `work` settles its items itself and raises nothing.
    """

    def __init__(self, work: Callable[[list[Item]], Awaitable[None]], limit: int) -> None:
        self._work = work
        self._limit = limit
        self._waiting: deque[Item] = deque()
        self._task: asyncio.Task[None] | None = None

    def add(self, item: Item) -> None:
        """Let an item be worked on. Its batch belongs to nobody's request: it is not cancelled
        with one, and carries none's context."""
        self._waiting.append(item)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run(), context=Context())

    async def finished(self) -> None:
        """Returns once nothing waits and nothing is worked on."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        while self._waiting:
            size = min(len(self._waiting), self._limit)
            await self._work([self._waiting.popleft() for _ in range(size)])
