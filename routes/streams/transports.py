"""The transports: WebSocket, Server-Sent Events, long poll. One stream, three framings."""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import aclosing, contextmanager, suppress
from typing import Any

from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, Response
from starlette.websockets import WebSocket, WebSocketDisconnect

import settings
from actions import presence
from db.conversations import Conversation
from live import hub, metrics
from live.presence import connected
from live.publication import Publication, inbox
from live.subscription import SlowConsumer, Subscription
from routes import access, forms
from routes.middleware import request_log
from routes.rate_limit import TokenBucket
from routes.streams.frames import receive
from routes.streams.sse import EventStream, ServerSentEvent
from routes.streams.stream import NO_LONGER_A_PARTICIPANT, SESSION_ENDED, Ended, Stream
from routes.streams.websocket.subscriber import TOO_SLOW, Reader
from routes.streams.websocket.uvicorn_protocols import hand_over

POLL_AT_MOST = 25
SEND_TIMEOUT = 20
"""Seconds after which a reader that takes nothing any more is given up."""

FAREWELL = 2
RETRY_MILLISECONDS = 1000
PRIVATE = {"Cache-Control": "no-store"}


async def socket(websocket: WebSocket) -> None:
    """A conversation or an inbox over a WebSocket. Ends with a close code of the contract."""
    stream = await open_stream(websocket)
    await websocket.accept()
    give = hand_over(websocket.scope)
    if give is not None:
        return give(Reader(stream, request_log.outlive(websocket.scope)))
    code = await converse(websocket, stream)
    if code is not None:
        with suppress(WebSocketDisconnect, TimeoutError):
            async with asyncio.timeout(FAREWELL):
                await websocket.close(code)
    return None


async def converse(websocket: WebSocket, stream: Stream) -> int | None:
    """What a `Reader` does, on a server that keeps its connections to itself. Returns the code to
    close with."""
    code: int | None = None
    try:
        with follow(stream, "ws") as subscription:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(send_frames(websocket, stream, subscription))
                tasks.create_task(receive_frames(websocket, stream, subscription))
    except* Ended as ended:
        code = next(error.code for error in ended.exceptions if isinstance(error, Ended))
    except* SlowConsumer:
        code = TOO_SLOW
    except* WebSocketDisconnect:
        code = None
    return code


async def events(request: Request) -> Response:
    """The same frames as Server-Sent Events, numbered by revision; Last-Event-ID is the cursor."""
    stream = await open_stream(request)
    return EventStream(server_sent(stream), SEND_TIMEOUT, PRIVATE)


async def poll(request: Request) -> Response:
    """What was missed, or else what comes within `wait` seconds; 204 where that is nothing."""
    stream = await open_stream(request, follows_presence=False)
    wait = min(forms.number(request, "wait") or 0, POLL_AT_MOST)
    with follow(stream, "poll") as subscription:
        try:
            text = await while_connected(request, news(stream, subscription, wait))
        except SlowConsumer:
            text = ""  # the next poll reads what it was
        except Ended as end:
            text = ended_poll(end.code)
    if not text:
        return Response(status_code=204, headers=PRIVATE)
    return HTMLResponse(text, headers=PRIVATE)


async def open_stream(connection: HTTPConnection, *, follows_presence: bool = True) -> Stream:
    """The stream of the conversation in the path, or of the inbox where the path names none.

    A poll tells of no presence: it would have to know what the one before has told."""
    viewer = connection.query_params.get("viewer", "")
    session, conversation = await access.session_and_conversation(connection, viewer)
    presence.arrive(session.user)
    digest = connection.query_params.get("inbox")
    if conversation is None:
        return Stream(session, digest=digest or "")
    held = cursor(connection, conversation)
    return Stream(session, conversation, held, digest, follows_presence)


@contextmanager
def follow(stream: Stream, tier: str) -> Iterator[Subscription]:
    """What is published for a reader, who is here meanwhile."""
    with (
        hub.subscribe(*stream.topics) as subscription,
        connected(stream.session.user.id, shows_inbox=stream.digest is not None),
        metrics.connections.labels(tier).track_inprogress(),
    ):
        yield subscription


def cursor(connection: HTTPConnection, conversation: Conversation) -> int:
    """The revision that the reader holds: what they say, or the present one."""
    last_event_id = connection.headers.get("last-event-id")
    held = forms.integer(last_event_id, "Last-Event-ID") if last_event_id else None
    held = forms.number(connection, "after") if held is None else held
    return conversation.revision if held is None else min(held, conversation.revision)


async def send_frames(websocket: WebSocket, stream: Stream, subscription: Subscription) -> None:
    nothing = empty_frame(websocket)
    async with aclosing(stream.frames(subscription)) as frames:
        async for frame in frames:
            try:
                async with asyncio.timeout(SEND_TIMEOUT):
                    await websocket.send_text(frame or nothing)
            except TimeoutError:
                metrics.slow_consumers.inc()
                raise SlowConsumer from None


def empty_frame(websocket: WebSocket) -> str:
    """The heartbeat. Daphne, which names no extensions, swallows frames without a text: there it
    is a mark that changes nothing."""
    return "" if "extensions" in websocket.scope else "<hx-cursor></hx-cursor>"


async def receive_frames(websocket: WebSocket, stream: Stream, subscription: Subscription) -> None:
    allowance = TokenBucket()

    def say(text: str) -> None:
        subscription.add(Publication(inbox(stream.session.user.id), text))

    while True:
        received = await websocket.receive()
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(received["code"], received.get("reason"))
        text = received.get("text")
        receive(received["bytes"] if text is None else text, stream, allowance, say)


async def server_sent(stream: Stream) -> AsyncIterator[ServerSentEvent]:
    """Frames as events. An event without data would be invisible, so the heartbeat has a name."""
    with follow(stream, "sse") as subscription:
        async with aclosing(stream.frames(subscription)) as frames:
            try:
                async for frame in frames:
                    id = str(stream.cursor) if stream.conversation else None
                    if frame:
                        yield ServerSentEvent(frame, id=id)
                    else:
                        yield ServerSentEvent("1", event="heartbeat", id=id)
            except (Ended, SlowConsumer) as end:
                code = end.code if isinstance(end, Ended) else TOO_SLOW
                yield ServerSentEvent(str(code), event="end", retry=RETRY_MILLISECONDS)


async def news(stream: Stream, subscription: Subscription, wait: int) -> str:
    """What was missed, or the first that comes within `wait` seconds; else an empty text. What
    nobody tells of is looked for as often as streams do."""
    until = time.monotonic() + wait
    text = await stream.look()
    while not text and (left := until - time.monotonic()) > 0:
        batch = await subscription.next(min(left, settings.HEARTBEAT))
        text = stream.ephemeral(batch) + await stream.look()
    return text


def ended_poll(code: int) -> str:
    """What a poll says instead of a close code: 401, 404, or nothing, where it may come again."""
    if code == SESSION_ENDED:
        raise access.SignedOut
    if code == NO_LONGER_A_PARTICIPANT:
        access.not_found()
    return ""


async def while_connected(request: Request, work: Coroutine[Any, Any, str]) -> str:
    """What `work` returns; an empty text as soon as nobody waits for it any more."""
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
