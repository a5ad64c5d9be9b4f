"""How long a request waits for the database before it says that there is none now."""

from starlette.types import ASGIApp, Receive, Scope, Send

import settings
from db import budget

STREAMS = ("/sse/", "/poll/")


class Patient:
    """Gives each request `DATABASE_TIMEOUT` seconds for all of its statements together: after that
    they raise `Unavailable`. What lasts (sockets, streams, polls) is bounded statement by statement
    only."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(STREAMS):
            return await self.app(scope, receive, send)
        with budget.given(settings.DATABASE_TIMEOUT):
            return await self.app(scope, receive, send)
