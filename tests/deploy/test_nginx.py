"""deploy/nginx.conf in front of what deploy/parley.service starts, on PostgreSQL and Redis."""

import asyncio
import hashlib
import os
import re
import signal
import uuid
from base64 import b64encode
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Any

import asyncpg
import httpx
import pytest
import websockets

from app import FORM_BYTES, MESSAGE_BYTES
from routes.errors import KEPT_BYTES
from routes.middleware.security import HTTPS_ONLY, PAGE_HEADERS
from tests import clients
from tests.applications import HOME, Site
from tests.clients import LIVE_TIERS, TIERS, Socket
from tests.deploy.fronts import Nginx, Workers, acquaintances, at, newcomer
from tests.pages import parsed, text_of
from tests.waiting import eventually, within

FIRST_FRAME = 4.0
"""Seconds after which a page takes its transport for one that doesn't work (static/js/live.js)."""


SECURED = {
    name.lower(): value
    for name, value in PAGE_HEADERS.items()
    if name not in ("Content-Security-Policy", "Permissions-Policy", "Cross-Origin-Opener-Policy")
} | {"strict-transport-security": HTTPS_ONLY}


def test_nginx_accepts_the_configuration(nginx: Nginx) -> None:
    assert "syntax is ok" in nginx.check()
    assert "[emerg]" not in nginx.log()


@pytest.mark.parametrize("tier", TIERS)
async def test_every_tier_talks(site: Site, tier: str) -> None:
    ada, bob, id = await acquaintances(site)
    async with ada.tab(tier, id) as here, bob.tab("ws", id) as there:
        await here.send("Hello")
        await there.wait_for_bodies("Hello")
        await there.send("Hi")
        await here.wait_for_bodies("Hello", "Hi")


