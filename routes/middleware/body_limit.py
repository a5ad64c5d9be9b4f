"""Limits for request bodies, by route."""

import re
from collections.abc import Awaitable, Mapping

from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from routes import errors

BODILESS = ("GET", "HEAD")


class BodyLimit:
    """`usual` bytes at most, or what `larger` says for the paths that match one of its patterns.
    A method without a body is not watched: that costs a kilobyte while the request lasts."""

    def __init__(self, app: ASGIApp, usual: int, larger: Mapping[str, int]) -> None:
        self.app = app
        self.usual = Limit(app, usual)
        self.larger = [(re.compile(path), Limit(app, size)) for path, size in larger.items()]

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] != "http" or scope["method"] in BODILESS:
            return self.app(scope, receive, send)
        return self.limit(scope["path"])(scope, receive, send)

    def limit(self, path: str) -> "Limit":
        return next((limit for paths, limit in self.larger if paths.fullmatch(path)), self.usual)


class Limit(RequestBodyLimitMiddleware):
    """Starlette's limit. A body whose Content-Length is too large is answered with a page (413) at
    once; Starlette would answer without one. One without a Content-Length is counted as it is read,
    and refused alike.
    """

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:  # type: ignore[override]
        if errors.announced(scope) > self.max_body_size:
            return refuse(scope, receive, send)
        return super().__call__(scope, receive, send)


async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
    response = await errors.refused_unread(Request(scope, receive), 413)
    await response(scope, receive, send)
