"""The frames a client sends: messages, typing, and read positions."""

import json
import logging
from collections.abc import Callable

import orjson

from actions import messages, participants, typing_notifications
from actions.batching import Raised
from actions.errors import Invalid
from actions.log import Outcome, Repeat
from actions.text import whole
from db.conversations import Conversation
from routes import forms
from routes.messages import refusal_fragment
from routes.rate_limit import Allowance
from routes.streams.close_codes import CloseCode, Ended
from routes.streams.limits import FRAME_BYTES
from routes.streams.reader import Reader

Say = Callable[[str], None]

logger = logging.getLogger("parley.frames")


def receive(frame: str | bytes, reader: Reader, allowance: Allowance) -> None:
    """Start what a frame asks for. The frames of one socket take effect in their order; what
    concerns this socket alone is sent to its reader. Raises `Ended`."""
    if not allowance.take():
        raise Ended(CloseCode.TOO_FAST)
    if isinstance(frame, bytes) or reader.conversation is None:
        raise Ended(CloseCode.BAD_FRAME)
    if 4 * len(frame) > FRAME_BYTES and len(frame.encode("utf-8", "replace")) > FRAME_BYTES:
        raise Ended(CloseCode.TOO_LARGE)
    user, conversation = reader.session.user, reader.conversation
    fields = parsed(frame)
    match fields.get("type"):
        case "message":
            client_id, body = text(fields, "client_id"), text(fields, "body")
            send(reader, conversation, client_id, body, reader.send)
        case "typing":
            typing_notifications.publish(user, conversation.id)
        case "read":
            participants.reads.add((conversation.id, user.id, position(fields)))
        case _:
            raise Ended(CloseCode.BAD_FRAME)


def parsed(frame: str) -> dict[str, object]:
    try:
        fields = orjson.loads(frame)
    except ValueError:
        fields = leniently_parsed(frame)
    if not isinstance(fields, dict):
        raise Ended(CloseCode.BAD_FRAME)
    return fields


def leniently_parsed(frame: str) -> object:
    """orjson rejects lone surrogates, which a page may send: they are replaced, as in forms."""
    try:
        return json.loads(frame)
    except (ValueError, RecursionError):
        raise Ended(CloseCode.BAD_FRAME) from None


def text(fields: dict[str, object], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise Ended(CloseCode.BAD_FRAME)
    return whole(value)


def position(fields: dict[str, object]) -> int:
    value = fields.get("position")
    if type(value) is int and 0 <= value <= forms.LARGEST_NUMBER:
        return value
    raise Ended(CloseCode.BAD_FRAME)


def send(stream: Reader, conversation: Conversation, client_id: str, body: str, say: Say) -> None:
    """Store a message. What is pushed to everybody acknowledges it here, too; what is not pushed
    any more (a repeat) or not to others (a refusal) goes to this socket alone. Without a database
    nothing is said: the page tries again, by POST at last."""

    def settle(outcome: Outcome | Raised) -> None:
        if isinstance(outcome, Invalid):
            say(refusal_fragment(conversation, client_id, body, outcome))
        elif isinstance(outcome, Repeat) and outcome.message.revision <= stream.cursor:
            say(messages.change(outcome.message).text)
        elif isinstance(outcome, Raised):
            logger.error("a message was not stored", exc_info=outcome.error)

    try:
        messages.post(stream.session.user, conversation.id, client_id, body, settle)
    except Invalid as refusal:
        say(refusal_fragment(conversation, client_id, body, refusal))
