"""Two taps on a slow line: a form that makes or ends something survives being sent twice."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from starlette.routing import Route

from app import app
from db.users import User
from tests.applications import Site
from tests.clients import Visitor
from tests.factories import PASSWORD, make_conversation, new_id
from tests.pages import Page, errors

NEW_PASSWORD = "another horse battery"
SOON = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M}"
SCHEDULED = new_id()
FORMS: dict[str, tuple[dict[str, str], str]] = {
    "/signup/": ({"username": "eve", "name": "Eve", "password": PASSWORD}, "/"),
    "/login/": ({"username": "ada", "password": PASSWORD}, "/"),
    "/logout/": ({}, "/login/"),
    "/account/name/": ({"name": "Countess"}, "/account/?saved=name"),
    "/account/presence/": ({"hide": "yes"}, "/account/?saved=presence"),
    "/account/keys/": ({"send": "ctrl"}, "/account/?saved=keys"),
    "/account/forwards/": ({}, "/account/?saved=forwards"),
    "/account/receipts/": ({"hide": "yes"}, "/account/?saved=receipts"),
    "/account/password/": (
        {"current": PASSWORD, "password": NEW_PASSWORD},
        "/account/?saved=password",
    ),
    "/account/sessions/": ({}, "/login/"),
    "/account/delete/": ({"delete": PASSWORD}, "/login/"),
    "/chat/new/": ({"to": "bob", "title": "Tea", "client_id": new_id()}, "/chat/"),
    "/chat/{conversation_id:id}/messages/": ({"client_id": new_id(), "body": "Hello"}, "/chat/"),
    "/chat/{conversation_id:id}/{position:id}/edit/": (
        {"body": "Other words", "revision": "1"},
        "/chat/",
    ),
    "/chat/{conversation_id:id}/{position:id}/unsend/": ({}, "/chat/"),
    "/chat/{conversation_id:id}/{position:id}/forward/": (
        {"to": "CHAT", "client_id": new_id()},
        "/chat/",
    ),
    "/chat/{conversation_id:id}/{position:id}/pin/": ({"on": "1"}, "/chat/"),
    "/chat/{conversation_id:id}/{position:id}/star/": ({"on": "1"}, "/chat/"),
    "/chat/{conversation_id:id}/{position:id}/react/": ({"emoji": "👍", "on": "1"}, "/chat/"),
    "/chat/{conversation_id:id}/draft/": ({"client_id": new_id(), "body": "Hello"}, "/chat/"),
    "/scheduled/{client_id:uuid}/": (
        {"body": "Other words", "send_at": SOON, "time_zone": "UTC"},
        "/chat/",
    ),
    "/scheduled/{client_id:uuid}/send/": ({}, "/scheduled/"),
    "/scheduled/{client_id:uuid}/cancel/": ({}, "/scheduled/"),
    "/scheduled/drafts/": ({"client_id": new_id()}, "/scheduled/"),
    "/chat/{conversation_id:id}/read/": ({"position": "1"}, "/chat/"),
    "/chat/{conversation_id:id}/{position:id}/unread/": ({}, "/"),
    "/read/": ({}, "/"),
    "/chat/{conversation_id:id}/people/remove/": ({"user": "BOB"}, "/chat/"),
    "/chat/{conversation_id:id}/leave/": ({}, "/"),
}
WITHOUT_A_FORM = {"/chat/{conversation_id:id}/typing/", "/delivered/"}


def test_guard_that_every_form_is_among_them() -> None:
    posts = {route.path for route in app.routes if isinstance(route, Route) and posts_to(route)}
    assert posts == FORMS.keys() | WITHOUT_A_FORM


def posts_to(route: Route) -> bool:
    return "POST" in (route.methods or ())


Send = Callable[[], Awaitable[httpx.Response]]
Twice = Callable[[Send], Awaitable[list[httpx.Response]]]


async def after_each_other(send: Send) -> list[httpx.Response]:
    return [await send(), await send()]


async def at_once(send: Send) -> list[httpx.Response]:
    return list(await asyncio.gather(send(), send()))


@pytest.mark.parametrize("twice", [after_each_other, at_once])
@pytest.mark.parametrize("path", FORMS)
async def test_both_are_answered_as_the_first(
    site: Site, ada: Visitor, user: User, other: User, path: str, twice: Twice
) -> None:
    fields, where = FORMS[path]
    chat = await make_conversation([user, other], "Tea")
    if "messages" not in path:
        await ada.post(f"/chat/{chat}/messages/", client_id=new_id(), body="First")
    sender = await site.stranger() if path in ("/signup/", "/login/") else ada
    known = {"BOB": str(other.id), "CHAT": str(chat)}
    fields = {name: known.get(value, value) for name, value in fields.items()}
    later = {"client_id": SCHEDULED, "body": "Later", "send_at": f"{SOON}Z"}
    assert (await ada.post(f"/chat/{chat}/messages/", **later)).status_code == 303
    address = path.replace("{conversation_id:id}", str(chat)).replace("{position:id}", "1")
    address = address.replace("{client_id:uuid}", SCHEDULED)
    answers = await twice(lambda: sender.post(address, **fields))
    assert [answer.status_code for answer in answers] == [303, 303], errors(answers[-1].text)
    first, second = (answer.headers["location"].partition("?next")[0] for answer in answers)
    assert first.startswith(where)
    assert second == first
    page = await sender.get("/")
    signs_out = path in ("/logout/", "/account/sessions/", "/account/delete/")
    assert page.status_code == (303 if signs_out else 200)
    if not signs_out:
        lines = {line.id for line in Page(page.text).inbox()}
        new = {int(first.split("/")[2])} if path == "/chat/new/" else set()
        before = set() if "leave" in path or path == "/signup/" else {chat}
        assert lines == before | new
