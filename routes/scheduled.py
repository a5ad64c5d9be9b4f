"""Sending later: writing and listing what is to be sent, changing, sending and cancelling it."""

import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

import render
from actions import drafts, scheduled, time_zones
from actions.clock import now
from actions.errors import Invalid
from db import drafts as stored_drafts
from db import scheduled as stored
from db.conversations import Conversation
from db.scheduled import Scheduled
from db.users import User
from routes import access, forms, rate_limit
from routes.inbox import page_with_inbox


async def new(request: Request) -> Response:
    """The form for sending a conversation's draft later, and what is to be sent there."""
    conversation = await access.current_conversation(request)
    user = await access.current_user(request)
    held = await stored_drafts.list_in(conversation.id, user.id)
    values = asdict(held[0]) if held else {}
    return await writing(request, conversation, values)


async def create(request: Request, user: User, fields: Mapping[str, Any]) -> Response:
    """Schedule a message: 303 to the conversation for a plain form, an acknowledgement for htmx.
    A refusal returns the form with the text (422)."""
    conversation = await access.current_conversation(request)
    try:
        message = await scheduled.schedule(
            user,
            conversation.id,
            fields["client_id"],
            fields["body"],
            fields["send_at"],
            fields["time_zone"],
            fields["reply_to"],
        )
    except Invalid as refusal:
        if forms.wants_fragment(request):
            [sentence, *_] = refusal.errors.values()
            text = render.fragment("errors/sentence.fragment.html", sentence=sentence)
            return HTMLResponse(text, 422)
        return await writing(request, conversation, fields, refusal)
    if forms.wants_fragment(request):
        return HTMLResponse(acknowledgement(message))
    return forms.see_other(f"/chat/{conversation.id}/")


def acknowledgement(message: Scheduled) -> str:
    return render.fragment("scheduled/scheduled.fragment.html", message=message)


async def index(request: Request) -> Response:
    """All that a user has scheduled, and the drafts that they can send no more."""
    user = await access.current_user(request)
    return await page_with_inbox(
        request,
        "scheduled/index.html",
        messages=await stored.list_of(user.id),
        kept=await stored_drafts.list_kept(user.id),
        **await zone_of(user),
    )


async def edit(request: Request) -> Response:
    """The form for another text and time."""
    message = await current_scheduled(request)
    zone = (await zone_of(await access.current_user(request)))["zone"]
    values = {"body": message.body, "send_at": time_zones.local(message.send_at, zone)}
    return await editing(request, message, values)


async def update(request: Request) -> Response:
    """Give a scheduled message another text and time."""
    async with forms.read_form(request) as form:
        values = {name: forms.text(form, name) for name in ("body", "send_at", "time_zone")}
    request.state.kept = values["body"]
    user = await access.current_user(request)
    rate_limit.frames_and_posts.charge(user)
    message = await current_scheduled(request)
    try:
        await scheduled.change(user, message.client_id, **values)
    except Invalid as refusal:
        return await editing(request, message, values, refusal)
    return forms.see_other(list_with(message))


async def send(request: Request) -> Response:
    """Send a scheduled message now. A repeat leads to where the first one did."""
    user = await access.current_user(request)
    rate_limit.frames_and_posts.charge(user)
    message = await find_scheduled(request)
    if message is None:
        return forms.see_other("/scheduled/")
    with suppress(Invalid):  # the list says what is still there, and why
        await scheduled.send_now(user, message)
    return forms.see_other("/scheduled/")


async def cancel(request: Request) -> Response:
    """Do not send a scheduled message: it is a draft again."""
    user = await access.current_user(request)
    rate_limit.frames_and_posts.charge(user)
    if message := await find_scheduled(request):
        await scheduled.cancel(user, message)
    return forms.see_other("/scheduled/")


async def discard_draft(request: Request) -> Response:
    """Delete a draft of a conversation that the user is no longer in."""
    user = await access.current_user(request)
    async with forms.read_form(request) as form:
        client_id = forms.text(form, "client_id")
    rate_limit.frames_and_posts.charge(user)
    await drafts.discard_kept(user, client_id)
    return forms.see_other("/scheduled/")


async def show_index(request: Request) -> Response:
    """For the addresses of forms."""
    await access.current_user(request)
    return forms.see_other("/scheduled/")


async def current_scheduled(request: Request) -> Scheduled:
    return await find_scheduled(request) or access.not_found()


async def find_scheduled(request: Request) -> Scheduled | None:
    user = await access.current_user(request)
    return await stored.get(user.id, str(request.path_params["client_id"]))


def list_with(message: Scheduled) -> str:
    """The address of the list that a message stands in."""
    here = message.title is not None
    return f"/chat/{message.conversation_id}/later/" if here else "/scheduled/"


async def writing(
    request: Request,
    conversation: Conversation,
    values: Mapping[str, Any],
    refusal: Invalid | None = None,
) -> Response:
    user = await access.current_user(request)
    zone = await zone_of(user, request.query_params.get("time_zone") or values.get("time_zone"))
    proposed = time_zones.proposed(now(), zone["zone"])
    page = await page_with_inbox(
        request,
        "scheduled/new.html",
        conversation=conversation,
        client_id=values.get("client_id") or str(uuid.uuid4()),
        body=values.get("body", ""),
        reply_to=values.get("reply_to"),
        send_at=values.get("send_at") or next(iter(proposed.values())),
        proposed=proposed,
        messages=await stored.list_of(user.id, conversation.id),
        errors=refusal.errors if refusal else {},
        **zone,
    )
    return forms.refused(page, refusal) if refusal else page


async def editing(
    request: Request,
    message: Scheduled,
    values: Mapping[str, str],
    refusal: Invalid | None = None,
) -> Response:
    user = await access.current_user(request)
    page = await page_with_inbox(
        request,
        "scheduled/edit.html",
        message=message,
        body=values["body"],
        send_at=values["send_at"],
        back=list_with(message),
        errors=refusal.errors if refusal else {},
        **await zone_of(user, values.get("time_zone")),
    )
    return forms.refused(page, refusal) if refusal else page


async def zone_of(user: User, asked: str | None = None) -> dict[str, Any]:
    """The zone in which a page shows times, and what it needs to have another one chosen."""
    own = await time_zones.of(user)
    return {
        "zone": time_zones.known(asked) or own or time_zones.DEFAULT,
        "zones": time_zones.names(),
        "is_guessed": own is None and not asked,
    }
