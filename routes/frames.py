"""The frames that a page sends over a WebSocket: messages, changes of them, typing, and what it
holds and has read."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import orjson

import render
from actions import (
    changes,
    edits,
    messages,
    participants,
    reactions,
    receipts,
    typing_notifications,
    unsends,
)
from actions.errors import Invalid
from actions.text import whole
from db.conversations import Conversation
from db.log.commit import Stored
from routes import forms
from routes.messages import composer
from routes.rate_limit import frames_and_posts
from routes.receipts import numbers
from routes.streams.close_codes import CloseCode, Ended
from routes.streams.limits import FRAME_BYTES
from routes.streams.reader import Reader


def receive(frame: str | bytes, reader: Reader) -> None:
    """Start what a frame asks for. The frames of one socket take effect in their order; what
    concerns this socket alone is sent to its reader. Raises `Ended`."""
    if not frames_and_posts.take(reader.session.user):
        raise Ended(CloseCode.TOO_FAST)
    if isinstance(frame, bytes):
        raise Ended(CloseCode.BAD_FRAME)
    if 4 * len(frame) > FRAME_BYTES and len(frame.encode("utf-8", "replace")) > FRAME_BYTES:
        raise Ended(CloseCode.TOO_LARGE)
    fields = parsed(frame)
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
        case "edit" | "unsend" | "react":
            change(reader, conversation, fields)
        case "typing":
            typing_notifications.publish(user, conversation.id)
        case "read":
            participants.reads.submit((conversation.id, user.id, number(fields, "position")))
        case _:
            raise Ended(CloseCode.BAD_FRAME)


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


def send(reader: Reader, conversation: Conversation, fields: dict[str, object]) -> None:
    """Send a message. What is published acknowledges it to every reader; a repeat, which this
    socket may have had already, and a refusal go to this socket alone. Without a database it gets
    no answer, and the page tries again, by POST at last."""
    client_id, body = text(fields, "client_id"), text(fields, "body")
    reply_to = None if fields.get("reply_to") is None else number(fields, "reply_to")

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


def say(reader: Reader, refusal: Invalid) -> None:
    sentence = refusal.errors["body"]
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
