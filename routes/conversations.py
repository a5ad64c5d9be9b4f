"""The inbox, a conversation, and starting one."""

import uuid
from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import Response

import render
from actions import conversations
from actions.errors import Invalid
from db import engine, participants
from db.conversations import Conversation
from routes import access, forms, rate_limit
from routes.inbox import load_inbox
from routes.message_pages import load_first_page, load_page
from routes.presence import load_presence
from routes.users import found

REFRESH_CHOICES = ("5", "15", "60")
"""Seconds between timed refreshes, for readers without JavaScript."""


async def index(request: Request) -> Response:
    """The inbox."""
    async with engine.connection():
        user = await access.current_user(request)
        inbox = await load_inbox(user, request.query_params.get("before"))
    return render.page(request, "conversations/index.html", inbox=inbox)


async def show(request: Request) -> Response:
    """A page of a conversation: what it opens with, or another; for htmx only its messages."""
    async with engine.connection():
        conversation = await access.current_conversation(request)
        edges = [forms.number(request, name) for name in ("before", "after", "at")]
        if forms.wants_fragment(request):
            page = await load_page(conversation, *edges)
            return render.page(request, "messages/_page.html", page=page, conversation=conversation)
        if edges == [None, None, None]:
            page = await load_first_page(conversation)
        else:
            page = await load_page(conversation, *edges)
        return await pane(request, conversation, status=200, page=page)


async def log(request: Request) -> Response:
    """Only the messages, as a page that reloads itself inside the conversation's page."""
    await access.current_session(request, request.query_params.get("viewer", ""))
    conversation = await access.current_conversation(request)
    response = render.page(
        request,
        "messages/log.html",
        conversation=conversation,
        page=await load_page(conversation),
    )
    if seconds := refresh(request.query_params.get("refresh")):
        response.headers["Refresh"] = str(seconds)
    return response


async def new(request: Request) -> Response:
    """The form for starting a conversation, prefilled from the query string."""
    await access.current_user(request)
    query = request.query_params
    to = ", ".join(query.getlist("to"))
    if query.get("add"):
        to = completed(to, query["add"])
    return await starting(request, to, query.get("title", ""), {})


async def suggestions(request: Request) -> Response:
    """Users who match the last, unfinished name in `to`."""
    user = await access.current_user(request)
    to = request.query_params.get("to", "")
    people = await found(user, unfinished(to))
    return render.page(request, "conversations/_suggestions.html", **people)


async def create(request: Request) -> Response:
    """Start a conversation, or open the one that these two users have."""
    user = await access.current_user(request)
    async with forms.read_form(request) as fields:
        to, title = forms.texts(fields, "to"), forms.text(fields, "title")
    rate_limit.new_conversations.charge(user)
    try:
        conversation_id = await conversations.start(user, to, title)
    except Invalid as refusal:
        return await starting(request, ", ".join(to), title, refusal.errors, 422)
    return forms.see_other(f"/chat/{conversation_id}/")


async def pane(
    request: Request,
    conversation: Conversation,
    *,
    status: int = 200,
    body: str = "",
    error: str | None = None,
    chosen_refresh: str | None = None,
    **context: object,
) -> Response:
    """The page of a conversation, with the composer's present text and error."""
    user = await access.current_user(request)
    people = await participants.list_people(conversation.id)
    if "page" not in context:
        context["page"] = await load_page(conversation)
    return render.page(
        request,
        "conversations/show.html",
        status,
        conversation=asdict(conversation) | {"people": people},
        inbox=await load_inbox(user),
        **asdict(await load_presence(conversation, user)),
        client_id=str(uuid.uuid4()),
        author=user.id,
        body=body,
        error=error,
        refresh=refresh(chosen_refresh or request.query_params.get("refresh")),
        **context,
    )


def refresh(value: str | None) -> int | None:
    return int(value) if value in REFRESH_CHOICES else None


async def starting(
    request: Request, to: str, title: str, errors: dict[str, str], status: int = 200
) -> Response:
    return render.page(
        request,
        "conversations/new.html",
        status,
        values={"to": to, "title": title},
        errors=errors,
        **await found(await access.current_user(request), unfinished(to)),
    )


def unfinished(to: str) -> str:
    """The last name in the list."""
    return to.rpartition(",")[2].strip()


def completed(to: str, username: str) -> str:
    """The list, its last, unfinished name replaced by a username, ready for the next one."""
    finished = to.rpartition(",")[0].strip()
    return f"{finished}, {username}, " if finished else f"{username}, "
