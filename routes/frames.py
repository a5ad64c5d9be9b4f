"""The frames that a page sends over a WebSocket: messages, changes of them, drafts, typing, and
what it holds and has read."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import Context
from functools import partial
from typing import TypeVar

import orjson

import render
from actions import (
    changes,
    drafts,
    edits,
    messages,
    participants,
    reactions,
    receipts,
    scheduled,
    typing_notifications,
    unsends,
)
from actions.errors import Invalid
from actions.text import whole
from db.conversations import Conversation
from db.drafts import Draft
from db.engine import Unavailable
from db.log.commit import Stored
from db.users import User
from routes import forms, rate_limit
from routes.drafts import mark
from routes.messages import composer
from routes.receipts import numbers
from routes.scheduled import acknowledgement
from routes.streams.close_codes import CloseCode, Ended
from routes.streams.limits import FRAME_BYTES
from routes.streams.reader import Reader

Outcome = TypeVar("Outcome")


def receive(frame: str | bytes, reader: Reader) -> None:
    """Start what a frame asks for. The frames of one socket take effect in their order; what
    concerns this socket alone is sent to its reader. Raises `Ended`."""
    if isinstance(frame, bytes):
        raise Ended(CloseCode.BAD_FRAME)
    if 4 * len(frame) > FRAME_BYTES and len(frame.encode("utf-8", "replace")) > FRAME_BYTES:
        raise Ended(CloseCode.TOO_LARGE)
    fields = parsed(frame)
    charge(reader.session.user, fields)
    if fields.get("type") == "delivered":
        receipts.deliver(reader.session.user.id, positions(fields))
    elif reader.conversation is None:
        raise Ended(CloseCode.BAD_FRAME)
    else:
        act(reader, reader.conversation, fields)


def act(reader: Reader, conversation: Conversation, fields: dict[str, object]) -> None:
    """What concerns the conversation of the socket."""
    user = reader.session.user
    match fields.get("type"):
        case "message":
            send(reader, conversation, fields)
        case "draft":
            save(reader, conversation, fields)
        case "edit" | "unsend" | "react":
            change(reader, conversation, fields)
        case "typing":
            typing_notifications.publish(user, conversation.id)
        case "read":
            participants.reads.submit((conversation.id, user.id, number(fields, "position")))
        case _:
            raise Ended(CloseCode.BAD_FRAME)


def charge(user: User, fields: dict[str, object]) -> None:
    allowance = rate_limit.drafts if fields.get("type") == "draft" else rate_limit.frames_and_posts
    if not allowance.take(user):
        raise Ended(CloseCode.TOO_FAST)


def parsed(frame: str) -> dict[str, object]:
    try:
        fields = orjson.loads(frame)
    except ValueError:
        fields = None
        # orjson rejects lone surrogates, which a page may send: they are replaced, as in forms.
        with suppress(ValueError, RecursionError):
            fields = json.loads(frame)
    if not isinstance(fields, dict):
        raise Ended(CloseCode.BAD_FRAME)
    return fields


def text(fields: dict[str, object], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise Ended(CloseCode.BAD_FRAME)
    return whole(value)


def number(fields: dict[str, object], name: str) -> int:
    value = fields.get(name)
    if type(value) is int and 0 <= value <= forms.LARGEST_NUMBER:
        return value
    raise Ended(CloseCode.BAD_FRAME)


def flag(fields: dict[str, object], name: str) -> bool:
    value = fields.get(name)
    if isinstance(value, bool):
        return value
    raise Ended(CloseCode.BAD_FRAME)


def positions(fields: dict[str, object]) -> dict[int, int]:
    held = numbers(fields.get("positions"))
    if held is None:
        raise Ended(CloseCode.BAD_FRAME)
    return held


def optional_number(fields: dict[str, object], name: str) -> int | None:
    return None if fields.get(name) is None else number(fields, name)


def send(reader: Reader, conversation: Conversation, fields: dict[str, object]) -> None:
    """Send a message. What is published acknowledges it to every reader; a repeat, which this
    socket may have had already, and a refusal go to this socket alone. Without a database it gets
    no answer, and the page tries again, by POST at last."""
    if "send_at" in fields:
        schedule(reader, conversation, fields)
        return
    client_id, body = text(fields, "client_id"), text(fields, "body")
    reply_to = optional_number(fields, "reply_to")

    def refuse(refusal: Invalid) -> None:
        reader.send(composer(conversation.id, client_id, body, refusal.errors["body"]))

    try:
        sending = messages.submit(reader.session.user, conversation.id, client_id, body, reply_to)
    except Invalid as refusal:
        refuse(refusal)
    else:
        answer(reader, sending, refuse)


def change(reader: Reader, conversation: Conversation, fields: dict[str, object]) -> None:
    """Edit or unsend a message, or react to it, acknowledged like one that is sent."""
    user, place = reader.session.user, (conversation.id, number(fields, "position"))
    try:
        if fields["type"] == "edit":
            body, revision = text(fields, "body"), number(fields, "revision")
            changing = edits.submit(user, *place, body, revision)
        elif fields["type"] == "react":
            emoji, on = text(fields, "emoji"), flag(fields, "on")
            changing = reactions.submit(user, *place, emoji, on=on)
        else:
            changing = unsends.submit(user, *place)
    except Invalid as refusal:
        say(reader, refusal)
    else:
        answer(reader, changing, partial(say, reader))


def save(reader: Reader, conversation: Conversation, fields: dict[str, object]) -> None:
    """Save a draft; what came of it is told to this socket, and by the inbox to all others."""
    saving = drafts.save(
        reader.session.user,
        conversation.id,
        text(fields, "body"),
        text(fields, "client_id") if "client_id" in fields else "",
        optional_number(fields, "saved_at"),
        optional_number(fields, "reply_to"),
    )

    def tell(held: list[Draft]) -> None:
        reader.send(mark(conversation.id, held))

    start(reader, saving, tell)


def schedule(reader: Reader, conversation: Conversation, fields: dict[str, object]) -> None:
    """Schedule a message; this socket is told that it is, or why not."""
    scheduling = scheduled.schedule(
        reader.session.user,
        conversation.id,
        text(fields, "client_id"),
        text(fields, "body"),
        text(fields, "send_at"),
        text(fields, "time_zone") if "time_zone" in fields else "",
        optional_number(fields, "reply_to"),
    )
    start(reader, scheduling, lambda message: reader.send(acknowledgement(message)))


def start(
    reader: Reader, work: Coroutine[object, object, Outcome], tell: Callable[[Outcome], None]
) -> None:
    """Do what takes several steps, and tell what came of it. Without a database there is no
    answer, and the page tries again."""

    async def run() -> None:
        try:
            tell(await work)
        except Invalid as refusal:
            say(reader, refusal)
        except Unavailable:
            pass

    task = asyncio.get_running_loop().create_task(run(), context=Context())
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


_tasks: set[asyncio.Task[None]] = set()


def say(reader: Reader, refusal: Invalid) -> None:
    [sentence, *_] = refusal.errors.values()
    reader.send(render.fragment("errors/sentence.fragment.html", sentence=sentence))


def answer(
    reader: Reader, change: asyncio.Future[Stored], refuse: Callable[[Invalid], None]
) -> None:
    """Tell this socket what came of a change, unless what is published tells it."""

    def tell(outcome: asyncio.Future[Stored]) -> None:
        error = outcome.exception()
        if isinstance(error, Invalid):
            refuse(error)
        elif error is None and is_held_repeat(outcome.result(), reader):
            reader.send(changes.changed(outcome.result().message).text)

    change.add_done_callback(tell)


def is_held_repeat(stored: Stored, reader: Reader) -> bool:
    """Whether nothing has changed, and the reader holds what is published again."""
    return stored.previous_revision is None and stored.message.revision <= reader.cursor
