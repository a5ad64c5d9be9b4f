"""Pinning a message, and the list of a conversation's pinned ones."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

import render
from actions import pins
from actions.errors import Invalid
from db import messages
from db import pins as stored
from render.messages import address_in_conversation
from routes import access, forms, permalinks, rate_limit
from routes.inbox import page_with_inbox


async def index(request: Request) -> Response:
    """What is pinned in a conversation, the last first."""
    conversation = await access.current_conversation(request)
    pinnings = await stored.list_all(conversation.id)
    found = await messages.list_at((conversation.id, each.position) for each in pinnings)
    pinned = [
        (each, found[conversation.id, each.position])
        for each in pinnings
        if (conversation.id, each.position) in found
    ]
    return await page_with_inbox(
        request, "pins/index.html", conversation=conversation, pinned=pinned
    )


async def create(request: Request) -> Response:
    """Pin a message (`on`: 1) or unpin it (0): 303 to its place for a plain form, its fragment for
    htmx."""
    async with forms.read_form(request) as fields:
        is_pinned = forms.switch(fields, "on")
    user = await access.current_user(request)
    rate_limit.frames_and_posts.charge(user)
    conversation = await access.current_conversation(request)
    message = await access.current_message(request, conversation)
    try:
        message = await pins.pin(user, conversation.id, message.position, is_pinned)
    except Invalid as refusal:
        errors = {"form": refusal.errors["body"]}
        return await permalinks.page(request, conversation, message, 422, errors)
    if forms.wants_fragment(request):
        return HTMLResponse(render.message_fragment(message))
    return forms.see_other(address_in_conversation(message))
