"""Editing a message."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

import render
from actions import edits
from actions.errors import Invalid, Outdated
from render.messages import address, address_in_conversation
from routes import access, forms, permalinks, rate_limit, sessions

FORM = "messages/_edit.html"


async def show(request: Request) -> Response:
    """The form's address leads to the message's page, which has the form; htmx gets the form."""
    conversation = await access.current_conversation(request)
    message = await access.current_message(request, conversation)
    if forms.wants_fragment(request):
        return await permalinks.part(request, FORM, message, errors={}, body=None)
    return forms.see_other(f"{address(message)}#edit")


async def create(request: Request) -> Response:
    """Give a message another text: 303 to its place for a plain form, its fragment for htmx.

    A refusal returns the message's page with the text and a sentence: 409 where the message has had
    another text since the `revision` that the form names, else 422. Any other answer that is a page
    shows the text to be copied.
    """
    async with forms.read_form(request) as fields:
        body, author_id = forms.text(fields, "body"), forms.text(fields, "author")
        revision = forms.text(fields, "revision")
    request.state.kept = body  # for any page that says what went wrong
    try:
        user = (await access.current_session(request, author_id)).user
    except access.WrongUser:
        raise
    except access.SignedOut:
        if forms.wants_fragment(request):
            raise
        back = request.url.path.removesuffix("edit/")
        return sessions.signing_in(request, "", {}, back, 401, body)
    rate_limit.frames_and_posts.charge(user)
    conversation = await access.current_conversation(request)
    message = await access.current_message(request, conversation)
    base = forms.integer(revision, "revision")
    try:
        message = await edits.edit(user, conversation.id, message.position, body, base)
    except Invalid as refusal:
        message = await access.current_message(request, conversation)
        status = 409 if isinstance(refusal, Outdated) else 422
        if forms.wants_fragment(request):
            return await permalinks.part(
                request, FORM, message, status, errors=refusal.errors, body=body
            )
        return await permalinks.page(
            request, conversation, message, status, refusal.errors, body=body
        )
    if forms.wants_fragment(request):
        return HTMLResponse(render.message_fragment(message))
    return forms.see_other(address_in_conversation(message))
