"""Starring a message, what a user has starred, and how a conversation marks it."""

from contextlib import suppress

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

import render
from actions import stars
from actions.errors import Invalid
from db import conversations, messages
from db import stars as stored
from db.stars import Star
from render.messages import address_in_conversation
from routes import access, forms, permalinks, rate_limit
from routes.inbox import page_with_inbox

PAGE = 30


async def index(request: Request) -> Response:
    """A page of what the user has starred, the last first."""
    user = await access.current_user(request)
    before = parse(request.query_params.get("before"))
    found = await stored.list_latest(user.id, before, PAGE + 1)
    shown = found[:PAGE]
    said = await messages.list_at((each.conversation_id, each.position) for each in shown)
    seen = await conversations.list_seen({(each.conversation_id, user.id) for each in shown})
    starred = [
        (each, said[each.conversation_id, each.position], seen[each.conversation_id, user.id].title)
        for each in shown
        if (each.conversation_id, user.id) in seen
    ]
    return await page_with_inbox(
        request,
        "stars/index.html",
        starred=starred,
        before="-".join(map(str, shown[-1])) if len(found) > PAGE else None,
        is_later=before is not None,
    )


async def create(request: Request) -> Response:
    """Star a message (`on`: 1) or take the star away (0): 204 for htmx, else 303 to its place, or
    to the list where the form is `from` there."""
    async with forms.read_form(request) as fields:
        is_starred, is_from_list = forms.switch(fields, "on"), forms.text(fields, "from") == "saved"
    user = await access.current_user(request)
    rate_limit.frames_and_posts.charge(user)
    conversation = await access.current_conversation(request)
    message = await access.current_message(request, conversation)
    try:
        await stars.star(user, message, is_starred)
    except Invalid as refusal:
        return await permalinks.page(request, conversation, message, 422, refusal.errors)
    if forms.wants_fragment(request):
        return Response(status_code=204)
    return forms.see_other("/saved/" if is_from_list else address_in_conversation(message))


async def marks(request: Request) -> Response:
    """The style sheet that marks what the user has starred in a conversation: messages are the same
    for every viewer, so they cannot say it. Empty without a session."""
    positions = []
    with suppress(access.SignedOut):
        conversation = await access.current_conversation(request)
        positions = await stored.list_positions(conversation.reader_id, conversation.id)
    css = render.fragment("stars/marks.css.j2", positions=positions)
    return Response(css, media_type="text/css", headers={"Cache-Control": "no-store"})


def parse(before: str | None) -> Star | None:
    if not before:
        return None
    parts = before.split("-")
    if len(parts) != 3 or not all(
        part.isascii() and part.isdigit() and len(part) <= 16 for part in parts
    ):
        raise HTTPException(400, "“before” must be the end of another page of kept messages.")
    return Star(*map(int, parts))
