"""Saying that one is typing, where no socket can."""

from starlette.requests import Request
from starlette.responses import Response

from actions import typing
from routes import access, allowance


async def create(request: Request) -> Response:
    conversation = await access.current_conversation(request)
    user = await access.current_user(request)
    allowance.spend(user)
    await typing.publish(user, conversation.id)
    return Response(status_code=204)
