"""Reacting to a message."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

import render
from actions import reactions
from actions.errors import Invalid
from render.messages import address_in_conversation
from routes import access, forms, permalinks, rate_limit

ON = {"1": True, "0": False}


async def create(request: Request) -> Response:
    """React to a message, or no longer do: 303 to its place for a plain form, its fragment for
    htmx. A refusal returns the message's page, or for htmx a sentence, with 422."""
    async with forms.read_form(request) as fields:
        emoji, on = forms.text(fields, "emoji"), ON.get(forms.text(fields, "on"))
    if on is None:
        raise HTTPException(400, "“on” must be 1 or 0.")
    conversation = await access.current_conversation(request)
    message = await access.current_message(request, conversation)
    user = await access.current_user(request)
    rate_limit.frames_and_posts.charge(user)
    try:
        message = await reactions.react(user, conversation.id, message.position, emoji, on=on)
    except Invalid as refusal:
        sentence = refusal.errors["body"]
        if forms.wants_fragment(request):
            return render.page(request, "errors/sentence.fragment.html", 422, sentence=sentence)
        message = await access.current_message(request, conversation)
        errors = {"emoji" if message.unsent_at is None else "form": sentence}
        return await permalinks.page(request, conversation, message, 422, errors, emoji=emoji)
    if forms.wants_fragment(request):
        return HTMLResponse(render.message_fragment(message))
    return forms.see_other(address_in_conversation(message))
