"""Finding conversations and people by name, and messages by what they say."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

import render
from actions import conversations, search, users
from actions.errors import Invalid
from actions.search import Results
from db import conversations as stored
from db import inbox
from db.conversations import Conversation
from db.users import User
from routes import access, forms, rate_limit
from routes.inbox import page_with_inbox

RECENT = 8


async def index(request: Request) -> Response:
    """What matches in the user's conversations, or in the one that `in` says: names of
    conversations and people, then messages, newest first. Before anything is typed it is the user's
    latest conversations. With `before` it is a further page of messages.

    For htmx only the results, or the lines of a further page.
    """
    user = await access.current_user(request)
    conversation = await named_conversation(request, user)
    q = request.query_params.get("q", "")
    before = before_of(request)
    if q.strip():
        rate_limit.searches.charge(user)
    names = {} if conversation or before else await named(user, q.strip())
    results, error = await messages(user, q, conversation, before)
    context = {
        "q": q,
        "conversation_searched": conversation,
        "conversations": [],
        "people": [],
        "results": results,
        "error": error,
        "is_further": before is not None,
        **names,
    }
    if forms.wants_fragment(request):
        name = "search/_messages.html" if before else "search/_results.html"
        return render.page(request, name, **context)
    status = 422 if error else 200
    return await page_with_inbox(request, "search/index.html", status, **context)


async def named_conversation(request: Request, user: User) -> Conversation | None:
    """The one to search, if the request says one. 404 for outsiders."""
    id = forms.number(request, "in")
    if id is None:
        return None
    return await stored.get(id, user.id) or access.not_found()


async def named(user: User, q: str) -> dict[str, Any]:
    if not q:
        recent, _, _ = await inbox.list_entries(user.id, None, RECENT)
        return {"conversations": recent}
    return {"conversations": await conversations.search(user, q), "people": await users.search(q)}


async def messages(
    user: User, q: str, conversation: Conversation | None, before: int | None
) -> tuple[Results, str | None]:
    """What was found, or a sentence that says why nothing can be."""
    try:
        return await search.search(user, q, conversation.id if conversation else None, before), None
    except Invalid as refusal:
        return Results([]), refusal.errors["q"]


def before_of(request: Request) -> int | None:
    """The cursor of a further page."""
    value = request.query_params.get("before", "")
    if not value:
        return None
    if not (value.isascii() and value.isdigit()) or len(value) > 19 or int(value) >= 2**63:
        raise HTTPException(400, "“before” must be a whole number.")
    return int(value)


async def shortcuts(request: Request) -> Response:
    """A page that lists the keyboard shortcuts."""
    await access.current_user(request)
    return await page_with_inbox(request, "shortcuts.html")
