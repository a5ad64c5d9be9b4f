"""Sending by a form."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

import render
from actions import messages, participants
from actions.invalid import Invalid
from db.conversations import Conversation
from db.engine import Unavailable
from routes import access, conversations, errors, form, sessions


async def create(request: Request) -> Response:
    """Send a message: 303 back to the conversation for a plain form, its fragment for htmx.

    The text is never lost. Refused, the composer comes back with it and a sentence (422), also from
    a page of an `author` who is not signed in here any more; where the session has ended the
    sign-in keeps it (401), without a database a page of its own (503).
    """
    async with form.sent(request) as fields:
        client_id, body = form.text(fields, "client_id"), form.text(fields, "body")
        refresh, seen = form.text(fields, "refresh"), form.text(fields, "seen")
        author_id = form.text(fields, "author")
    try:
        await access.current_session(request, author_id)
        conversation = await access.current_conversation(request)
        response = await send(request, conversation, client_id, body, refresh)
        if seen:  # whoever answers a plain page has read it
            author = await access.current_user(request)
            await participants.read(author, conversation.id, form.whole(seen, "seen"))
    except access.SomebodyElse:
        return somebody_else(request, client_id, body)
    except (access.SignedOut, Unavailable) as error:
        if form.wants_fragment(request):
            raise
        return kept(request, client_id, body, author_id, error)
    return response


async def send(
    request: Request, conversation: Conversation, client_id: str, body: str, refresh: str
) -> Response:
    author = await access.current_user(request)
    try:
        message = await messages.send(author, conversation.id, client_id, body)
    except Invalid as refusal:
        return await refused(request, conversation, client_id, body, refusal, refresh)
    if form.wants_fragment(request):
        return HTMLResponse(render.message_fragment(message))
    chosen = f"?refresh={refresh}" if conversations.refresh(refresh) else ""
    return form.see_other(f"/chat/{conversation.id}/{chosen}")


def somebody_else(request: Request, client_id: str, body: str) -> Response:
    """What a page gets whose reader is not signed in here any more: nothing is sent as another."""
    conversation_id = request.path_params["conversation_id"]
    title, sentence = errors.SENTENCES[401]
    if form.wants_fragment(request):
        return HTMLResponse(composer(conversation_id, client_id, body, sentence), 422)
    return render.page(
        request,
        "messages/somebody_else.html",
        422,
        title=title,
        sentence=sentence,
        conversation_id=conversation_id,
        kept=body,
    )


def kept(request: Request, client_id: str, body: str, author_id: str, error: Exception) -> Response:
    """What a plain form gets when it cannot be served now: its text, and a way to send it again."""
    if isinstance(error, access.SignedOut):
        back = request.url.path.removesuffix("messages/")
        return sessions.signing_in(request, "", {}, back, 401, body)
    request.scope.setdefault("session", None)
    title, sentence = errors.SENTENCES[503]
    return render.page(
        request,
        "messages/kept.html",
        503,
        title=title,
        sentence=sentence,
        conversation={"id": request.path_params["conversation_id"]},
        client_id=client_id,
        author=author_id,
        body=body,
        refresh=None,
        error=None,
    )


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
    return composer(conversation.id, client_id, body, refusal.errors["body"])


def composer(conversation_id: int, client_id: str, body: str, sentence: str) -> str:
    return render.fragment(
        "messages/composer.fragment.html",
        conversation={"id": conversation_id},
        client_id=client_id,
        body=body,
        error=sentence,
        refresh=None,
        refused=client_id,
    )
