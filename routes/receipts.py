"""Receipts: what pages say that they hold, and what they show of others'."""

from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from actions import receipts
from actions.receipt_updates import digest_of, seen_by, view
from db import receipts as stored
from db.conversations import Conversation
from db.messages import Message
from db.receipts import Receipt
from render.receipts import Reach, State, reach_of, state_of
from routes import access, forms, rate_limit
from routes.message_pages import MessagePage

MOST_AT_ONCE = 100
"""Conversations of which a page says at once what it holds."""


async def update(request: Request) -> Response:
    """Store what a page holds: `positions`, the last one by conversation, as JSON."""
    user = await access.current_user(request)
    async with forms.read_form(request) as fields:
        held = positions(forms.text(fields, "positions"))
    if held is None:
        raise HTTPException(400, "“positions” must be a JSON object of whole numbers.")
    rate_limit.frames_and_posts.charge(user)
    receipts.deliver(user.id, held)
    return Response(status_code=204) if forms.wants_fragment(request) else forms.see_other("/")


def positions(text: str) -> dict[int, int] | None:
    """The numbers of such an object; None for anything else."""
    try:
        return numbers(orjson.loads(text))
    except ValueError:
        return None


def numbers(held: object) -> dict[int, int] | None:
    """The same, where it is parsed already."""
    if not isinstance(held, dict) or len(held) > MOST_AT_ONCE:
        return None
    if not all(is_number(position) and is_id(id) for id, position in held.items()):
        return None
    return {int(id): position for id, position in held.items()}


def is_number(value: object) -> bool:
    return type(value) is int and 0 <= value <= forms.LARGEST_NUMBER


def is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 16


async def load_shown(conversation: Conversation) -> list[Receipt]:
    """The receipts that the reader of a conversation may see."""
    if conversation.kind == "self":
        return []
    shown = (await stored.list_shown([conversation.id])).get(conversation.id, [])
    return seen_by(conversation.reader_id, shown)


async def on_page(conversation: Conversation, page: MessagePage) -> dict[str, Any]:
    """What a conversation's page shows of receipts; what it shows of messages is delivered."""
    if page.messages:
        receipts.deliver(conversation.reader_id, {conversation.id: page.messages[-1].position})
    shown = await load_shown(conversation)
    return {
        **view(shown),
        "receipts_digest": digest_of(shown),
        "state": state(conversation, page, shown),
    }


def state(conversation: Conversation, page: MessagePage, shown: list[Receipt]) -> State | None:
    """What became of the newest message, where that is the reader's own and on this page."""
    newest = page.messages[-1] if page.messages and page.after is None else None
    if newest is None or newest.unsent_at is not None or conversation.kind == "self":
        return None
    if newest.author_id != conversation.reader_id:
        return None
    return state_of(conversation.kind, newest.position, others(shown, newest))


async def load_reach(conversation: Conversation, message: Message) -> Reach:
    """Whom a message has reached beside its author and the reader."""
    shown = [] if message.unsent_at is not None else await load_shown(conversation)
    but_reader = [each for each in shown if each.user_id != conversation.reader_id]
    return reach_of(message.position, others(but_reader, message))


def others(shown: list[Receipt], message: Message) -> list[Receipt]:
    return [each for each in shown if each.user_id != message.author_id]
