"""How much may come in with a request."""

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from routes import errors


class Bounded:
    """Answers a request that announces too large a body with a page that says so (413).

    Starlette's own limit, which stands behind it, would say so without a page. What is not
    announced is counted there, and becomes a page like any other refusal.
    """

    def __init__(self, app: ASGIApp, max_body_size: int) -> None:
        self.app = app
        self.max_body_size = max_body_size

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or announced(scope) <= self.max_body_size:
            return await self.app(scope, receive, send)
        response = await errors.too_large(Request(scope, receive))
        return await response(scope, receive, send)


def announced(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else 0
