"""One's own place in a conversation."""

from starlette.requests import Request
from starlette.responses import Response

from actions import participants
from routes import access, form


async def update_read(request: Request) -> Response:
    """Note how far one has read; a plain form is led back to the conversation."""
    conversation = await access.current_conversation(request)
    async with request.form() as fields:
        position = form.whole(form.text(fields, "position"), "position")
    await participants.read(await access.current_user(request), conversation.id, position)
    if form.wants_fragment(request):
        return Response(status_code=204)
    return form.see_other(f"/chat/{conversation.id}/")
