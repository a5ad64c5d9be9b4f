"""The bodies of requests, which have a limit."""

from collections.abc import Awaitable

from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.types import Receive, Scope, Send

BODILESS = ("GET", "HEAD")


class Bounded(RequestBodyLimitMiddleware):
    """Starlette's limit, only for requests whose body somebody reads: each that it watches costs a
    kilobyte as long as it lasts."""

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:  # type: ignore[override]
        if scope.get("method") in BODILESS:
            return self.app(scope, receive, send)
        return super().__call__(scope, receive, send)
