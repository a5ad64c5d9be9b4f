"""A message's own page: in its context, with all that can be done with it."""

from starlette.requests import Request
from starlette.responses import Response

import render
from actions import participants
from db import engine, reactions, stars, versions
from db.conversations import Conversation
from db.messages import Message
from db.users import User
from render.reactions import reactors
from routes import access, forms, rate_limit, receipts
from routes.inbox import page_with_inbox
from routes.message_pages import load_context

REACTORS = 100
"""The newest reactions of which the page says whose they are."""


async def show(request: Request) -> Response:
    """The page; for htmx only what can be done with the message. 404 for outsiders, and where there
    is no such message."""
    async with engine.connection():
        conversation = await access.current_conversation(request)
        message = await access.current_message(request, conversation)
        user = await access.current_user(request)
        if forms.wants_fragment(request):
            return await part(
                request,
                "messages/_actions.html",
                message,
                is_menu=True,
                is_starred=await is_starred(request, message),
                own=await reactions.get_own(conversation.id, message.position, user.id),
            )
        return await page(request, conversation, message)


async def mark_unread(request: Request) -> Response:
    """Mark the message, and all after it, as unread; redirects to the inbox, since the conversation
    would mark them as read again."""
    conversation = await access.current_conversation(request)
    user = await access.current_user(request)
    message = await access.current_message(request, conversation)
    rate_limit.frames_and_posts.charge(user)
    await participants.mark_unread(user, conversation.id, message.position)
    return forms.see_other("/")


async def page(
    request: Request,
    conversation: Conversation,
    message: Message,
    status: int = 200,
    errors: dict[str, str] | None = None,
    body: str | None = None,
    emoji: str = "",
) -> Response:
    """The page, with a sentence for what was refused, and the text that was to be the message's, or
    the reaction to it."""
    user = await access.current_user(request)
    own = await reactions.get_own(conversation.id, message.position, user.id)
    found = await reactions.list_reactors(conversation.id, message.position, REACTORS)
    return await page_with_inbox(
        request,
        "messages/show.html",
        status,
        conversation=conversation,
        message=message,
        is_own=is_own(message, user),
        is_menu=False,
        is_starred=await is_starred(request, message),
        page=await load_context(conversation, message.position),
        versions=await versions.list_earlier(conversation.id, message.position, user.id),
        own=own,
        reactions=reactors(message.reactions or (), own, found, user.id),
        reach=await receipts.load_reach(conversation, message),
        errors=errors or {},
        emoji=emoji,
        body=body,
    )


async def is_starred(request: Request, message: Message) -> bool:
    """Whether the user has starred the message."""
    user = await access.current_user(request)
    return await stars.has(user.id, message.conversation_id, message.position)


async def part(
    request: Request, name: str, message: Message, status: int = 200, **context: object
) -> Response:
    """A part of the page alone."""
    user = await access.current_user(request)
    return render.page(
        request, name, status, message=message, is_own=is_own(message, user), **context
    )


def is_own(message: Message, user: User) -> bool:
    """Whether it is the user's to change. Event lines have an author as well, and never change."""
    return message.author_id == user.id and message.event is None
