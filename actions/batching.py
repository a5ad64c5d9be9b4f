"""Group commit: whatever is submitted while a batch runs becomes the next batch."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from contextvars import Context
from typing import Any, Generic, TypeVar

from actions.errors import Invalid
from db.engine import Unavailable

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

EXPECTED = (Invalid, Unavailable)

logger = logging.getLogger("parley.batching")

_batchers: list["Batcher[Any, Any]"] = []


class Batcher(Generic[Item, Outcome]):
    """Runs `work` on all items that wait, at most `limit` at once, one batch after the other.

    A lone item starts at once. A batch does not end between items that follow each other and are of
    one `group`: it may be larger then. `work` returns the outcome of each item, in their order: one
    that is an exception is raised to that item's caller, what `work` itself raises to all of them.
    """

    def __init__(
        self,
        work: Callable[[list[Item]], Awaitable[Sequence[Outcome | Exception]]],
        limit: int,
        group: Callable[[Item], Hashable] = id,
    ) -> None:
        self._work = work
        self._limit = limit
        self._group = group
        self._waiting: deque[tuple[Item, asyncio.Future[Outcome]]] = deque()
        self._task: asyncio.Task[None] | None = None
        _batchers.append(self)

    def submit(self, item: Item) -> "asyncio.Future[Outcome]":
        """Queue an item, in the order of the calls; the future is its outcome, and may be ignored.

        A batch belongs to no request: it is not cancelled with one, and inherits no context.
        """
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[Outcome] = loop.create_future()
        self._waiting.append((item, outcome))
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._run(), context=Context())
        return outcome

    async def finished(self) -> None:
        """Returns once nothing waits and nothing runs."""
        while self._task is not None and not self._task.done():
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        while self._waiting:
            batch = self._next_batch()
            try:
                outcomes = await self._work([item for item, _ in batch])
            except Exception as error:
                if not isinstance(error, EXPECTED):
                    logger.exception("a batch failed")
                outcomes = [error] * len(batch)
            for (_, future), outcome in zip(batch, outcomes, strict=True):
                settle(future, outcome)

    def _next_batch(self) -> list[tuple[Item, asyncio.Future[Outcome]]]:
        waiting, group = self._waiting, self._group
        batch = [waiting.popleft() for _ in range(min(len(waiting), self._limit))]
        while waiting and group(waiting[0][0]) == group(batch[-1][0]):
            batch.append(waiting.popleft())
        return batch


def settle(future: asyncio.Future[Outcome], outcome: Outcome | Exception) -> None:
    if future.done():  # its caller was cancelled
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
        future.exception()  # marks it as retrieved: callers may ignore the outcome
    else:
        future.set_result(outcome)


async def finished() -> None:
    """Returns once all that was submitted is done. For shutdown, before the database closes."""
    for batcher in _batchers:
        await batcher.finished()
