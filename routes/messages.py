"""Sending by a form."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

import render
from actions import messages
from actions.invalid import Invalid
from db.conversations import Conversation
from routes import access, conversations, form, sessions


async def create(request: Request) -> Response:
    """Send a message: 303 back to the conversation for a plain form, its fragment for htmx.

    Refused, the composer comes back with a sentence and the text as it was typed (422). Where the
    session has ended, so does the sign-in, which keeps the text.
    """
    async with request.form() as fields:
        client_id, body = form.text(fields, "client_id"), form.text(fields, "body")
        refresh = form.text(fields, "refresh")
    try:
        conversation = await access.current_conversation(request)
    except access.SignedOut:
        if form.wants_fragment(request):
            raise
        return sessions.signing_in(
            request, "", {}, request.url.path.removesuffix("messages/"), 401, body
        )
    try:
        message = await messages.send(
            await access.current_user(request), conversation.id, client_id, body
        )
    except Invalid as refusal:
        return await refused(request, conversation, client_id, body, refusal, refresh)
    if form.wants_fragment(request):
        return HTMLResponse(
            render.fragment("messages/message.fragment.html", message=message, revision=None)
        )
    chosen = f"?refresh={refresh}" if conversations.refresh(refresh) else ""
    return form.see_other(f"/chat/{conversation.id}/{chosen}")


async def refused(
    request: Request,
    conversation: Conversation,
    client_id: str,
    body: str,
    refusal: Invalid,
    refresh: str,
) -> Response:
    if form.wants_fragment(request):
        return HTMLResponse(refusal_fragment(conversation, client_id, body, refusal), 422)
    return await conversations.pane(
        request,
        conversation,
        status=422,
        body=body,
        error=refusal.errors["body"],
        chosen_refresh=refresh,
    )


def refusal_fragment(
    conversation: Conversation, client_id: str, body: str, refusal: Invalid
) -> str:
    """The composer with a sentence and the text, for whoever sent the message `client_id`."""
    return render.fragment(
        "messages/composer.fragment.html",
        conversation=conversation,
        client_id=client_id,
        body=body,
        error=refusal.errors["body"],
        refresh=None,
        refused=client_id,
    )