async def test_two_workers_reach_each_other(site: Site, workers: Workers) -> None:
    ada, bob, id = await acquaintances(site)
    one, other = workers.pids()
    here, there = ada.tab("ws", id), bob.tab("ws", id)
    async with AsyncExitStack() as tabs:
        with stopped(other):
            await tabs.enter_async_context(here)
        with stopped(one):
            await tabs.enter_async_context(there)
        await here.send("Hello")
        await there.wait_for_bodies("Hello")
        await there.send("Hi")
        await here.wait_for_bodies("Hello", "Hi")


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """The other worker alone serves. For a moment: uvicorn replaces one that stands for 5 s."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def test_sessions_are_secure(site: Site) -> None:
    stranger = await site.stranger()
    response = await stranger.http.post(
        "/signup/",
        data={"username": "secure", "name": "Secure", "password": "correct horse battery"},
        headers={"X-Forwarded-Proto": "http"},
    )
    assert response.status_code == 303
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("__Host-session=")
    assert "; secure" in cookie.lower()
    assert "max-age" in response.headers["strict-transport-security"]
    assert (await stranger.get("/")).status_code == 200


async def test_plain_http_is_led_to_https(nginx: Nginx) -> None:
    async with httpx.AsyncClient(verify=clients.SSL, trust_env=False) as http:
        response = await http.get(f"http://127.0.0.1:{nginx.plain_port}/people/?q=ada")
    assert response.status_code == 308
    assert response.headers["location"] == "https://chat.example.org/people/?q=ada"


async def test_an_address_is_what_nginx_says(site: Site, deployed_database: str) -> None:
    stranger = await site.stranger()
    headers = {"X-Forwarded-For": "6.6.6.6", "Forwarded": "for=6.6.6.6", "X-Real-IP": "6.6.6.6"}
    fields = {"username": "nobody_of_that_name", "password": "a guess, a wrong one"}
    response = await stranger.http.post("/login/", data=fields, headers=headers)
    assert response.status_code == 422
    connection = await asyncpg.connect(deployed_database)
    try:
        query = "SELECT address FROM login_attempts WHERE username = $1"
        assert await connection.fetchval(query, fields["username"]) == "127.0.0.1"
    finally:
        await connection.close()


async def test_nginx_and_parley_name_a_request_alike(
    site: Site, nginx: Nginx, workers: Workers
) -> None:
    stranger = await site.stranger()
    answer = await stranger.get("/login/?named", X_Request_ID="chosen-by-the-client")
    id = answer.headers["x-request-id"]
    log = nginx.folder / "access.log"
    await eventually(lambda: id in log.read_text() and f'"request": "{id}"' in workers.whole_log())
    assert '"GET /login/ HTTP/1.1" 200' in log.read_text()
    assert "named" not in log.read_text(), "a query string may hold a name that was searched for"


@pytest.mark.parametrize("http2", [False, True])
async def test_events_arrive_at_once(site: Site, http2: bool) -> None:
    ada, bob, id = await acquaintances(site)
    cookies = {"__Host-session": bob.http.cookies["__Host-session"]}
    browser = httpx.AsyncClient(
        base_url=site.url, verify=clients.SSL, trust_env=False, http2=http2, cookies=cookies
    )
    async with browser, browser.stream("GET", f"/sse/chat/{id}/") as response:
        assert response.http_version == ("HTTP/2" if http2 else "HTTP/1.1")
        pieces = response.aiter_text()
        async with asyncio.timeout(FIRST_FRAME):
            assert "<hx-cursor" in await anext(pieces)
        fields = {"client_id": str(uuid.uuid4()), "body": "At once"}
        assert (await ada.hx_post(f"/chat/{id}/messages/", **fields)).status_code == 200
        with within(1):
            async for piece in pieces:
                if "At once" in piece:
                    break


async def test_only_participants_get_a_socket(site: Site) -> None:
    _, _, id = await acquaintances(site)
    outsider, _ = await newcomer(site)
    with pytest.raises(websockets.InvalidStatus) as refusal:
        await outsider.connect(f"/ws/chat/{id}/")
    assert refusal.value.response.status_code == 404


async def test_only_the_site_itself_gets_a_socket(site: Site) -> None:
    ada, _ = await newcomer(site)
    with pytest.raises(websockets.InvalidStatus) as refusal:
        await ada.connect("/ws/inbox/", Origin="https://elsewhere.example")
    assert refusal.value.response.status_code == 403
    async with ada.connect("/ws/inbox/", Origin=site.url):
        pass


@pytest.mark.parametrize("tier", LIVE_TIERS)
async def test_streams_end_with_the_session(site: Site, tier: str) -> None:
    ada, _, id = await acquaintances(site)
    async with at(ada, TIERS[tier], id) as tab:
        await ada.sign_out()
        assert await tab.wait_for_end() == 4401


async def test_close_codes_come_through(site: Site) -> None:
    ada, _, id = await acquaintances(site)
    async with at(ada, Socket, id) as tab:
        await tab.say(type="nonsense")
        assert await tab.wait_for_end() == 4400


async def test_what_is_too_large_is_refused(site: Site) -> None:
    ada, _, id = await acquaintances(site)
    for path, limit in {"/login/": FORM_BYTES, f"/chat/{id}/messages/": MESSAGE_BYTES}.items():
        fitting = await ada.post(path, username="", body="x" * (limit - 50))
        assert fitting.status_code == 422
        response = await ada.post(path, username="", body="x" * limit)
        assert response.status_code == 413
        assert "Too large" in text_of(parsed(response.text).find("h1"))


async def test_a_message_that_is_too_large_comes_back_from_parley_or_is_refused_by_nginx(
    site: Site,
) -> None:
    ada, _, id = await acquaintances(site)
    path, empty = f"/chat/{id}/messages/", len("username=&body=")
    largest = "x" * (KEPT_BYTES - empty)
    response = await ada.post(path, username="", body=largest)
    assert response.status_code == 413
    assert text_of(parsed(response.text).find("textarea", id="kept")) == largest
    beyond = await ada.post(path, username="", body=largest + "x")
    assert beyond.status_code == 413
    assert "Go back: what you wrote is still there." in beyond.text
    stranger = await site.stranger()
    for _ in range(5):  # is answered unread, and yet the answer is not lost
        refused = await stranger.post(path, username="", body=largest)
        assert refused.status_code == 413
        assert "Go back: what you wrote is still there." in refused.text
    assert (await ada.get("/login/", x_long="x" * 9_000)).status_code == 400


async def test_a_form_that_is_too_large_gets_the_page_of_nginx_by_http2_too(site: Site) -> None:
    options: dict[str, Any] = {"verify": clients.SSL, "trust_env": False, "http2": True}
    async with httpx.AsyncClient(base_url=site.url, **options) as browser:
        refused = await browser.post("/login/", data={"password": "x" * 20_000})
    assert (refused.http_version, refused.status_code) == ("HTTP/2", 413)
    assert "Go back: what you wrote is still there." in refused.text


async def test_the_pages_of_nginx_look_and_are_secured_like_any(
    site: Site, workers: Workers
) -> None:
    stranger = await site.stranger()
    pages = {
        413: await stranger.post("/login/", password="x" * 600_000),
        414: await stranger.get("/login/?" + "x" * 9_000),
    }
    workers.stop()
    try:
        pages[503] = await stranger.get("/login/")
    finally:
        workers.start()
    assert pages[503].headers["retry-after"] == "2"
    for status, page in pages.items():
        assert page.status_code == status
        assert page.headers["content-type"].startswith("text/html")
        assert {name: page.headers[name] for name in SECURED} == SECURED
        style = hashlib.sha256(
            page.text.partition("<style>")[2].partition("</style>")[0].encode()
        ).digest()
        assert b64encode(style).decode() in page.headers["content-security-policy"]
        assert "Go to Parley" in page.text


def test_one_address_cannot_take_all_connections() -> None:
    [each] = re.findall(
        r"limit_conn parley_addresses (\d+);", (HOME / "deploy/nginx.conf").read_text()
    )
    guide = (HOME / "docs/deploy.md").read_text()
    [whole] = re.findall(
        r"`worker_connections` in\s+`/etc/nginx/nginx.conf` .* to (\d+) at least", guide
    )
    assert 4 * int(each) < int(whole), (
        "with one to nginx and one to Parley, half are left to others"
    )


async def test_what_is_for_operators_stays_inside(site: Site) -> None:
    stranger = await site.stranger()
    assert (await stranger.get("/metrics")).status_code == 404
    assert (await stranger.get("/up")).status_code == 200


@pytest.mark.parametrize("tier", ["sse", "poll"])
async def test_without_upgrades_the_other_tiers_talk(
    site_without_upgrades: Site, tier: str
) -> None:
    ada, bob, id = await acquaintances(site_without_upgrades)
    with pytest.raises(websockets.InvalidStatus) as refusal:
        await ada.connect(f"/ws/chat/{id}/")
    assert refusal.value.response.status_code == 404
    async with ada.tab(tier, id) as here, bob.tab(tier, id) as there:
        await here.send("Hello")
        await there.wait_for_bodies("Hello")
