"""Unsending a message."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

import render
from actions import unsends
from actions.errors import Invalid
from render.messages import address, address_in_conversation
from routes import access, forms, permalinks, rate_limit
from routes.inbox import page_with_inbox


async def confirm(request: Request) -> Response:
    """Asks whether to unsend a message; redirects to its page where that cannot be done."""
    conversation = await access.current_conversation(request)
    message = await access.current_message(request, conversation)
    user = await access.current_user(request)
    if message.author_id != user.id or message.unsent_at is not None or message.event:
        return forms.see_other(address(message))
    return await page_with_inbox(
        request, "messages/unsend.html", conversation=conversation, message=message
    )


async def create(request: Request) -> Response:
    """Unsend a message: 303 to its place for a plain form, its fragment for htmx."""
    conversation = await access.current_conversation(request)
    message = await access.current_message(request, conversation)
    user = await access.current_user(request)
    rate_limit.frames_and_posts.charge(user)
    try:
        message = await unsends.unsend(user, conversation.id, message.position)
    except Invalid as refusal:
        errors = {"form": refusal.errors["body"]}
        return await permalinks.page(request, conversation, message, 422, errors)
    if forms.wants_fragment(request):
        return HTMLResponse(render.message_fragment(message))
    return forms.see_other(address_in_conversation(message))
