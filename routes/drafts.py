"""Saving drafts by form, and handing them to a user's other pages."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

import render
from actions import drafts
from actions.errors import Invalid
from db import drafts as stored
from db.conversations import Conversation
from db.drafts import Draft
from routes import access, conversations, forms, rate_limit, sessions


async def show(request: Request) -> Response:
    """The form's address leads to the conversation; htmx gets the draft."""
    conversation = await access.current_conversation(request)
    if not forms.wants_fragment(request):
        return forms.see_other(f"/chat/{conversation.id}/")
    user = await access.current_user(request)
    held = await stored.list_in(conversation.id, user.id)
    return HTMLResponse(fragment(conversation.id, held), headers={"Cache-Control": "no-store"})


async def create(request: Request) -> Response:
    """Save a draft: 303 to the conversation for a plain form (with `later` to sending it later),
    its mark for htmx. `use` is the client_id of another draft to go on with.

    The text is never lost: a refusal returns the composer with it (422), with an ended session the
    sign-in page keeps it (401), and any other answer that is a page shows it to be copied.
    """
    async with forms.read_form(request) as fields:
        values = {name: forms.text(fields, name) for name in FIELDS}
    request.state.kept = values["body"]  # for any page that says what went wrong
    try:
        user = (await access.current_session(request, values["author"])).user
    except access.WrongUser:
        raise
    except access.SignedOut:
        if forms.wants_fragment(request):
            raise
        back = request.url.path.removesuffix("draft/")
        return sessions.signing_in(request, "", {}, back, 401, values["body"])
    rate_limit.drafts.charge(user)
    conversation = await access.current_conversation(request)
    try:
        held = await drafts.save(
            user,
            conversation.id,
            values["body"],
            values["client_id"],
            optional_integer(values, "saved_at"),
            optional_integer(values, "reply_to"),
        )
    except Invalid as refusal:
        return await refused(request, conversation, values, refusal)
    if values["use"]:
        await drafts.choose(user, conversation.id, values["use"])
    if forms.wants_fragment(request):
        return HTMLResponse(mark(conversation.id, held))
    if values["later"]:
        return forms.see_other(f"/chat/{conversation.id}/later/")
    chosen = values["refresh"] if conversations.refresh(values["refresh"]) else ""
    return forms.see_other(f"/chat/{conversation.id}/{f'?refresh={chosen}' if chosen else ''}")


FIELDS = ("body", "client_id", "saved_at", "reply_to", "author", "refresh", "use", "later")


def optional_integer(values: dict[str, str], name: str) -> int | None:
    return forms.integer(values[name], name) if values[name] else None


async def refused(
    request: Request, conversation: Conversation, values: dict[str, str], refusal: Invalid
) -> Response:
    sentence = refusal.errors["body"]
    if forms.wants_fragment(request):
        text = render.fragment("errors/sentence.fragment.html", sentence=sentence)
        return HTMLResponse(text, 422)
    return await conversations.pane(
        request,
        conversation,
        status=422,
        body=values["body"],
        error=sentence,
        chosen_refresh=values["refresh"],
    )


def fragment(conversation_id: int, held: list[Draft], *, is_mark: bool = False) -> str:
    """What a user's open pages take over: the draft to go on with, and that there is another."""
    return render.fragment(
        "messages/draft.fragment.html",
        conversation={"id": conversation_id},
        draft=held[0] if held else None,
        other=held[1] if len(held) > 1 else None,
        is_mark=is_mark,
    )


def mark(conversation_id: int, held: list[Draft]) -> str:
    """The same without its text, for the page that has saved it."""
    return fragment(conversation_id, held, is_mark=True)
