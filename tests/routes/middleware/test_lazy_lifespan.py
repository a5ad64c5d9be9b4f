"""Opening what requests stand on, where the server does not ask for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from routes.middleware.lazy_lifespan import LazyLifespan


class Served:
    """An application under the middleware, and what became of its lifespan."""

    def __init__(self) -> None:
        self.entered = 0
        self.served = 0
        self.app = LazyLifespan(self.answer, lifespan=self.lifespan)

    @asynccontextmanager
    async def lifespan(self, _: Any) -> AsyncIterator[None]:
        await asyncio.sleep(0)
        self.entered += 1
        yield

    async def answer(self, *_: object) -> None:
        self.served += 1

    async def ask(self, kind: str) -> None:
        async def receive() -> dict[str, Any]:
            return {}

        async def send(message: object) -> None:
            raise AssertionError(message)

        await self.app({"type": kind, "app": None}, receive, send)


async def test_the_first_of_several_requests_opens_once() -> None:
    served = Served()
    await asyncio.gather(*(served.ask(kind) for kind in ("http", "websocket", "http")))
    await served.ask("http")
    assert (served.entered, served.served) == (1, 4)


async def test_a_server_with_a_lifespan_opens_itself() -> None:
    served = Served()
    await served.ask("lifespan")
    await served.ask("http")
    assert (served.entered, served.served) == (0, 2)
