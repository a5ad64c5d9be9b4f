"""Security headers on every response, and protection against cross-site requests."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit, urlunsplit

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
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""For pages."""

PICTURE_HEADERS = HEADERS | {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'self'",
}
"""For SVG, which a browser can show by itself and run scripts in."""

HTTPS_ONLY = "max-age=31536000; includeSubDomains"

ANOTHER_SITE = "Another site sent this request. It was refused."
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
DEFAULT_PORTS = {"http": 80, "https": 443}


class SecurityHeaders:
    """Adds the headers above to every response, and HSTS over HTTPS (RFC 6797). Redirects are by
    path alone: `Host` is not to be trusted."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def secured(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                headers = MutableHeaders(scope=message)
                headers.update(headers_of(headers.get("content-type", "text/html")))
                if scope["scheme"] in ("https", "wss"):
                    headers["Strict-Transport-Security"] = HTTPS_ONLY
                if "location" in headers:
                    headers["Location"] = without_host(headers["Location"])
            await send(message)

        await self.app(scope, receive, secured)


def headers_of(content_type: str) -> dict[str, str]:
    if content_type.startswith("text/html"):
        return PAGE_HEADERS
    return PICTURE_HEADERS if content_type.startswith("image/svg+xml") else HEADERS


def without_host(location: str) -> str:
    parts = urlsplit(location)
    return urlunsplit(parts._replace(scheme="", netloc="", path="/" + parts.path.lstrip("/")))


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
        if changes_something(scope) and is_foreign(scope):
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


def is_foreign(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    site = headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return True
    origin = headers.get("origin")
    if origin is None or site == "same-origin":
        return False
    try:
        return not is_own(origin, scope.get("scheme", ""), headers)  # daphne names none
    except ValueError:
        return True


def is_own(origin: str, scheme: str, headers: Headers) -> bool:
    """Whether the origin has the scheme, host and port of the request (RFC 6454, 5), as far as
    these are known: http may be https to the browser, where no proxy says which it was."""
    forwarded = first(headers.get("x-forwarded-proto", ""))
    known = forwarded or (scheme if scheme in ("https", "wss") else "")
    their_scheme, their_host, their_port = split(origin)
    host, port = authority(headers)
    if their_scheme not in DEFAULT_PORTS or not host or their_host != host:
        return False
    if known and their_scheme != {"ws": "http", "wss": "https"}.get(known, known):
        return False
    if port is None and forwarded and "x-forwarded-host" not in headers:
        # The proxy may have dropped the port (nginx's $host). This protects no less: the other
        # ports of a host get its cookies anyway (RFC 6265, 8.5).
        return True
    usual = DEFAULT_PORTS[their_scheme]
    return (their_port or usual) == (port or usual)


def authority(headers: Headers) -> tuple[str | None, int | None]:
    """The host and the port that the browser asked. A proxy may name both in X-Forwarded-Host, and
    hand on the host alone."""
    host = headers.get("host", "")
    _, asked_host, asked_port = split("//" + host)
    _, named_host, named_port = split("//" + (first(headers.get("x-forwarded-host", "")) or host))
    return asked_host, named_port if named_host == asked_host else asked_port


def first(values: str) -> str:
    """What the proxy next to the browser has said."""
    return values.partition(",")[0].strip().lower()


def split(address: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port. Raises `ValueError` where there is anything more."""
    parts = urlsplit(address.lower())
    if parts.geturl() != address.lower() or parts.path or parts.query or "@" in parts.netloc:
        raise ValueError(address)
    return parts.scheme, parts.hostname, parts.port
