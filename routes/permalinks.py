"""A message's own page: in its context, with all that can be done with it."""

from starlette.requests import Request
from starlette.responses import Response

from db import engine
from routes import access
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
