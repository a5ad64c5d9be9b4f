"""Security headers on every response, and protection against cross-site requests."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""For every response."""

PAGE_HEADERS = HEADERS | {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; form-action 'self'; frame-src 'self'; "
    "frame-ancestors 'self'; base-uri 'none'",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""For documents: anything that a browser can show by itself and run scripts in."""

DOCUMENTS = ("text/html", "image/svg+xml")
HTTPS_ONLY = "max-age=31536000; includeSubDomains"

ANOTHER_SITE = "Another site sent this request. It was refused."
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class SecurityHeaders:
    """Adds the headers above to every response, and HSTS over HTTPS (RFC 6797)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def secured(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                headers = MutableHeaders(scope=message)
                is_document = headers.get("content-type", "text/html").startswith(DOCUMENTS)
                headers.update(PAGE_HEADERS if is_document else HEADERS)
                if scope["scheme"] in ("https", "wss"):
                    headers["Strict-Transport-Security"] = HTTPS_ONLY
            await send(message)

        await self.app(scope, receive, secured)


class SameOrigin:
    """Refuses unsafe requests and WebSockets from other sites' pages with 403, by `refuse`.

    Browsers name the site in `Sec-Fetch-Site` (Fetch Metadata) or `Origin` (RFC 6454), and pages
    cannot forge either. A client that sends neither is no browser, so there is nothing to protect.
    """

    def __init__(
        self, app: ASGIApp, refuse: Callable[[Request, int, str], Awaitable[Response]]
    ) -> None:
        self.app = app
        self.refuse = refuse

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if changes_something(scope) and is_foreign(Headers(scope=scope)):
            return self._refuse(scope, receive, send)
        return self.app(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            denial = PlainTextResponse(f"{ANOTHER_SITE}\n", 403)
            await deny(WebSocket(scope, receive, send), denial)
        else:
            response = await self.refuse(Request(scope, receive), 403, ANOTHER_SITE)
            await response(scope, receive, send)


async def deny(websocket: WebSocket, response: Response) -> None:
    """Answer a handshake with a response, or with a bare 403 if the server supports no other."""
    if "websocket.http.response" in websocket.scope.get("extensions", {}):
        await websocket.send_denial_response(response)
    else:
        await websocket.close()


def changes_something(scope: Scope) -> bool:
    return scope["type"] == "websocket" or (
        scope["type"] == "http" and scope["method"] not in SAFE_METHODS
    )


def is_foreign(headers: Headers) -> bool:
    site = headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return True
    origin = headers.get("origin")
    if origin is None or site == "same-origin":
        return False
    # Only hosts are compared: behind a proxy that terminates TLS the scheme is not the browser's.
    try:
        return urlsplit(origin).netloc.lower() != headers.get("host", "").lower()
    except ValueError:
        return True
