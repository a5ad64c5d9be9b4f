"""The responses to what does not exist, is not allowed, or fails."""

from contextlib import suppress
from typing import cast
from urllib.parse import parse_qsl, quote

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Scope
from starlette.websockets import WebSocket

import render
from db.engine import Unavailable
from routes import access, forms
from routes.inbox import Inbox, load_inbox_if_possible
from routes.middleware import request_log
from routes.middleware.security import PAGE_HEADERS, deny
from routes.rate_limit import RateLimited
from routes.streams.close_codes import CloseCode

KEPT_BYTES = 1024 * 1024
"""The largest form whose text is given back, though it is refused unread."""

SENTENCES = {
    400: ("This address is damaged", "Check it, or go back and try again."),
    401: (
        "Someone else is signed in",
        "This browser is now signed in as someone else. Reload the page to go on.",
    ),
    403: ("Not allowed", "You cannot do this here."),
    404: (
        "There is nothing at this address",
        "The conversation may be gone, or you may no longer be in it.",
    ),
    405: ("Not possible", "This address cannot be used this way."),
    413: ("Too large", "This is more than can be sent at once."),
    429: ("Too fast", "Wait a moment, then try again."),
    500: ("Something went wrong", "This is our mistake. Nothing that was sent is lost."),
    503: ("Parley cannot answer right now", "Try again in a few seconds."),
}


async def refused(connection: HTTPConnection, error: Exception) -> Response | None:
    """A page with the reason and the status of an `HTTPException`."""
    assert isinstance(error, HTTPException)
    sentence = error.detail if error.status_code == 400 else None
    return await answer(connection, error.status_code, sentence, error.headers)


async def too_many(connection: HTTPConnection, error: Exception) -> Response | None:
    """429, with the time to wait."""
    assert isinstance(error, RateLimited)
    headers = {"Retry-After": str(error.wait)}
    return await answer(connection, 429, error.errors["form"], headers)


async def unavailable(connection: HTTPConnection, error: Exception) -> Response | None:
    """503: nothing was acknowledged, and the same form may be submitted again."""
    assert isinstance(error, Unavailable)
    return await answer(connection, 503, headers={"Retry-After": "2"})


async def broken(request: Request, error: Exception) -> Response:
    """500, without internals. The error itself is in the log."""
    inbox = None
    with suppress(Exception):  # what is broken may be the inbox
        inbox = await load_inbox_if_possible(request)
    return page(request, 500, None, PAGE_HEADERS | request_log.header(), inbox)


async def refused_unread(request: Request, status: int, sentence: str | None = None) -> Response:
    """A page for a form that is refused before it is read. A signed-in user gets its text back.

    Of any other the body is read and dropped: a proxy that cannot go on sending it may take that
    for a failure, and lose the answer.
    """
    if 0 < announced(request.scope) <= KEPT_BYTES:
        with suppress(Unavailable):
            if await access.find_session(request):
                request.state.kept = await unread_text(request)
        async for _ in request.stream():
            pass
    response = await answer(request, status, sentence)
    assert response is not None
    return response


def announced(scope: Scope) -> int:
    """The length of a body as the request's head has it; 0 where it does not."""
    length = Headers(scope=scope).get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else 0


async def unread_text(request: Request) -> str:
    """The field `body` of a form; empty where there is none."""
    with suppress(ValueError):
        return dict(parse_qsl((await request.body()).decode(), max_num_fields=20)).get("body", "")
    return ""


async def signed_out(connection: HTTPConnection, error: Exception) -> Response | None:
    """Redirects a page to the sign-in; a fragment or stream gets 401, a socket its close code."""
    if connection.scope["type"] == "websocket":
        websocket = cast(WebSocket, connection)
        await websocket.accept()
        await websocket.close(CloseCode.SESSION_ENDED.value)
        return None
    request = cast(Request, connection)
    if forms.wants_fragment(request) or request.url.path.startswith(("/sse/", "/poll/")):
        return PlainTextResponse("Sign in first.\n", 401, {"Cache-Control": "no-store"})
    if isinstance(error, access.WrongUser):  # a sign-in would lead straight back here
        return page(request, 401, None, None, await load_inbox_if_possible(request))
    back = request.url.path + ("?" + request.url.query if request.url.query else "")
    if request.method not in ("GET", "HEAD"):
        back = "/"
    return forms.see_other(f"/login/?next={quote(back, safe='/')}")


async def gone(request: Request, error: Exception) -> None:
    """The client has disconnected; no response is needed."""


async def no_socket(websocket: WebSocket) -> None:
    """404 for a WebSocket at any other address."""
    access.not_found()


async def answer(
    connection: HTTPConnection, status: int, sentence: str | None = None, headers: object = None
) -> Response | None:
    inbox = await load_inbox_if_possible(connection)
    response = page(connection, status, sentence, headers, inbox)
    if connection.scope["type"] != "websocket":
        return response
    await deny(cast(WebSocket, connection), response)
    return None


def page(
    connection: HTTPConnection,
    status: int,
    sentence: str | None,
    headers: object,
    inbox: Inbox | None,
) -> Response:
    title, usual = SENTENCES.get(status, SENTENCES[400])
    template = "errors/page.html"
    if status in (403, 413) and connection.headers.get("hx-request") == "true":
        template = "errors/sentence.fragment.html"  # beside the form, whose body was not read
    response = render.page(
        connection,
        template,
        status,
        title=title,
        sentence=sentence or usual,
        kept=getattr(connection.state, "kept", ""),
        inbox=inbox,
    )
    response.headers.update(cast(dict[str, str], headers or {}))
    return response
