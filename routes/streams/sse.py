"""Server-Sent Events as a response: `sse-starlette`'s, with a third of its tasks."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import nullcontext
from typing import Any

from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from live import metrics

__all__ = ["EventStream", "LongLivedEndpoint", "ServerSentEvent"]

NO_LOCK: Any = nullcontext()
"""Only one task sends, so the package's lock is not needed."""


class LongLivedEndpoint:
    """A route's endpoint whose response lasts: as an ASGI app it keeps neither the request nor
    Starlette's two wrappers around an endpoint alive, 2 KB a stream."""

    def __init__(self, respond: Callable[[Request], Awaitable[Response]]) -> None:
        self._respond = respond

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._respond(Request(scope, receive))
        await response(scope, receive, send)


class EventStream(EventSourceResponse):
    """Events until they end, the client disconnects, or a send times out.

    The package runs a group of tasks for each stream: one pings, one waits for the server to shut
    down. These events have heartbeats of their own and end by themselves at shutdown, which leaves
    the request's task and one that waits for the client to disconnect.
    """

    def __init__(
        self, events: AsyncIterator[ServerSentEvent], send_timeout: float, headers: dict[str, str]
    ) -> None:
        super().__init__(events, ping=0, send_timeout=send_timeout, headers=headers)
        self._send_lock = NO_LOCK

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "HEAD":
            await super().__call__(scope, receive, send)
            return
        streaming = asyncio.current_task()
        assert streaming is not None

        def end(leaving: asyncio.Task[None]) -> None:
            streaming.cancel()

        leaving = asyncio.create_task(self._listen_for_disconnect(receive))
        leaving.add_done_callback(end)
        try:
            await self._stream_response(send)
        except TimeoutError:
            metrics.slow_consumers.inc()
        except asyncio.CancelledError:
            if not leaving.done() or streaming.uncancel():
                raise
        finally:
            leaving.remove_done_callback(end)
            leaving.cancel()
