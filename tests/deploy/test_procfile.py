"""The Procfile, run by honcho as a Heroku-style platform runs it."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.applications import HOME, Process, Site
from tests.clients import TIERS, Socket
from tests.deploy.fronts import acquaintances, at
from tests.services import drop_database, new_database
from tests.waiting import PATIENCE, within


class Honcho(Process):
    """A process of the Procfile, with what a platform puts into the environment."""

    def __init__(self, database_url: str, redis_url: str) -> None:
        database_url = database_url.replace("postgresql:", "postgres:") + "?sslmode=disable"
        super().__init__(
            DATABASE_URL=database_url,
            REDIS_URL=redis_url,
            WEB_CONCURRENCY="2",
            FORWARDED_ALLOW_IPS="127.0.0.1",
            PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        )
        self.environment["PORT"] = str(self.port)

    def command(self) -> Sequence[str | Path]:
        return self.honcho("web")

    def honcho(self, name: str) -> list[str]:
        return [sys.executable, "-m", "honcho", "--procfile", "Procfile", "start", name]

    def release(self) -> None:
        environment = os.environ | self.environment
        subprocess.run(
            self.honcho("release"), cwd=HOME, env=environment, check=True, timeout=2 * PATIENCE
        )


@pytest.fixture(scope="module")
def platform(postgresql_server: str, redis_server: str) -> Iterator[Honcho]:
    url = new_database(postgresql_server)
    with Honcho(url, redis_server) as platform:
        platform.release()
        platform.start()
        yield platform
    drop_database(postgresql_server, url)


@pytest.mark.parametrize("tier", TIERS)
async def test_every_tier_talks(platform: Honcho, tier: str) -> None:
    site = Site(platform.url)
    async with site.visitors:
        ada, bob, id = await acquaintances(site)
        async with ada.tab(tier, id) as here, bob.tab("ws", id) as there:
            await here.send("Hello")
            await there.wait_for_bodies("Hello")
            await there.send("Hi")
            await here.wait_for_bodies("Hello", "Hi")


async def test_sessions_are_secure_where_the_router_ends_tls(platform: Honcho) -> None:
    site = Site(platform.url)
    async with site.visitors:
        stranger = await site.stranger()
        response = await stranger.http.post(
            "/signup/",
            data={"username": "secure", "name": "Secure", "password": "correct horse battery"},
            headers={"X-Forwarded-Proto": "https", "X-Forwarded-For": "6.6.6.6, 192.0.2.1"},
        )
    assert response.status_code == 303
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("__Host-session=")
    assert "; secure" in cookie.lower()


async def test_it_ends_before_the_platform_would_kill_it(platform: Honcho) -> None:
    site = Site(platform.url)
    async with site.visitors:
        ada, _, id = await acquaintances(site)
        async with at(ada, Socket, id) as tab:
            with within(8):
                ending = asyncio.create_task(asyncio.to_thread(platform.stop))
                assert await tab.wait_for_end() == 1012
                await ending
    await asyncio.to_thread(platform.start)
