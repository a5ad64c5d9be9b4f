"""The lifespan, on servers that do not run it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send


class LazyLifespan:
    """Enters the lifespan at the first request on servers without lifespan support (daphne).

    It is never exited: the end of the process closes everything as well.
    """

    def __init__(
        self, app: ASGIApp, lifespan: Callable[[Any], AbstractAsyncContextManager[None]]
    ) -> None:
        self.app = app
        self._lifespan = lifespan
        self._opening = asyncio.Lock()
        self._open: object = None

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "lifespan":
            self._open = scope
        if self._open is None:
            return self._opened(scope, receive, send)
        return self.app(scope, receive, send)

    async def _opened(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._opening:
            if self._open is None:
                lifespan = self._lifespan(scope["app"])
                await lifespan.__aenter__()
                self._open = lifespan
        await self.app(scope, receive, send)
