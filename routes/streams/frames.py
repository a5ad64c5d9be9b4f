"""What comes in over a socket: messages, typing, and how far somebody has read."""

import asyncio
import json
from collections.abc import Callable

import orjson

from actions import changes, messages, participants, typing_notifications
from actions.errors import Invalid
from actions.text import whole
from db.conversations import Conversation
from db.log.commit import Stored
from routes import forms
from routes.messages import refusal_fragment
from routes.rate_limit import TokenBucket
from routes.streams.stream import Ended, Stream

TOO_LARGE = 1009
BAD_FRAME = 4400
TOO_FAST = 4429

FRAME_BYTES = 64 * 1024

Say = Callable[[str], None]


def receive(frame: str | bytes, stream: Stream, allowance: TokenBucket, say: Say) -> None:
    """Begin what a frame says. The frames of one socket are done in their order; what comes of one
    for this socket alone is said to it. Raises `Ended`."""
    if not allowance.take():
        raise Ended(TOO_FAST)
    if isinstance(frame, bytes) or stream.conversation is None:
        raise Ended(BAD_FRAME)
    if 4 * len(frame) > FRAME_BYTES and len(frame.encode("utf-8", "replace")) > FRAME_BYTES:
        raise Ended(TOO_LARGE)
    user, conversation = stream.session.user, stream.conversation
    fields = parsed(frame)
    match fields.get("type"):
        case "message":
            send(stream, conversation, said(fields, "client_id"), said(fields, "body"), say)
        case "typing":
            typing_notifications.publish(user, conversation.id)
        case "read":
            participants.reads.submit((conversation.id, user.id, position(fields)))
        case _:
            raise Ended(BAD_FRAME)


def parsed(text: str) -> dict[str, object]:
    try:
        fields = orjson.loads(text)
    except ValueError:
        fields = leniently_parsed(text)
    if not isinstance(fields, dict):
        raise Ended(BAD_FRAME)
    return fields


def leniently_parsed(text: str) -> object:
    """orjson knows no halves of surrogate pairs, which a page may well send: they are mended, as
    in forms."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Ended(BAD_FRAME) from None


def said(fields: dict[str, object], name: str) -> str:
    text = fields.get(name)
    if not isinstance(text, str):
        raise Ended(BAD_FRAME)
    return whole(text)


def position(fields: dict[str, object]) -> int:
    value = fields.get("position")
    if type(value) is int and 0 <= value <= forms.LARGEST_NUMBER:
        return value
    raise Ended(BAD_FRAME)


def send(stream: Stream, conversation: Conversation, client_id: str, body: str, say: Say) -> None:
    """Store a message. What is pushed to every reader acknowledges it here, too; a repeat, which
    may not be pushed any more, and a refusal go to this socket alone. Without a database nothing
    is said: the page tries again, by POST at last."""

    def answer(outcome: asyncio.Future[Stored]) -> None:
        error = outcome.exception()
        if isinstance(error, Invalid):
            say(refusal_fragment(conversation, client_id, body, error))
        elif error is None and is_repeat(outcome.result()):
            say(changes.changed(outcome.result().message).text)

    def is_repeat(stored: Stored) -> bool:
        return stored.previous_revision is None and stored.message.revision <= stream.cursor

    try:
        sending = messages.submit(stream.session.user, conversation.id, client_id, body)
    except Invalid as refusal:
        say(refusal_fragment(conversation, client_id, body, refusal))
    else:
        sending.add_done_callback(answer)
