"""Browser engines, each spoken to in as few words: open a page, run a script, resize the window."""

from abc import ABC, abstractmethod
from typing import Any

from tests.waiting import eventually

WIDTH, HEIGHT = 1280, 800


class Engine(ABC):
    """One window of a browser."""

    @abstractmethod
    async def open(self, url: str, session: str, path: str) -> None:
        """A page of the site at `url`, in the session of this token."""

    @abstractmethod
    async def run(self, function: str, *arguments: object) -> Any:
        """What a function of JavaScript returns, or resolves to, as JSON has it."""

    @abstractmethod
    async def resize(self, width: int, height: int) -> None: ...

    async def becomes(self, function: str, *arguments: object) -> None:
        """Returns once a function of JavaScript returns something true."""

        async def is_so() -> bool:
            return bool(
                await self.run(f"async (...given) => !!await ({function})(...given)", *arguments)
            )

        await eventually(is_so)
