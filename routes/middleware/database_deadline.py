"""A deadline for the database, for each request."""

from collections.abc import Awaitable

from starlette.types import ASGIApp, Receive, Scope, Send

import settings
from db.engine.deadline import deadline

STREAMS = ("/sse/", "/poll/")


class DatabaseDeadline:
    """Gives each request `DATABASE_TIMEOUT` seconds for all of its statements together; after that
    they raise `Unavailable`. In sockets, streams and polls only each statement has a timeout."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] != "http" or scope["path"].startswith(STREAMS):
            return self.app(scope, receive, send)
        return self._bounded(scope, receive, send)

    async def _bounded(self, scope: Scope, receive: Receive, send: Send) -> None:
        with deadline(settings.DATABASE_TIMEOUT):
            await self.app(scope, receive, send)
