"""Access: what a user may not see answers like what does not exist."""

import hashlib
import re

import httpx
import pytest
import websockets
from starlette.routing import Route, WebSocketRoute

from app import app
from db import engine
from tests.applications import Site
from tests.clients import LIVE_TIERS, Visitor
from tests.factories import make_conversation, make_message, make_scheduled, make_user
from tests.pages import parsed, text_of

OF_CONVERSATIONS = [
    (method, route.path)
    for route in app.routes
    if isinstance(route, Route) and "conversation_id" in route.path
    for method in sorted(route.methods or ())
]
LEAVING = ("POST", "/chat/{conversation_id:id}/leave/")
SOCKETS = [
    route.path
    for route in app.routes
    if isinstance(route, WebSocketRoute) and "conversation_id" in route.path
]
GETS = sorted(
    {route.path for route in app.routes if isinstance(route, Route) and "GET" in route.methods}  # type: ignore[operator]
)
POSTS = sorted(
    {route.path for route in app.routes if isinstance(route, Route) and "POST" in route.methods}  # type: ignore[operator]
)
TABLES = {
    table: f"SELECT * FROM {table}"  # noqa: S608
    for table in (
        "users",
        "sessions",
        "conversations",
        "participants",
        "messages",
        "drafts",
        "scheduled",
        "reactions",
        "pins",
        "stars",
    )
}
NOWHERE = ["1", str(2**53), str(2**53 + 1), "9" * 30]


TEXTS = ("/messages/", "/edit/", "/draft/")
"""The ends of addresses at which a text is given back."""


def at(path: str, chat: object, user_id: int = 1) -> str:
    """The path of a route for a conversation, with 1 for every other parameter."""
    path = re.sub(r"\{conversation_id:\w+\}", str(chat), path)
    path = re.sub(r"\{user_id:\w+\}", str(user_id), path)
    return re.sub(r"\{\w+:\w+\}", "1", path)


async def asked(visitor: Visitor, method: str, path: str) -> httpx.Response:
    client_id = "00000000-0000-4000-8000-000000000000"
    fields = {"client_id": client_id, "body": "x", "position": "1", "revision": "1"}
    fields |= {"on": "1", "emoji": "👍", "to": "1"}
    return await visitor.http.request(
        method, path, data=fields | {"user": "1"} if method == "POST" else None
    )


async def denial(visitor: Visitor, path: str) -> websockets.Response:
    """What a WebSocket's handshake is answered with."""
    with pytest.raises(websockets.InvalidStatus) as refusal:
        async with visitor.connect(path):
            pass
    return refusal.value.response


def test_guard_that_the_route_table_is_not_empty() -> None:
    assert len(OF_CONVERSATIONS) >= 15
    assert len(SOCKETS) == 1


async def test_to_an_outsider_a_conversation_is_as_missing_as_any_other_page(site: Site) -> None:
    ada, bob = await make_user("ada"), await make_user("bob")
    chat = await make_conversation([ada, bob], "Secret")
    await make_message(ada, chat, "Secret")
    [eve] = await site.people("eve")
    for method, path in OF_CONVERSATIONS:
        if (method, path) == LEAVING:
            continue
        is_text = method == "POST" and path.endswith(TEXTS)
        missing = await asked(eve, method, at(path, 1) if is_text else "/nothing/")
        assert missing.status_code == 404
        for where in [chat, *(NOWHERE[:-1] if is_text else NOWHERE)]:
            answer = await asked(eve, method, at(path, where))
            assert answer.status_code == 404, (method, path)
            assert answer.text == missing.text
            assert without_date(answer) == without_date(missing)
    for where in [chat, *NOWHERE[:-1]]:
        answer = await asked(eve, "POST", f"/chat/{where}/leave/")
        known = (answer.status_code, answer.headers.get("location"), answer.text)
        assert known == (303, "/", ""), "a former participant is led to the inbox, as any outsider"
    for path in SOCKETS:
        missing_body = (await eve.get("/nothing/")).content
        for where in [chat, *NOWHERE]:
            response = await denial(eve, at(path, where))
            assert (response.status_code, response.body) == (404, missing_body)


def without_date(response: httpx.Response) -> dict[str, str]:
    own = ("date", "content-length", "x-request-id", "server-timing")
    return {name: value for name, value in response.headers.items() if name not in own}


async def test_an_unknown_socket_path_is_a_404(site: Site) -> None:
    [eve] = await site.people("eve")
    missing = (await eve.get("/nothing/")).content
    for path in ("/ws/chat/x/", "/ws/", "/nothing/", "/chat/1/"):
        response = await denial(eve, path)
        assert (response.status_code, response.body) == (404, missing)


