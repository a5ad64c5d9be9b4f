"""Jumping to a conversation or a person by name."""

from starlette.requests import Request
from starlette.responses import Response

import render
from actions import conversations
from db import inbox
from routes import access, forms
from routes.inbox import page_with_inbox
from routes.users import found

RECENT = 8


async def index(request: Request) -> Response:
    """The user's conversations and others' names that match, the user's latest conversations
    before anything is typed: a page, or for htmx only its results."""
    user = await access.current_user(request)
    q = request.query_params.get("q", "").strip()
    if q:
        people = await found(user, q)
        results = {"conversations": await conversations.search(user, q), **people}
    else:
        recent, _, _ = await inbox.list_entries(user.id, None, RECENT)
        results = {"conversations": recent, "people": []}
    if forms.wants_fragment(request):
        return render.page(request, "search/_results.html", q=q, **results)
    return await page_with_inbox(request, "search/index.html", q=q, **results)


async def shortcuts(request: Request) -> Response:
    """A page that lists the keyboard shortcuts."""
    await access.current_user(request)
    return await page_with_inbox(request, "shortcuts.html")
