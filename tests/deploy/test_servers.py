"""Other ASGI servers than uvicorn: they offer less, and Parley works all the same."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import websockets

from routes.access import COOKIE
from tests.applications import Site
from tests.clients import LIVE_TIERS, TIERS, Socket
from tests.deploy.fronts import PlainServer, acquaintances, at, newcomer
from tests.waiting import PATIENCE, within

REFUSED = {"daphne": 403, "hypercorn": 404}
"""What an outsider's handshake gets. Without ASGI's denial extension there is only a bare 403."""

RESTARTING = {"daphne": 1006, "hypercorn": 1012}
"""How sockets end with the server: daphne does not wait until their close frames are sent."""


@pytest.fixture(scope="module", params=["daphne", "hypercorn"])
def server(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PlainServer]:
    path = tmp_path_factory.mktemp(request.param) / "parley.sqlite3"
    shutil.copy(sqlite_template, path)
    with PlainServer(request.param, DATABASE_URL=f"sqlite:///{path}", HEARTBEAT="1") as server:
        server.start()
        yield server


@pytest.mark.parametrize("tier", TIERS)
async def test_every_tier_talks(server: PlainServer, tier: str) -> None:
    site = Site(server.url)
    async with site.visitors:
        ada, bob, id = await acquaintances(site)
        async with ada.tab(tier, id) as here, bob.tab("ws", id) as there:
            await here.send("Hello")
            await there.wait_for_bodies("Hello")
            await there.send("Hi")
            await here.wait_for_bodies("Hello", "Hi")


async def test_outsiders_and_other_sites_get_no_socket(server: PlainServer) -> None:
    site = Site(server.url)
    async with site.visitors:
        ada, _, id = await acquaintances(site)
        outsider, _ = await newcomer(site)
        with pytest.raises(websockets.InvalidStatus) as refusal:
            await outsider.connect(f"/ws/chat/{id}/")
        assert refusal.value.response.status_code == REFUSED[server.name]
        with pytest.raises(websockets.InvalidStatus) as refusal:
            await ada.connect("/ws/inbox/", Origin="https://elsewhere.example")
        assert refusal.value.response.status_code == 403


async def test_a_secure_session_counts_where_sockets_have_no_scheme(server: PlainServer) -> None:
    """Daphne does not say that a handshake came over TLS."""
    site = Site(server.url)
    async with site.visitors:
        ada, _ = await newcomer(site)
        ada.http.cookies.set("__Host-session", ada.http.cookies.pop(COOKIE))
        async with ada.connect("/ws/inbox/") as socket:
            await asyncio.wait_for(socket.recv(), PATIENCE)


@pytest.mark.parametrize("path", ["/ws/inbox/", "/ws/chat/{id}/"])
async def test_a_quiet_socket_says_that_it_is_alive(server: PlainServer, path: str) -> None:
    site = Site(server.url)
    async with site.visitors:
        ada, _, id = await acquaintances(site)
        async with ada.connect(path.format(id=id)) as socket, asyncio.timeout(PATIENCE):
            for _ in range(3):
                await socket.recv()


@pytest.mark.parametrize("tier", LIVE_TIERS)
async def test_streams_end_with_the_session(server: PlainServer, tier: str) -> None:
    site = Site(server.url)
    async with site.visitors:
        ada, _, id = await acquaintances(site)
        async with at(ada, TIERS[tier], id) as tab:
            await ada.sign_out()
            assert await tab.wait_for_end() == 4401


async def test_close_codes_come_through(server: PlainServer) -> None:
    site = Site(server.url)
    async with site.visitors:
        ada, _, id = await acquaintances(site)
        async with at(ada, Socket, id) as tab:
            await tab.say(type="nonsense")
            assert await tab.wait_for_end() == 4400


async def test_it_ends_in_time_and_comes_back(server: PlainServer) -> None:
    site = Site(server.url)
    async with site.visitors:
        ada, bob, id = await acquaintances(site)
        async with at(ada, Socket, id) as here, bob.tab("sse", id, persistent=True) as there:
            with within(8):
                await asyncio.to_thread(server.stop)
            assert await here.wait_for_end() == RESTARTING[server.name]
            await asyncio.to_thread(server.start)
            await here.send_by_post("Back")
            await there.wait_for_bodies("Back")