async def test_a_stranger_learns_nothing(site: Site) -> None:
    ada = await make_user("ada")
    chat = await make_conversation([ada], "Secret")
    stranger = await site.stranger()
    for method, path in OF_CONVERSATIONS:
        answers = [await asked(stranger, method, at(path, where)) for where in (chat, 1)]
        for answer, where in zip(answers, (chat, 1), strict=True):
            assert "Secret" not in answer.text
            is_text = method == "POST" and path.endswith(TEXTS)
            if path.startswith(("/sse", "/poll")) or is_text:
                assert answer.status_code == 401
            elif path.endswith(".css"):
                assert answer.text.strip() == ""
            else:
                back = "/" if method == "POST" else at(path, where)
                assert answer.headers["location"] == f"/login/?next={back}"
        ones, others = (a.text.replace(str(chat), "1") for a in answers)
        assert ones == others
    for path in (*(at(path, chat) for path in SOCKETS), *(at(path, 1) for path in SOCKETS)):
        async with stranger.connect(path) as socket:
            with pytest.raises(websockets.ConnectionClosed):
                await socket.recv()
            assert socket.close_code == 4401
    for path in ("/sse/inbox/", "/poll/inbox/"):
        assert (await stranger.get(path)).status_code == 401
    async with stranger.connect("/ws/inbox/") as socket:
        with pytest.raises(websockets.ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 4401


async def test_a_participant_is_let_in_everywhere(site: Site) -> None:
    ada, bob = await make_user("ada"), await make_user("bob")
    visitor = await site.visitor(ada)
    for method, path in OF_CONVERSATIONS:
        if path.startswith("/sse") or path.endswith("leave/"):
            continue
        chat = await make_conversation([ada, bob], "Tea")
        await make_message(bob, chat)
        answer = await asked(visitor, method, at(path, chat))
        assert answer.status_code < 400 or answer.status_code == 422, (method, path)
    chat = await make_conversation([ada, bob], "Tea")
    await make_message(bob, chat)
    for tier in LIVE_TIERS:
        async with visitor.tab(tier, chat) as tab:
            await tab.wait_for_bodies("Hello")


async def test_nothing_is_changed_by_looking(site: Site) -> None:
    ada, bob = await make_user("ada"), await make_user("bob")
    visitor = await site.visitor(ada)
    chat = await make_conversation([ada, bob], "Tea")
    await make_message(bob, chat)
    [scheduled] = await make_scheduled(ada, chat, [3_600_000])
    before = await stored()
    for path in GETS:
        if path.startswith("/sse") or path == "/metrics":
            continue
        for method in ("GET", "HEAD"):
            query = "?add=bob&title=x&body=x&client_id=x&position=1&name=x&q=bo&emoji=x"
            query += f"&to={chat}" if path.endswith("forward/") else "&to=bob"
            where = at(path.replace("{client_id:uuid}", scheduled), chat, bob.id)
            answer = await visitor.http.request(method, where + query)
            assert answer.status_code in (200, 204, 303), (method, path)
    for path in POSTS:
        where = at(path.replace("{client_id:uuid}", scheduled), chat)
        assert (await visitor.get(where)).status_code in (200, 303), path
    for tier in LIVE_TIERS:
        async with visitor.tab(tier, chat) as tab:
            await tab.wait_for_bodies("Hello")
    assert await stored() == before


async def stored() -> dict[str, str]:
    """The rows of every table, without the last-seen times."""
    found = {}
    for table, everything in TABLES.items():
        rows = [dict(row) for row in await engine.rows(everything)]
        text = sorted(repr({**row, "present_at": 0}) for row in rows)
        found[table] = hashlib.sha256("\n".join(text).encode()).hexdigest()
    return found


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH"])
async def test_other_methods_are_refused(site: Site, method: str) -> None:
    [ada] = await site.people("ada")
    chat = await ada.start("ada")
    for path in ("/", f"/chat/{chat}/", f"/chat/{chat}/messages/", f"/poll/chat/{chat}/"):
        answer = await ada.http.request(method, path)
        assert answer.status_code == 405


async def test_a_missing_page_says_the_same_to_everybody_signed_in(site: Site) -> None:
    [ada] = await site.people("ada")
    page = await ada.get("/nothing/")
    assert text_of(parsed(page.text).find("h1")) == "There is nothing at this address"
    assert page.headers["cache-control"] == "no-store"
    assert (await ada.get("/chat/x/")).text == page.text
    assert (await ada.get("/chat/1/x.css")).text == page.text
    assert (await (await site.stranger()).get("/nothing/")).status_code == 404
