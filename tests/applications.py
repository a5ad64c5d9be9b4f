"""Parley, served to a test: in the test's own event loop, or in processes of its own."""

import os
import shlex
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import uvicorn

import settings
from actions import inbox_updates
from app import app
from db import engine
from db.users import User
from live import broker, hub
from live.process import garbage
from live.process.tasks import alongside
from routes.access import COOKIE
from tests import factories
from tests.clients import Visitor
from tests.servers import Server

HOME = Path(__file__).parent.parent
PATIENCE = 10.0
"""Seconds that a statement may take: the machine that tests run on may be busy."""


class Site:
    """Where Parley answers, and who visits it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.visitors = AsyncExitStack()

    async def stranger(self) -> Visitor:
        """A visitor who is not signed in."""
        return await self.visitors.enter_async_context(Visitor(self.url))

    async def visitor(self, user: User) -> Visitor:
        """A visitor who is signed in as `user`. The database has to be open in this process."""
        visitor = await self.stranger()
        visitor.http.cookies.set(COOKIE, await factories.make_session(user), "127.0.0.1")
        return visitor

    async def people(self, *usernames: str) -> list[Visitor]:
        """Several people, new here and signed in."""
        users = [await factories.make_user(username) for username in usernames]
        return [await self.visitor(user) for user in users]


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[str]:
    """The database, open in this process: what `db` and `actions` stand on."""
    await engine.connect(database_url, 5, PATIENCE)
    yield database_url
    await engine.disconnect()


@pytest.fixture
async def live(database: str) -> AsyncIterator[None]:
    """Database and broker, open in this process, without anything that serves."""
    await broker.start("memory://")
    async with alongside(inbox_updates.run()):
        yield
    await broker.stop()


@pytest.fixture
async def site(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    """Parley on real sockets, in the test's own event loop."""
    monkeypatch.setattr(settings, "DATABASE_URL", database_url)
    monkeypatch.setattr(settings, "DATABASE_TIMEOUT", PATIENCE)
    async with served() as site:
        yield site


@asynccontextmanager
async def served(*, without_fast_sockets: bool = False) -> AsyncIterator[Site]:
    """Parley as `settings` say, until the block ends. All visitors go, then the server."""
    options = web_options()
    config = uvicorn.Config(
        app,
        "127.0.0.1",
        port=0,
        log_config=None,
        http="auto" if without_fast_sockets else options["http"],
        ws="websockets-sansio" if without_fast_sockets else options["ws"],
        ws_max_size=options["ws_max_size"],
        ws_per_message_deflate=options["ws_per_message_deflate"],
        timeout_graceful_shutdown=options["timeout_graceful_shutdown"],
        server_header=options["server_header"],
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    with pytest.MonkeyPatch.context() as patch:
        # It would search all that pytest holds, a tenth of a second at each start.
        patch.setattr(garbage, "rarely_collected", nullcontext)
        await server.startup()
    await server.on_tick(0)
    site = Site(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}")
    try:
        async with site.visitors:
            yield site
    finally:
        await server.shutdown()
    assert not hub.subscriber_count(), "a subscription has outlived its connection"


@contextmanager
def database_away() -> Iterator[None]:
    """While the block runs every statement in this process finds no database."""
    with pytest.MonkeyPatch.context() as away:
        away.setattr(engine, "_database", None)
        yield


def web_arguments() -> list[str]:
    """What bin/web says to uvicorn, from the app on."""
    command = (HOME / "bin/web").read_text().replace("\\\n", " ").partition("-m uvicorn")[2]
    return [word for word in shlex.split(command) if word != "$@"]


@cache
def web_options() -> dict[str, Any]:
    """The same, as uvicorn parses it."""
    return uvicorn.main.make_context("uvicorn", web_arguments()).params


class Process(Server):
    """Parley in a process of its own, to be killed and started again on the same port."""

    def __init__(self, **environment: str) -> None:
        super().__init__(Path(sys.executable))
        self.environment = environment

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self) -> Sequence[str | Path]:
        return [HOME / "bin/web", "--host", "127.0.0.1", "--port", str(self.port)]

    def spawn(self, command: Sequence[str | Path]) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                command, cwd=HOME, env=os.environ | self.environment, stdout=log, stderr=log
            )

    def answers(self) -> bool:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"{self.url}/up", timeout=2) as response:
                return bool(response.status == 200)
        except (OSError, urllib.error.URLError):
            return False


@pytest.fixture
def process(database_url: str) -> Iterator[Process]:
    """Parley alone on its database, in a process of its own."""
    with Process(DATABASE_URL=database_url) as process:
        process.start()
        yield process
