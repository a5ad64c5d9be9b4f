"""A message's own page: in its context, with all that can be done with it."""

from starlette.requests import Request
from starlette.responses import Response

from actions import participants
from db import engine
from routes import access, forms, rate_limit
from routes.inbox import page_with_inbox
from routes.message_pages import load_context


async def show(request: Request) -> Response:
    """The page; 404 for outsiders, and where there is no such message."""
    async with engine.connection():
        conversation = await access.current_conversation(request)
        message = await access.current_message(request, conversation)
        return await page_with_inbox(
            request,
            "messages/show.html",
            conversation=conversation,
            message=message,
            page=await load_context(conversation, message.position),
        )


async def mark_unread(request: Request) -> Response:
    """Let the message and what follows it be unread; redirects to the inbox, since whoever stays
    would read it again."""
    conversation = await access.current_conversation(request)
    user = await access.current_user(request)
    message = await access.current_message(request, conversation)
    rate_limit.frames_and_posts.charge(user)
    await participants.mark_unread(user, conversation.id, message.position)
    return forms.see_other("/")
