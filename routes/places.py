"""Going to another place of a conversation: a day, the oldest message, the first unread one."""

from datetime import UTC, date, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from db import days, messages
from db.conversations import Conversation
from render.messages import address_in_conversation
from routes import access, forms
from routes.inbox import page_with_inbox
from routes.message_pages import NEWEST

AHEAD = timedelta(hours=14)
"""Where it is tomorrow already."""


async def show(request: Request) -> Response:
    """The form for a day, and links to the other places."""
    conversation = await access.current_conversation(request)
    return await page(request, conversation, request.query_params.get("on", ""))


async def go_to_day(request: Request, conversation: Conversation, on: str) -> Response:
    """Redirects to the first message of a day (UTC) or after it; to the last one where there is
    none. The form again, with a sentence, for what is no day, or is still to come."""
    day = parse(on)
    if day is None:
        return await page(request, conversation, on, "Type a date as in 2026-11-28.")
    if day > (datetime.now(UTC) + AHEAD).date():
        return await page(request, conversation, on, "This day is still to come.")
    midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000
    position = await days.find_position(conversation.id, conversation.last_position, midnight)
    if position is None:
        nearest = await messages.before(conversation.id, NEWEST, 1)
    else:
        nearest = await messages.after(conversation.id, position - 1, 1)
    if not nearest:
        return forms.see_other(f"/chat/{conversation.id}/")
    return forms.see_other(address_in_conversation(nearest[0]))


def parse(on: str) -> date | None:
    try:
        return date.fromisoformat(on)
    except ValueError:
        return None


async def page(
    request: Request, conversation: Conversation, on: str, error: str | None = None
) -> Response:
    return await page_with_inbox(
        request,
        "places/show.html",
        422 if error else 200,
        conversation=conversation,
        on=on,
        is_day=not on or parse(on) is not None,
        error=error,
        today=datetime.now(UTC).date().isoformat(),
    )
