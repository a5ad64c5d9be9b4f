"""Forwarding a message."""

import uuid
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

import render
from actions import conversations, forwards
from actions.errors import Invalid
from db import conversations as stored
from db import inbox
from db.conversations import Conversation
from db.messages import Message
from db.users import User
from render.messages import address, address_in_conversation
from routes import access, forms, rate_limit
from routes.inbox import page_with_inbox

RECENT = 20
"""Conversations that are offered before anything is looked for."""


async def show(request: Request) -> Response:
    """The form: the conversations that match `q`, the latest without it, and those in `to`, which
    are chosen. Redirects to the message's page where it was unsent, or is an event line."""
    conversation = await access.current_conversation(request)
    message = await access.current_message(request, conversation)
    if message.unsent_at is not None or message.event is not None:
        return forms.see_other(address(message))
    return await page(request, conversation, message, numbers(request.query_params.getlist("to")))


async def create(request: Request) -> Response:
    """Forward a message: 303 to the conversation, for several to the message's place; for htmx the
    new messages."""
    async with forms.read_form(request) as fields:
        to, client_id = numbers(forms.texts(fields, "to")), forms.text(fields, "client_id")
    conversation = await access.current_conversation(request)
    message = await access.current_message(request, conversation)
    user = await access.current_user(request)
    for _ in range(min(len(to), forwards.MOST) or 1):
        rate_limit.frames_and_posts.charge(user)
    try:
        sent = await forwards.forward(user, message, to, client_id)
    except Invalid as refusal:
        # What was sent already is a repeat, once the choice is another.
        kept = client_id if "conversations" in refusal.errors else None
        refused = await page(request, conversation, message, to, refusal.errors, kept)
        return forms.refused(refused, refusal)
    if forms.wants_fragment(request):
        return HTMLResponse("".join(map(render.message_fragment, sent)))
    [first, *others] = sent
    if others:
        return forms.see_other(address_in_conversation(message))
    return forms.see_other(f"/chat/{first.conversation_id}/")


def numbers(values: Sequence[str]) -> list[int]:
    return list(dict.fromkeys(forms.integer(value, "to") for value in values))


async def page(
    request: Request,
    conversation: Conversation,
    message: Message,
    to: Sequence[int],
    errors: dict[str, str] | None = None,
    client_id: str | None = None,
) -> Response:
    user = await access.current_user(request)
    q = request.query_params.get("q", "").strip()
    chosen = await stored.list_seen([(id, user.id) for id in to[: forms.FIELDS]])
    found = await offered(user, q)
    return await page_with_inbox(
        request,
        "messages/forward.html",
        conversation=conversation,
        message=message,
        q=q,
        client_id=client_id or str(uuid.uuid4()),
        chosen=list(chosen.values()),
        found=[each for each in found if each.id not in to],
        errors=errors or {},
    )


async def offered(user: User, q: str) -> Sequence[inbox.Entry | stored.SearchResult]:
    if q:
        rate_limit.searches.charge(user)
        return await conversations.search(user, q)
    return (await inbox.list_entries(user.id, None, RECENT))[0]
