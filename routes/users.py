"""Joining, the account page, and finding users."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

import render
from actions import forwards, presence, receipts, sessions, users
from actions.errors import Invalid
from db import forwards as stored_forwards
from db import presence as stored_presence
from db import receipts as stored_receipts
from db import users as stored_users
from db.users import User
from render.assets import MINE
from routes import access, forms, rate_limit
from routes.addresses import network
from routes.inbox import page_with_inbox
from routes.sessions import same_site_path, signed_out

YEAR = 31_536_000
SAVED = ("name", "password", "presence", "forwards", "receipts", "keys")


async def new(request: Request) -> Response:
    """The form for joining; redirects a user who is signed in already."""
    if await access.find_session(request):
        return forms.see_other("/")
    return joining(request, {}, {}, request.query_params.get("next", ""))


async def create(request: Request) -> Response:
    """Join, and sign in."""
    async with forms.read_form(request) as fields:
        values = {field: forms.text(fields, field) for field in ("username", "name")}
        password = forms.text(fields, "password")
        next = forms.text(fields, "next")
    try:
        user = await users.join(values["username"], values["name"], password, network(request))
    except Invalid as refusal:
        return forms.refused(joining(request, values, refusal.errors, next), refusal)
    response = forms.see_other(same_site_path(next))
    access.open_session(request, response, await sessions.start(user))
    return response


async def edit(request: Request) -> Response:
    """The account page."""
    user = await access.current_user(request)
    saved = request.query_params.get("saved")
    return await account(request, user.name, saved=saved if saved in SAVED else None)


async def update_name(request: Request) -> Response:
    user = await access.current_user(request)
    async with forms.read_form(request) as fields:
        name = forms.text(fields, "name")
    try:
        rate_limit.renames.charge(user)
        await users.rename(user, name)
    except Invalid as refusal:
        return await account(request, name, refusal)
    return forms.see_other("/account/?saved=name")


async def update_presence(request: Request) -> Response:
    """Hide or show whether the user is online."""
    user = await access.current_user(request)
    async with forms.read_form(request) as fields:
        await presence.hide(user, forms.text(fields, "hide") == "yes")
    return forms.see_other("/account/?saved=presence")


async def update_forwards(request: Request) -> Response:
    """Show or hide the user's name where others forward their messages."""
    user = await access.current_user(request)
    async with forms.read_form(request) as fields:
        await forwards.hide(user, forms.text(fields, "show") != "yes")
    return forms.see_other("/account/?saved=forwards")


async def update_receipts(request: Request) -> Response:
    """Hide or show how far the user has read."""
    user = await access.current_user(request)
    async with forms.read_form(request) as fields:
        await receipts.hide(user, forms.text(fields, "hide") == "yes")
    return forms.see_other("/account/?saved=receipts")


async def update_keys(request: Request) -> Response:
    """Send with Enter, or with Ctrl+Enter."""
    user = await access.current_user(request)
    async with forms.read_form(request) as fields:
        await users.send_with_ctrl(user, forms.text(fields, "send") == "ctrl")
    return forms.see_other("/account/?saved=keys")


async def update_password(request: Request) -> Response:
    session = await access.current_session(request)
    async with forms.read_form(request) as fields:
        current, password = forms.text(fields, "current"), forms.text(fields, "password")
    try:
        await users.change_password(session, current, password)
    except Invalid as refusal:
        return await account(request, session.user.name, refusal)
    return forms.see_other("/account/?saved=password")


async def destroy(request: Request) -> Response:
    """Delete the account, confirmed by the password."""
    session = await access.current_session(request)
    async with forms.read_form(request) as fields:
        password = forms.text(fields, "delete")
    try:
        await users.delete(session, password)
    except Invalid as refusal:
        return await account(request, session.user.name, refusal)
    return signed_out(request)


async def index(request: Request) -> Response:
    """Users to write to: a page, or for htmx only its results."""
    user = await access.current_user(request)
    q = request.query_params.get("q", "")
    results = {"q": q, **await found(user, q.strip())}
    if forms.wants_fragment(request):
        return render.page(request, "users/_results.html", **results)
    return await page_with_inbox(request, "users/index.html", **results)


async def found(user: User, query: str) -> dict[str, Any]:
    """The users who match, and whether the query is too short to match any. Raises `RateLimited`
    where `user` has searched too often."""
    too_short = users.is_too_short(query)
    if not too_short:
        rate_limit.searches.charge(user)
    return {"people": await users.search(query), "too_short": too_short}


async def mine(request: Request) -> Response:
    """The style sheet that marks a user's own messages.

    Fragments are the same for every viewer, so they cannot say "mine"; this does, without a script.
    """
    css = render.fragment(MINE, id=request.path_params["user_id"])
    headers = {"Cache-Control": f"max-age={YEAR}, immutable"}
    return Response(css, media_type="text/css", headers=headers)


def joining(
    request: Request, values: dict[str, str], errors: dict[str, str], next: str
) -> Response:
    return render.page(
        request, "users/new.html", values=values, errors=errors, next=same_site_path(next)
    )


async def account(
    request: Request, name: str, refusal: Invalid | None = None, saved: str | None = None
) -> Response:
    """The account page, also after a refusal."""
    user_id = (await access.current_user(request)).id
    page = await page_with_inbox(
        request,
        "users/edit.html",
        values={"name": name},
        errors=refusal.errors if refusal else {},
        saved=saved,
        hides_presence=await stored_presence.is_hidden(user_id),
        sends_with_ctrl=await stored_users.sends_with_ctrl(user_id),
        hides_in_forwards=await stored_forwards.is_hidden(user_id),
        hides_receipts=await stored_receipts.are_hidden(user_id),
    )
    return forms.refused(page, refusal) if refusal else page
