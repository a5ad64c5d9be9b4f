"""The transports: WebSocket, Server-Sent Events, long poll. One stream, three framings."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import aclosing, contextmanager, suppress
from typing import Any

from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from actions import messages, participants, presence, typing
from actions.invalid import Invalid
from actions.text import whole
from db.conversations import Conversation
from db.engine import Unavailable
from db.users import User
from live import hub, metrics, publication
from live.hub import SlowConsumer, Subscription
from live.presence import connected
from live.publication import Publication
from routes import access, form
from routes.events import EventStream, ServerSentEvent
from routes.messages import refusal_fragment
from routes.stream import NO_LONGER_A_PARTICIPANT, SESSION_ENDED, Ended, Stream

TOO_SLOW = 1013
TOO_LARGE = 1009
BAD_FRAME = 4400
TOO_FAST = 4429

FRAME_BYTES = 64 * 1024
FRAMES_A_SECOND = 20
FRAMES_AT_ONCE = 60

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
    if code is not None:
        with suppress(WebSocketDisconnect, TimeoutError):
            async with asyncio.timeout(FAREWELL):
                await websocket.close(code)


async def events(request: Request) -> Response:
    """The same frames as Server-Sent Events, numbered by revision; Last-Event-ID is the cursor."""
    stream = await open_stream(request)
    return EventStream(server_sent(stream), SEND_TIMEOUT, PRIVATE)


async def poll(request: Request) -> Response:
    """What was missed, or else what comes within `wait` seconds; 204 where that is nothing."""
    stream = await open_stream(request)
    wait = min(form.number(request, "wait") or 0, POLL_AT_MOST)
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


async def open_stream(connection: HTTPConnection) -> Stream:
    """The stream of the conversation in the path, or of the inbox where the path names none."""
    session = await access.current_session(connection)
    digest = connection.query_params.get("inbox")
    if "conversation_id" not in connection.path_params:
        return Stream(session, digest=digest or "")
    conversation = await access.current_conversation(connection)
    presence.arrive(session.user)
    return Stream(session, conversation, cursor(connection, conversation), digest)


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
    held = form.whole(last_event_id, "Last-Event-ID") if last_event_id else None
    held = form.number(connection, "after") if held is None else held
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
    allowance = Allowance()
    while True:
        received = await websocket.receive()
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(received["code"], received.get("reason"))
        text = received.get("text")
        if not allowance.take():
            raise Ended(TOO_FAST)
        if text is None:
            raise Ended(BAD_FRAME)
        if len(text) > FRAME_BYTES or len(text.encode("utf-8", "replace")) > FRAME_BYTES:
            raise Ended(TOO_LARGE)
        with suppress(Unavailable):  # not acknowledged: the page tries again, by POST at last
            await receive(parsed(text), stream, subscription)


async def receive(fields: dict[str, object], stream: Stream, subscription: Subscription) -> None:
    """Do what a frame says. The frames of one socket are done in their order."""
    user, conversation = stream.session.user, stream.conversation
    match fields:
        case _ if conversation is None:
            raise Ended(BAD_FRAME)
        case {"type": "message", "client_id": str(client_id), "body": str(body)}:
            await send(user, conversation, whole(client_id), whole(body), stream, subscription)
        case {"type": "typing"}:
            await typing.publish(user, conversation.id)
        case {"type": "read", "position": int(position)} if is_position(position):
            await participants.read(user, conversation.id, position)
        case _:
            raise Ended(BAD_FRAME)


async def send(
    user: User,
    conversation: Conversation,
    client_id: str,
    body: str,
    stream: Stream,
    subscription: Subscription,
) -> None:
    """Store a message. What is pushed to everybody acknowledges it here, too; what is not pushed
    any more (a repeat) or not to others (a refusal) goes to this socket alone."""
    topic = publication.conversation(conversation.id)
    try:
        message = await messages.send(user, conversation.id, client_id, body)
    except Invalid as refusal:
        text = refusal_fragment(conversation, client_id, body, refusal)
        subscription.put(Publication(topic, text))
    else:
        if message.revision <= stream.cursor:
            subscription.put(Publication(topic, messages.change(message).text))


def is_position(value: int) -> bool:
    return type(value) is int and 0 <= value <= form.LARGEST_NUMBER


def parsed(text: str) -> dict[str, object]:
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        raise Ended(BAD_FRAME) from None
    if not isinstance(fields, dict):
        raise Ended(BAD_FRAME)
    return fields


class Allowance:
    """`FRAMES_A_SECOND`, saved up to `FRAMES_AT_ONCE` (a token bucket)."""

    def __init__(self) -> None:
        self._left = float(FRAMES_AT_ONCE)
        self._counted_at = time.monotonic()

    def take(self) -> bool:
        moment = time.monotonic()
        earned = (moment - self._counted_at) * FRAMES_A_SECOND
        self._left = min(FRAMES_AT_ONCE, self._left + earned)
        self._counted_at = moment
        if self._left < 1:
            return False
        self._left -= 1
        return True


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
    """What was missed, or the first that comes within `wait` seconds; else an empty text."""
    until = time.monotonic() + wait
    await stream.check_rights()
    text = await stream.missed()
    while not text and (left := until - time.monotonic()) > 0:
        batch = await subscription.next(left)
        await stream.check_rights()
        text = stream.ephemeral(batch) + await stream.missed()
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
