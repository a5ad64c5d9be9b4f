"""The inbox, a conversation, and starting one."""

import uuid
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

import render
from actions import conversations, people_updates
from actions.errors import Invalid
from db import drafts, engine, messages, participants, pins, scheduled, stars, users
from db.conversations import Conversation
from db.pins import Line
from db.users import User
from render.messages import address_in_conversation, quoted
from routes import access, forms, places, rate_limit, receipts
from routes.inbox import load_shown_inbox, page_with_inbox
from routes.message_pages import MessagePage, load_first_page, load_page
from routes.presence import load_presence
from routes.users import found

REFRESH_CHOICES = ("5", "15", "60")
"""Seconds between timed refreshes, for readers without JavaScript."""

RECENT = 10
"""People suggested for a new message before anything is typed."""


async def index(request: Request) -> Response:
    """A page of the inbox, by default the newest; for htmx only its lines."""
    async with engine.connection():
        user = await access.current_user(request)
        inbox = await load_shown_inbox(user, request.query_params.get("before"))
    fragment = "conversations/_entries.html" if forms.wants_fragment(request) else None
    return render.page(request, fragment or "conversations/index.html", inbox=inbox)


async def show(request: Request) -> Response:
    """A page of a conversation: what it opens with, or another; for htmx only its messages. With
    `on`, a day, it leads to that day's first message."""
    async with engine.connection():
        conversation = await access.current_conversation(request)
        if (on := request.query_params.get("on")) is not None:
            return await places.go_to_day(request, conversation, on)
        edges = [forms.number(request, name) for name in ("before", "after", "at")]
        reply_to = forms.number(request, "reply")
        if forms.wants_fragment(request):
            page = await load_page(conversation, *edges)
            return render.page(request, "messages/_page.html", page=page, conversation=conversation)
        if reply_to is not None and edges == [None, None, None]:
            edges = [None, None, reply_to]
        if edges == [None, None, None] and not refresh(request.query_params.get("refresh")):
            page = await load_first_page(conversation)
        else:
            page = await load_page(conversation, *edges)
        return await pane(request, conversation, page=page, reply_to=reply_to)


async def log(request: Request) -> Response:
    """Only the newest messages, as a page that reloads itself inside the conversation's page. It
    follows the newest: at the first unread one it would lead back there each time."""
    await access.current_session(request, request.query_params.get("viewer", ""))
    conversation = await access.current_conversation(request)
    page = await load_page(conversation)
    response = render.page(
        request,
        "messages/log.html",
        conversation=conversation,
        page=page,
        **await receipts.on_page(conversation, page),
    )
    if seconds := refresh(request.query_params.get("refresh")):
        response.headers["Refresh"] = str(seconds)
    return response


async def new(request: Request) -> Response:
    """The form for starting a conversation, prefilled from the query string."""
    query = request.query_params
    return await starting(request, query.getlist("to"), query.get("q", ""), query.get("title", ""))


async def suggestions(request: Request) -> Response:
    """Users who match `q`, or recent ones without a `q`; not those in `to`."""
    user = await access.current_user(request)
    chosen, _ = await conversations.known(request.query_params.getlist("to"))
    people = await suggested(user, request.query_params.get("q", ""), chosen)
    return render.page(request, "conversations/_suggestions.html", **people)


async def create(request: Request) -> Response:
    """Start a conversation, or open the one that these two users have."""
    user = await access.current_user(request)
    async with forms.read_form(request) as fields:
        to = [*forms.texts(fields, "to"), forms.text(fields, "q")]
        title, client_id = forms.text(fields, "title"), forms.text(fields, "client_id")
    try:
        rate_limit.new_conversations.charge(user)
        conversation_id = await conversations.start(user, to, title, client_id)
    except Invalid as refusal:
        return await starting(request, to, "", title, refusal)
    return forms.see_other(f"/chat/{conversation_id}/")


async def pane(
    request: Request,
    conversation: Conversation,
    *,
    status: int = 200,
    body: str = "",
    error: str | None = None,
    chosen_refresh: str | None = None,
    reply_to: int | None = None,
    page: MessagePage | None = None,
) -> Response:
    """The page of a conversation, with the composer's present text and error, and what it replies
    to, if that can still be quoted; without these, with its user's draft."""
    user = await access.current_user(request)
    held = [] if error else await drafts.list_in(conversation.id, user.id)
    draft = held[0] if held else None
    people = await participants.list_people(conversation.id)
    page = page or await load_page(conversation)
    return render.page(
        request,
        "conversations/show.html",
        status,
        conversation=asdict(conversation) | {"people": people},
        line=await pinned(conversation),
        sends_with_ctrl=await users.sends_with_ctrl(user.id),
        is_starred=await stars.is_any(user.id, conversation.id),
        people_digest=people_updates.digest_of(people),
        page=page,
        inbox=await load_shown_inbox(user, current=conversation),
        **asdict(await load_presence(conversation, user)),
        **await receipts.on_page(conversation, page),
        client_id=draft.client_id if draft else str(uuid.uuid4()),
        author=user.id,
        body=draft.body if draft else body,
        error=error,
        reply=await load_reply(conversation, reply_to or (draft.reply_to if draft else None)),
        draft=draft,
        other=held[1] if len(held) > 1 else None,
        has_scheduled=await scheduled.count(user.id, conversation.id) > 0,
        refresh=refresh(chosen_refresh or request.query_params.get("refresh")),
    )


async def load_reply(conversation: Conversation, position: int | None) -> dict[str, object] | None:
    """What the composer's message is to quote, and where it does not."""
    original = None if position is None else await messages.get(conversation.id, position)
    if original is None or original.unsent_at is not None or original.event is not None:
        return None
    return {
        "position": original.position,
        "quote": quoted(original),
        "without": address_in_conversation(original),
    }


async def pinned(conversation: Conversation) -> Line | None:
    """What it shows as pinned, if there ever was anything."""
    if not conversation.pinned_revision:
        return None
    return (await pins.list_lines([conversation.id])).get(conversation.id)


def refresh(value: str | None) -> int | None:
    return int(value) if value in REFRESH_CHOICES else None


async def starting(
    request: Request,
    to: list[str],
    q: str,
    title: str,
    refusal: Invalid | None = None,
) -> Response:
    """The form, also after a refusal. Users in `to` are chosen; names that are unknown stand in the
    field, before `q`."""
    user = await access.current_user(request)
    chosen, unknown = await conversations.known(to)
    typed = ", ".join([*unknown, q] if q.strip() else unknown)
    try:
        people = await suggested(user, typed, chosen)
    except rate_limit.RateLimited as too_many:
        refusal = refusal or too_many
        people = await suggested(user, "", chosen) | {"q": typed.strip()}
    page = await page_with_inbox(
        request,
        "conversations/new.html",
        client_id=str(uuid.uuid4()),
        chosen=chosen,
        title=title,
        errors=refusal.errors if refusal else {},
        **people,
    )
    return forms.refused(page, refusal) if refusal else page


async def suggested(user: User, q: str, chosen: list[User]) -> dict[str, Any]:
    """Users who match the last name in `q`; recent ones before there is a name. Raises
    `RateLimited`."""
    name = q.rpartition(",")[2].strip()
    if name:
        people = (await found(user, name))["people"]
    else:
        people = await participants.list_recent(user.id, RECENT)
    people = [person for person in people if person not in chosen]
    return {"q": q.strip(), "people": people, "is_recent": not name}
