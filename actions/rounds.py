"""Batches in which what belongs together goes round by round."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence

from actions.batching import Batches, Item, Outcome, Waiting


class Rounds(Batches[Item, Outcome]):
    """Items with the same key wait until the ones before them are released, which are all that
    waited when they were taken. For no longer than `patience` seconds, and for no other key.

    So those who answer the same thing, each at once, answer in one round.
    """

    def __init__(
        self,
        work: Callable[[list[Item]], Awaitable[Sequence[Outcome]]],
        limit: int,
        key: Callable[[Item], Hashable],
        patience: float,
    ) -> None:
        super().__init__(work, limit)
        self._key = key
        self._patience = patience
        self._held: dict[Hashable, list[Waiting[Item, Outcome]]] = {}
        """Those that wait for a release, by the keys that are under way."""

    def release(self, keys: Iterable[Hashable]) -> None:
        """Let the next round of these keys begin."""
        for key in keys:
            if held := self._held.pop(key, None):
                self._waiting.extendleft(reversed(held))
        self._begin()

    async def finished(self) -> None:
        """The same for what is held: at the end nobody has to be told first."""
        await super().finished()
        while any(self._held.values()):
            self.release(list(self._held))
            await super().finished()

    def _take(self) -> list[Waiting[Item, Outcome]]:
        batch: list[Waiting[Item, Outcome]] = []
        begun: dict[Hashable, list[Waiting[Item, Outcome]]] = {}
        while self._waiting and len(batch) < self._limit:
            one = self._waiting.popleft()
            key = self._key(one[0])
            if key in self._held and key not in begun:
                self._held[key].append(one)
            else:
                begun[key] = self._held.setdefault(key, [])
                batch.append(one)
        if begun:
            asyncio.get_running_loop().call_later(self._patience, self._give_up, begun)
        return batch

    def _give_up(self, begun: dict[Hashable, list[Waiting[Item, Outcome]]]) -> None:
        """Release what has not been released since it began."""
        self.release([key for key, held in begun.items() if self._held.get(key) is held])
