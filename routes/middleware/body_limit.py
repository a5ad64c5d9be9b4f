"""A limit for request bodies."""

from collections.abc import Awaitable

from starlette.datastructures import Headers
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from routes import errors

BODILESS = ("GET", "HEAD")


class BodyLimit(RequestBodyLimitMiddleware):
    """Starlette's limit, but only for methods with a body: each request it watches costs a kilobyte
    while it lasts.

    A body whose Content-Length is too large is answered with a page (413) at once; Starlette would
    answer without one. One without a Content-Length is counted as it is read, and refused alike.
    """

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:  # type: ignore[override]
        if scope.get("method") in BODILESS:
            return self.app(scope, receive, send)
        if scope["type"] == "http" and announced(scope) > self.max_body_size:
            return refuse(scope, receive, send)
        return super().__call__(scope, receive, send)


async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
    response = await errors.refused_unread(Request(scope, receive), 413)
    await response(scope, receive, send)


def announced(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else 0
