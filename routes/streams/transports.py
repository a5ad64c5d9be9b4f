"""The routes of the streams: one reader behind WebSocket, Server-Sent Events and long poll."""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from actions import presence, receipts
from db.conversations import Conversation
from live import metrics
from routes import access, forms
from routes.addresses import network
from routes.frames import receive
from routes.rate_limit import RateLimited
from routes.streams.catch_up import NOTHING
from routes.streams.close_codes import CloseCode, Ended
from routes.streams.limits import CLOSE_TIMEOUT, POLL_TIMEOUT, SEND_TIMEOUT
from routes.streams.reader import UNASKED, Reader
from routes.streams.send_queue import SendQueue
from routes.streams.sse import EventStream, ServerSentEvent

HAND_OVER = "parley.hand_over"
"""The extension of a server that carries an accepted socket itself (`websocket/`)."""

RETRY_MILLISECONDS = 1000
PRIVATE = {"Cache-Control": "no-store"}


async def socket(websocket: WebSocket) -> None:
    """A conversation or an inbox over a WebSocket. Ends with a close code of the contract."""
    reader = await open_reader(websocket)
    await websocket.accept()
    hand_over = (websocket.scope.get("extensions") or {}).get(HAND_OVER)
    if hand_over is not None and hand_over(reader, websocket.scope):
        return
    code = await converse(websocket, reader)
    if code is not CloseCode.LOST:
        with suppress(WebSocketDisconnect, TimeoutError):
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await websocket.close(code.value)


async def converse(websocket: WebSocket, reader: Reader) -> CloseCode:
    """Send and receive, a task each, until the end; returns the code to close with."""
    code = CloseCode.LOST
    try:
        with following(reader, "ws") as queue:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(send_frames(websocket, queue))
                tasks.create_task(receive_frames(websocket, reader))
    except* Ended as ended:
        code = next(error.code for error in ended.exceptions if isinstance(error, Ended))
    except* WebSocketDisconnect:
        pass
    return code


async def events(request: Request) -> Response:
    """The same frames as Server-Sent Events, numbered by revision; Last-Event-ID is the cursor."""
    reader = await open_reader(request)
    return EventStream(server_sent(reader), SEND_TIMEOUT, PRIVATE)


async def poll(request: Request) -> Response:
    """What the page is missing, or what comes within `wait` seconds; 204 if there is nothing."""
    reader = await open_reader(request, is_poll=True)
    wait = min(forms.number(request, "wait") or 0, POLL_TIMEOUT)
    with following(reader, "poll") as queue:
        try:
            text = await while_connected(request, first_text(queue, wait))
        except Ended as end:
            text = ended_poll(end.code)
    if not text:
        return Response(status_code=204, headers=PRIVATE)
    return HTMLResponse(text, headers=PRIVATE)


async def open_reader(connection: HTTPConnection, *, is_poll: bool = False) -> Reader:
    """The reader of the conversation in the path, or of the inbox if the path names none."""
    viewer = connection.query_params.get("viewer", "")
    session, conversation = await access.session_and_conversation(connection, viewer)
    presence.arrive(session.user)
    address = network(connection)
    digest = connection.query_params.get("inbox")
    if conversation is None:
        return Reader(session, digest=digest or "", is_poll=is_poll, address=address)
    held = cursor(connection, conversation)
    if connection.query_params.get("after"):
        receipts.deliver(session.user.id, {conversation.id: held})
    people = connection.query_params.get("people")
    reader = Reader(
        session, conversation, held, digest, is_poll=is_poll, address=address, people=people
    )
    reader.receipts = connection.query_params.get("receipts", UNASKED if is_poll else "")
    return reader


def cursor(connection: HTTPConnection, conversation: Conversation) -> int:
    """The revision the page holds: what it says, or the present one; `NOTHING` where what it says
    was counted by a database that has been replaced by a backup since."""
    epoch = connection.query_params.get("epoch")
    if epoch and epoch != conversation.epoch:
        return NOTHING
    last_event_id = connection.headers.get("last-event-id")
    held = forms.integer(last_event_id, "Last-Event-ID") if last_event_id else None
    held = forms.number(connection, "after") if held is None else held
    if held is None:
        return conversation.revision
    return held if held <= conversation.revision else NOTHING


@contextmanager
def following(reader: Reader, tier: str) -> Iterator[SendQueue]:
    """While the block runs, the reader's frames arrive in a queue."""
    queue = SendQueue(tier)
    reader.open(queue)
    try:
        yield queue
    finally:
        reader.close()


async def send_frames(websocket: WebSocket, queue: SendQueue) -> None:
    heartbeat = empty_frame(websocket)
    while True:
        text = await queue.next()
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                await websocket.send_text(text or heartbeat)
        except TimeoutError:
            metrics.slow_consumers.inc()
            raise Ended(CloseCode.SLOW_CONSUMER) from None


def empty_frame(websocket: WebSocket) -> str:
    """Daphne, which offers no extensions, swallows empty frames: there a heartbeat is a mark that
    changes nothing."""
    return "" if "extensions" in websocket.scope else "<hx-cursor></hx-cursor>"


async def receive_frames(websocket: WebSocket, reader: Reader) -> None:
    while True:
        received = await websocket.receive()
        if received["type"] == "websocket.disconnect":
            raise Ended(CloseCode.LOST)
        text = received.get("text")
        receive(received["bytes"] if text is None else text, reader)


async def server_sent(reader: Reader) -> AsyncIterator[ServerSentEvent]:
    """Frames as events. An event without data would be invisible, so the heartbeat has a name."""
    with following(reader, "sse") as queue:
        try:
            while True:
                text = await queue.next()
                id = str(reader.cursor) if reader.conversation and reader.cursor >= 0 else None
                if text:
                    yield ServerSentEvent(text, id=id)
                else:
                    yield ServerSentEvent("1", event="heartbeat", id=id)
        except Ended as end:
            yield ServerSentEvent(str(end.code.value), event="end", retry=RETRY_MILLISECONDS)


async def first_text(queue: SendQueue, wait: float) -> str:
    """What the first catch-up finds, or the first that comes within `wait` seconds."""
    until = time.monotonic() + wait
    text = await queue.next()
    while not text and (left := until - time.monotonic()) > 0:
        text = await queue.next(left)
    return text


def ended_poll(code: CloseCode) -> str:
    """A close code as a poll's answer: 401, 404, 429, or nothing, and the page polls again."""
    if code is CloseCode.SESSION_ENDED:
        raise access.SignedOut
    if code is CloseCode.REMOVED:
        access.not_found()
    if code is CloseCode.TOO_FAST:
        raise RateLimited(POLL_TIMEOUT, form="Too many pages are open.")
    return ""


async def while_connected(request: Request, work: Coroutine[Any, Any, str]) -> str:
    """What `work` returns; an empty text as soon as the client has disconnected."""
    working = asyncio.create_task(work)
    leaving = asyncio.create_task(disconnected(request))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else ""
    finally:
        working.cancel()
        leaving.cancel()
        await asyncio.wait((working, leaving))


async def disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
