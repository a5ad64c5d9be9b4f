"""Typing notifications by POST, for pages without a socket."""

from starlette.requests import Request
from starlette.responses import Response

from actions import typing_notifications
from routes import access, rate_limit


async def create(request: Request) -> Response:
    conversation = await access.current_conversation(request)
    user = await access.current_user(request)
    rate_limit.frames_and_posts.charge(user)
    await typing_notifications.publish(user, conversation.id)
    return Response(status_code=204)
