"""The page that a form is on, for a GET of the form's address: after a refused form that address
stays in the address bar, to be reloaded or entered again."""

from starlette.requests import Request
from starlette.responses import Response

from routes import access, forms


async def show_account(request: Request) -> Response:
    await access.current_user(request)
    return forms.see_other("/account/")


async def show_conversation(request: Request) -> Response:
    conversation = await access.current_conversation(request)
    return forms.see_other(f"/chat/{conversation.id}/")


async def show_message(request: Request) -> Response:
    conversation = await access.current_conversation(request)
    return forms.see_other(f"/chat/{conversation.id}/{request.path_params['position']}/")


async def show_inbox(request: Request) -> Response:
    await access.current_user(request)
    return forms.see_other("/")
