"""Sending by a form."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

import render
from actions import messages, participants
from actions.errors import Invalid
from db.conversations import Conversation
from db.engine import Unavailable
from db.users import User
from routes import access, conversations, errors, forms, rate_limit, sessions
from routes.rate_limit import RateLimited


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be sent, and whose page it is from, where that says so."""

    conversation_id: int
    client_id: str
    body: str
    author_id: str


async def create(request: Request) -> Response:
    """Send a message: 303 back to the conversation for a plain form, its fragment for htmx.

    The text is never lost. Refused, the composer comes back with it and a sentence (422); where the
    session has ended the sign-in keeps it (401); from a page of somebody who is not signed in here
    any more (422), from somebody who is too fast (429) and without a database (503) a page of its
    own.
    """
    async with forms.read_form(request) as fields:
        client_id, body = forms.text(fields, "client_id"), forms.text(fields, "body")
        refresh, seen = forms.text(fields, "refresh"), forms.text(fields, "seen")
        author_id = forms.text(fields, "author")
    draft = Draft(request.path_params["conversation_id"], client_id, body, author_id)
    try:
        session = await access.current_session(request, author_id)
        rate_limit.charge(session.user)
        response = await send(request, session.user, draft, refresh)
        if seen:  # whoever answers a plain page has read it
            await participants.read(
                session.user, draft.conversation_id, forms.integer(seen, "seen")
            )
    except access.WrongUser:
        return kept(request, draft, "messages/someone_else.html", 422, errors.SENTENCES[401])
    except RateLimited as error:
        response = kept(request, draft, "messages/kept.html", 429, errors.SENTENCES[429])
        response.headers.update(error.headers or {})
    except (access.SignedOut, Unavailable) as error:
        if forms.wants_fragment(request):
            raise
        return unserved(request, draft, error)
    return response


async def send(request: Request, author: User, draft: Draft, refresh: str) -> Response:
    id = draft.conversation_id
    try:
        message = await messages.send(author, id, draft.client_id, draft.body)
    except Invalid as refusal:
        return await refused(request, draft, refusal, refresh)
    if forms.wants_fragment(request):
        return HTMLResponse(render.message_fragment(message))
    chosen = f"?refresh={refresh}" if conversations.refresh(refresh) else ""
    return forms.see_other(f"/chat/{id}/{chosen}")


def unserved(request: Request, draft: Draft, error: Exception) -> Response:
    """What a plain form gets when it cannot be served now."""
    if isinstance(error, access.SignedOut):
        back = request.url.path.removesuffix("messages/")
        return sessions.signing_in(request, "", {}, back, 401, draft.body)
    return kept(request, draft, "messages/kept.html", 503, errors.SENTENCES[503])


def kept(
    request: Request, draft: Draft, template: str, status: int, why: tuple[str, str]
) -> Response:
    """The text of what was not sent: for htmx in the composer, otherwise on a page of its own."""
    title, sentence = why
    if forms.wants_fragment(request):
        text = composer(draft.conversation_id, draft.client_id, draft.body, sentence)
        return HTMLResponse(text, status)
    return render.page(
        request,
        template,
        status,
        title=title,
        sentence=sentence,
        conversation={"id": draft.conversation_id},
        client_id=draft.client_id,
        author=draft.author_id,
        body=draft.body,
        refresh=None,
        error=None,
    )


async def refused(request: Request, draft: Draft, refusal: Invalid, refresh: str) -> Response:
    """What was not stored, with a sentence; 404 for outsiders, for whom nothing is stored."""
    conversation = await access.current_conversation(request)
    if forms.wants_fragment(request):
        fragment = refusal_fragment(conversation, draft.client_id, draft.body, refusal)
        return HTMLResponse(fragment, 422)
    return await conversations.pane(
        request,
        conversation,
        status=422,
        body=draft.body,
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
