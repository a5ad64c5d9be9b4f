"""The participants of a conversation, and their read positions."""

from starlette.requests import Request
from starlette.responses import Response

import render
from actions import mentions, participants
from actions.errors import Invalid
from db import participants as stored
from routes import access, forms, rate_limit
from routes.inbox import page_with_inbox


async def index(request: Request) -> Response:
    """The participants of a conversation, and the form for leaving a group. For htmx: the
    participants to mention whose name begins with `q`."""
    if forms.wants_fragment(request):
        return await naming(request)
    return await people(request, {})


async def naming(request: Request) -> Response:
    conversation = await access.current_conversation(request)
    user = await access.current_user(request)
    found, has_all = await mentions.suggest(user, conversation, request.query_params.get("q", ""))
    return render.page(request, "conversations/_naming.html", people=found, has_all=has_all)


async def update_read(request: Request) -> Response:
    """Store how far the user has read; redirects a plain form back to the conversation."""
    conversation = await access.current_conversation(request)
    async with forms.read_form(request) as fields:
        position = forms.integer(forms.text(fields, "position"), "position")
    user = await access.current_user(request)
    rate_limit.frames_and_posts.charge(user)
    await participants.read(user, conversation.id, position)
    if forms.wants_fragment(request):
        return Response(status_code=204)
    return forms.see_other(f"/chat/{conversation.id}/")


async def mark_all_read(request: Request) -> Response:
    """Mark all messages as read; redirects to the inbox."""
    user = await access.current_user(request)
    rate_limit.frames_and_posts.charge(user)
    await participants.mark_all_read(user)
    return forms.see_other("/")


async def confirm_leave(request: Request) -> Response:
    """Asks whether to leave a group."""
    conversation = await access.current_conversation(request)
    if conversation.kind != "group":
        return forms.see_other(f"/chat/{conversation.id}/people/")
    return await page_with_inbox(request, "conversations/leave.html", conversation=conversation)


async def leave(request: Request) -> Response:
    """Leave a group. A repeat, by then an outsider's, redirects to the inbox too."""
    conversation = await access.find_conversation(request)
    try:
        if conversation:
            await participants.leave(await access.current_user(request), conversation)
    except Invalid as refusal:
        return await people(request, refusal.errors, 422)
    return forms.see_other("/")


async def confirm_remove(request: Request) -> Response:
    """Asks whether to remove a participant; redirects to all of them where `user` is none, or may
    not be removed by who asks."""
    conversation = await access.current_conversation(request)
    user, person_id = await access.current_user(request), forms.number(request, "user")
    people = await stored.list_people(conversation.id)
    person = next((person for person in people if person.id == person_id), None)
    is_creator = conversation.kind == "group" and conversation.creator_id == user.id
    if not person or person.id == user.id or not is_creator:
        return forms.see_other(f"/chat/{conversation.id}/people/")
    return await page_with_inbox(
        request, "conversations/remove.html", conversation=conversation, person=person
    )


async def remove(request: Request) -> Response:
    """Remove a participant from a group that the user has created."""
    conversation = await access.current_conversation(request)
    async with forms.read_form(request) as fields:
        user_id = forms.integer(forms.text(fields, "user"), "user")
    try:
        await participants.remove(await access.current_user(request), conversation, user_id)
    except Invalid as refusal:
        return await people(request, refusal.errors, 422)
    return forms.see_other(f"/chat/{conversation.id}/people/")


async def people(request: Request, errors: dict[str, str], status: int = 200) -> Response:
    conversation = await access.current_conversation(request)
    return await page_with_inbox(
        request,
        "conversations/people.html",
        status,
        conversation=conversation,
        people=await stored.list_people(conversation.id),
        errors=errors,
    )
