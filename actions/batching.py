"""Work that is done together with what comes while the work before it runs."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextvars import Context
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


@dataclass(frozen=True, slots=True)
class Raised:
    """Nothing has come of an item: this was raised."""

    error: Exception


Settle = Callable[[Outcome | Raised], object]
"""Is told what has come of an item."""

Waiting = tuple[Item, Settle[Outcome] | None]

logger = logging.getLogger("parley.batches")

_all: list["Batches[Any, Any]"] = []


class Batches(Generic[Item, Outcome]):
    """Hands `work` all items that wait, at most `limit` at once, one batch after the other.

    A lone item waits for nobody; under load each batch holds what came during the one before it.
    `work` returns the outcome of each item, in their order; what it raises is raised for each.
    """

    def __init__(
        self, work: Callable[[list[Item]], Awaitable[Sequence[Outcome]]], limit: int
    ) -> None:
        self._work = work
        self._limit = limit
        self._waiting: deque[Waiting[Item, Outcome]] = deque()
        self._task: asyncio.Task[None] | None = None
        _all.append(self)

    def add(self, item: Item) -> "asyncio.Future[Outcome]":
        """Let an item be worked on, in the order of the calls; returns what will come of it.

        Its batch belongs to nobody's request: it is not cancelled with one, and carries none's
        context.
        """
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.put(item, partial(settle, outcome))
        return outcome

    def put(self, item: Item, settle: Settle[Outcome]) -> None:
        """The same for whoever need not wait: `settle` is called as soon as something has come of
        it, without a future and a turn of the event loop of its own."""
        self._waiting.append((item, settle))
        self._begin()

    def add_all(self, items: Iterable[Item]) -> None:
        """The same, where nobody waits for what will come of it: an error is logged."""
        self._waiting.extend([(item, None) for item in items])
        self._begin()

    async def finished(self) -> None:
        """Returns once nothing waits and nothing is worked on."""
        while self._task is not None and not self._task.done():
            await asyncio.wait([self._task])

    def _begin(self) -> None:
        if self._waiting and (self._task is None or self._task.done()):
            loop = asyncio.get_running_loop()
            self._task = loop.create_task(self._run(), context=Context())

    async def _run(self) -> None:
        while batch := self._take():
            try:
                outcomes = await self._work([item for item, _ in batch])
            except Exception as error:  # noqa: BLE001  # whoever waits for it is told
                fail(batch, error)
            else:
                for (_, settle), outcome in zip(batch, outcomes, strict=True):
                    tell(settle, outcome)

    def _take(self) -> "list[Waiting[Item, Outcome]]":
        return [self._waiting.popleft() for _ in range(min(len(self._waiting), self._limit))]


def tell(settle: Settle[Any] | None, outcome: object) -> None:
    """Whoever cannot be told keeps it from nobody else."""
    if settle is None:
        return
    try:
        settle(outcome)
    except Exception:
        logger.exception("somebody could not be told what has come of it")


def settle(future: asyncio.Future[Any], outcome: object) -> None:
    """Tell whoever waits for it still."""
    if future.done():
        return
    if isinstance(outcome, Raised):
        future.set_exception(outcome.error)
        future.exception()  # not everybody waits to hear of it
    else:
        future.set_result(outcome)


def fail(batch: Sequence[Waiting[Any, Any]], error: Exception) -> None:
    """Raise an error for all who wait; where nobody does, it is logged."""
    for _, settle in batch:
        tell(settle, Raised(error))
    if any(settle is None for _, settle in batch):
        logger.error("what nobody waits for could not be done", exc_info=error)


async def finished() -> None:
    """Returns once everything that was added is done. For the end, before the database closes."""
    for batches in _all:
        await batches.finished()
