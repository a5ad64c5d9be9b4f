"""Signing in and out."""

from starlette.requests import Request
from starlette.responses import Response

import render
from actions import sessions
from actions.errors import Invalid
from routes import access, forms
from routes.addresses import network


async def new(request: Request) -> Response:
    """The sign-in form; redirects a user who is signed in already."""
    next = request.query_params.get("next", "")
    if await access.find_session(request):
        return forms.see_other(same_site_path(next))
    return signing_in(request, "", {}, next)


async def create(request: Request) -> Response:
    """Sign in. A wrong password gets the form again (422), too many get 429 with Retry-After."""
    async with forms.read_form(request) as fields:
        username, password = forms.text(fields, "username"), forms.text(fields, "password")
        next = forms.text(fields, "next")
    try:
        token = await sessions.sign_in(username, password, network(request))
    except Invalid as refusal:
        response = signing_in(request, username, refusal.errors, next)
        return forms.refused(response, refusal)
    for before in await access.find_sessions(request):
        await sessions.sign_out(before)
    response = forms.see_other(same_site_path(next))
    access.open_session(request, response, token)
    return response


async def destroy(request: Request) -> Response:
    """Sign out here: no cookie of this browser opens a session afterwards."""
    for session in await access.find_sessions(request):
        await sessions.sign_out(session)
    return signed_out(request)


async def destroy_all(request: Request) -> Response:
    """Sign out everywhere."""
    await sessions.sign_out_everywhere(await access.current_user(request))
    return signed_out(request)


def signed_out(request: Request) -> Response:
    """Redirects to the sign-in without a session; the browser clears its cache."""
    response = forms.see_other("/login/")
    access.close_session(request, response)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def signing_in(
    request: Request,
    username: str,
    errors: dict[str, str],
    next: str,
    status: int = 200,
    kept: str = "",
) -> Response:
    return render.page(
        request,
        "sessions/new.html",
        status,
        values={"username": username},
        errors=errors,
        next=same_site_path(next),
        kept=kept,
    )


def same_site_path(address: str) -> str:
    """The address if it is a path of this site, else the inbox: no open redirect."""
    is_path = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if is_path and address.isprintable() and "\\" not in address else "/"
