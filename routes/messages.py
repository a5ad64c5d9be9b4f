"""Sending messages by form."""

import uuid
from dataclasses import asdict, dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

import render
from actions import messages, participants
from actions.errors import Invalid
from db.engine import Unavailable
from db.users import User
from routes import access, conversations, errors, forms, rate_limit, scheduled, sessions
from routes.inbox import load_inbox_if_possible
from routes.rate_limit import RateLimited


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to be sent, and the user for whom the page was made, where it says so."""

    conversation_id: int
    client_id: str
    body: str
    author_id: str
    reply_to: int | None
    send_at: str
    time_zone: str


async def create(request: Request) -> Response:
    """Send a message: 303 back to the conversation for a plain form, its fragment for htmx. With
    `send_at` it is scheduled.

    The text is never lost. A refusal returns the composer with the text and a sentence (422); with
    an ended session the sign-in page keeps it (401). It gets a page of its own where the page was
    made for another user than the one signed in now (422), over the rate limit (429), and without a
    database (503). Any other answer that is a page shows it to be copied.
    """
    async with forms.read_form(request) as fields:
        client_id, body = forms.text(fields, "client_id"), forms.text(fields, "body")
        refresh, seen = forms.text(fields, "refresh"), forms.text(fields, "seen")
        author_id, reply_to = forms.text(fields, "author"), forms.text(fields, "reply_to")
        send_at, time_zone = forms.text(fields, "send_at"), forms.text(fields, "time_zone")
    request.state.kept = body  # for any page that says what went wrong
    original = forms.integer(reply_to, "reply_to") if reply_to else None
    conversation_id = request.path_params["conversation_id"]
    draft = Draft(conversation_id, client_id, body, author_id, original, send_at, time_zone)
    try:
        session = await access.current_session(request, author_id)
        rate_limit.frames_and_posts.charge(session.user)
        response = await send(request, session.user, draft, refresh)
        if seen:  # replying from a plain page marks it as read
            await participants.read(
                session.user, draft.conversation_id, forms.integer(seen, "seen")
            )
    except access.WrongUser:
        return await kept(request, draft, "messages/someone_else.html", 422, errors.SENTENCES[401])
    except RateLimited as refusal:
        title, _ = errors.SENTENCES[429]
        why = title, refusal.errors["form"]
        response = await kept(request, draft, "messages/kept.html", 429, why)
        response = forms.refused(response, refusal)
    except access.SignedOut:
        if forms.wants_fragment(request):
            raise
        back = request.url.path.removesuffix("messages/")
        return sessions.signing_in(request, "", {}, back, 401, draft.body)
    except Unavailable:
        if forms.wants_fragment(request):
            raise
        return await kept(request, draft, "messages/kept.html", 503, errors.SENTENCES[503])
    return response


async def send(request: Request, author: User, draft: Draft, refresh: str) -> Response:
    id = draft.conversation_id
    if draft.send_at:
        return await scheduled.create(request, author, asdict(draft))
    try:
        message = await messages.send(author, id, draft.client_id, draft.body, draft.reply_to)
    except Invalid as refusal:
        return await refused(request, draft, refusal, refresh)
    if forms.wants_fragment(request):
        return HTMLResponse(render.message_fragment(message))
    chosen = f"?refresh={refresh}" if conversations.refresh(refresh) else ""
    return forms.see_other(f"/chat/{id}/{chosen}")


async def kept(
    request: Request, draft: Draft, template: str, status: int, why: tuple[str, str]
) -> Response:
    """The text of an unsent message: for htmx in the composer, otherwise on a page of its own."""
    title, sentence = why
    if forms.wants_fragment(request):
        client_id = draft.client_id
        text = composer(draft.conversation_id, client_id, draft.body, sentence, client_id)
        return HTMLResponse(text, status)
    return render.page(
        request,
        template,
        status,
        title=title,
        sentence=sentence,
        inbox=await load_inbox_if_possible(request),
        conversation={"id": draft.conversation_id},
        client_id=draft.client_id,
        author=draft.author_id,
        body=draft.body,
        reply={"position": draft.reply_to, "quote": None} if draft.reply_to else None,
        refresh=None,
        error=None,
    )


async def refused(request: Request, draft: Draft, refusal: Invalid, refresh: str) -> Response:
    """The refused message with a sentence; 404 for outsiders."""
    conversation = await access.current_conversation(request)
    if forms.wants_fragment(request):
        text = composer(conversation.id, draft.client_id, draft.body, refusal.errors["body"])
        return HTMLResponse(text, 422)
    return await conversations.pane(
        request,
        conversation,
        status=422,
        body=draft.body,
        error=refusal.errors["body"],
        chosen_refresh=refresh,
        reply_to=draft.reply_to,
    )


def composer(
    conversation_id: int, refused: str, body: str, sentence: str, client_id: str = ""
) -> str:
    """The composer with a sentence and the text of the message that had the client_id `refused`,
    which is sent next as another message, or under the same `client_id`."""
    return render.fragment(
        "messages/composer.fragment.html",
        conversation={"id": conversation_id},
        client_id=client_id or str(uuid.uuid4()),
        body=body,
        error=sentence,
        refresh=None,
        refused=refused,
    )
