"""Every request, socket and stream gets an id, is counted, and leaves its lines in the log."""

import logging
import re
import secrets
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from live import metrics
from routes.middleware import log_format

HEADER = "X-Request-ID"
GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}")
CONVERTOR = re.compile(r":\w+}")
METHODS = {"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"}
NOWHERE = "none"
"""The route of what was asked of no route that there is."""

SWITCHING_PROTOCOLS = 101
CLIENT_LEFT = 499
BROKEN = 500

logger = logging.getLogger("parley.access")


def header() -> dict[str, str]:
    """The id of the present request, for an answer that is made outside of `RequestLog`."""
    id = log_format.context.get().get("request")
    return {HEADER: id} if id else {}


class RequestLog:
    """The outermost middleware. A proxy's `X-Request-ID` is kept, any other request gets its own;
    a socket or an event stream, which lasts, calls it its connection's."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        exchange = scope["exchange"] = Exchange(scope)
        # The server's own lines of this task carry it as well.
        log_format.context.set(exchange.context)

        async def noted_receive() -> Message:
            message = await receive()
            exchange.note(message)
            return message

        async def noted_send(message: Message) -> None:
            exchange.note(message)
            await send(message)

        try:
            is_socket = scope["type"] == "websocket"
            await self.app(scope, noted_receive if is_socket else receive, noted_send)
        except BaseException:
            exchange.status = exchange.status or BROKEN
            raise
        finally:
            if not exchange.outlives:
                exchange.route = route_of(scope)
                exchange.end()
        return None


def outlive(scope: Scope) -> "Exchange":
    """The exchange of a socket that outlives its request: its connection ends it."""
    exchange: Exchange = scope["exchange"]
    exchange.route = route_of(scope)
    exchange.outlives = True
    return exchange


def route_of(scope: Scope) -> str:
    return CONVERTOR.sub("}", getattr(scope.get("route"), "path", NOWHERE))


class Exchange:
    """One request with its answer, or one socket. It keeps nothing of the scope alive."""

    __slots__ = (
        "began_at",
        "client",
        "code",
        "id",
        "lasts",
        "method",
        "outlives",
        "path",
        "route",
        "status",
    )

    def __init__(self, scope: Scope) -> None:
        client = scope.get("client")
        self.client: str | None = client[0] if client else None
        self.method: str = scope.get("method", scope["type"])
        self.path: str = scope["path"]
        self.route = NOWHERE
        self.outlives = False
        self.began_at = time.perf_counter()
        self.status = 0
        self.code: int | None = None
        given = Headers(scope=scope).get(HEADER, "")
        self.id = given if GIVEN.fullmatch(given) else secrets.token_hex(8)
        self.lasts = scope["type"] == "websocket" or scope["path"].startswith("/sse/")

    @property
    def context(self) -> dict[str, str]:
        return {"request": self.id} | ({"connection": self.id} if self.lasts else {})

    def note(self, message: Message) -> None:
        """Take down what an ASGI message, received or sent, says of it."""
        match message["type"]:
            case "http.response.start" | "websocket.http.response.start":
                self.begin(message, message["status"])
            case "websocket.accept":
                self.begin(message, SWITCHING_PROTOCOLS)
            case "websocket.close":
                self.status = self.status or 403
                self.code = self.code or message.get("code")
            case "websocket.disconnect":
                self.code = self.code or message.get("code")

    def begin(self, message: Message, status: int) -> None:
        self.status = status
        MutableHeaders(scope=message)[HEADER] = self.id
        if self.lasts and status < 300:
            logger.info("opened", extra={"fields": self.fields()})

    def end(self) -> None:
        seconds = time.perf_counter() - self.began_at
        self.status = self.status or CLIENT_LEFT
        method = "GET" if self.method == "websocket" else self.method
        known = method if method in METHODS else NOWHERE
        metrics.requests.labels(known, self.route, str(self.status)).inc()
        if not self.lasts and not self.route.startswith("/poll/"):
            metrics.request_seconds.labels(self.route).observe(seconds)
        took = {"ms": round(seconds * 1000, 1)} | ({} if self.code is None else {"code": self.code})
        logger.info("closed" if self.lasts else "answered", extra={"fields": self.fields() | took})

    def fields(self) -> dict[str, object]:
        """What may be said of it: the path, but never what stands behind a question mark."""
        return {
            **self.context,
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "client": self.client,
        }
