"""What comes too often to be done each time is done at times, all of it together."""

import asyncio
from collections.abc import Callable, Hashable
from functools import partial
from typing import Generic, TypeVar

from actions.batching import settle

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


class Pacer(Generic[Item, Outcome]):
    """Passes items on: the first of a key at once, then at most `limit` together every `rest`
    seconds. It paces what goes through this process."""

    def __init__(
        self,
        key: Callable[[Item], Hashable],
        submit: Callable[[Item], "asyncio.Future[Outcome]"],
        rest: float,
        limit: int,
    ) -> None:
        self._key = key
        self._submit = submit
        self._rest = rest
        self._limit = limit
        self._waiting: dict[Hashable, list[tuple[Item, asyncio.Future[Outcome]]]] = {}
        """What has come since items of a key were passed on last, less than `rest` ago."""

    def submit(self, item: Item) -> "asyncio.Future[Outcome]":
        """Pass an item on, now or later; the future is its outcome, and may be ignored."""
        key = self._key(item)
        if key not in self._waiting:
            self._rest_of(key, [])
            return self._submit(item)
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting[key].append((item, outcome))
        return outcome

    def flush(self) -> None:
        """Pass on all that waits, for shutdown."""
        for key in list(self._waiting):
            pass_on(self._waiting.pop(key), self._submit)

    def _rest_of(
        self, key: Hashable, waiting: list[tuple[Item, "asyncio.Future[Outcome]"]]
    ) -> None:
        self._waiting[key] = waiting
        asyncio.get_running_loop().call_later(self._rest, self._end_rest, key)

    def _end_rest(self, key: Hashable) -> None:
        waiting = self._waiting.pop(key, [])
        if waiting:
            self._rest_of(key, waiting[self._limit :])
            pass_on(waiting[: self._limit], self._submit)


def pass_on(
    waiting: list[tuple[Item, "asyncio.Future[Outcome]"]],
    submit: Callable[[Item], "asyncio.Future[Outcome]"],
) -> None:
    for item, outcome in waiting:
        submit(item).add_done_callback(partial(copy_outcome, outcome))


def copy_outcome(outcome: "asyncio.Future[Outcome]", passed_on: "asyncio.Future[Outcome]") -> None:
    error = passed_on.exception()
    settle(outcome, error if isinstance(error, Exception) else passed_on.result())
