"""A real browser, Parley served to it on SQLite, and the people in between.

One browser serves all tests, so they share its event loop; each has a server, a database and
browser contexts of its own.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

import db.engine
import settings
from tests import programs
from tests.applications import Process, Site, served
from tests.browser.catalogue import Catalogue, collect
from tests.browser.engines import Engine, windows
from tests.browser.engines.chromium import chromium as in_chromium
from tests.browser.faulty_proxy import FaultyProxy
from tests.browser.people import People
from tests.waiting import PATIENCE

OPTIONS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HERE = Path(__file__).parent

expect.set_options(timeout=PATIENCE * 1000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is in this folder needs a browser, and runs in its event loop."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker("browser")
            if pytest_asyncio.is_async_test(item):
                item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=programs.headless_chromium(), args=OPTIONS
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session", params=windows.names())
async def engine(request: pytest.FixtureRequest, chromium: Browser) -> AsyncIterator[Engine]:
    """A window of each browser engine that runs here."""
    name = request.param
    opened = in_chromium(chromium) if name == "chromium" else windows.window(name)
    async with opened as engine:
        yield engine


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def catalogue(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """Every page and fragment."""
    path = shutil.copy(sqlite_template, tmp_path_factory.mktemp("catalogue") / "parley.sqlite3")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "DATABASE_URL", f"sqlite:///{path}")
        async with served() as site:
            return await collect(site)


@pytest_asyncio.fixture(loop_scope="session")
async def site(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    """Parley in this process, so that a test may look into its database."""
    monkeypatch.setattr(settings, "DATABASE_URL", sqlite_url)
    async with served() as site:
        yield site


@pytest_asyncio.fixture(loop_scope="session")
async def people(chromium: Browser, site: Site) -> AsyncIterator[People]:
    """Who visits the site."""
    async with People(chromium, site.url) as people:
        yield people


@pytest_asyncio.fixture(loop_scope="session")
async def proxy(site: Site) -> AsyncIterator[FaultyProxy]:
    """A way to the site on which things can be made to go wrong."""
    async with FaultyProxy(site.url) as proxy:
        yield proxy


@pytest_asyncio.fixture(loop_scope="session")
async def travellers(chromium: Browser, proxy: FaultyProxy) -> AsyncIterator[People]:
    """The site's visitors, by the proxy."""
    async with People(chromium, proxy.url) as travellers:
        yield travellers


@pytest_asyncio.fixture(loop_scope="session")
async def process(sqlite_url: str) -> AsyncIterator[Process]:
    """Parley in a process of its own, to be killed. Its database is open here as well."""
    with Process(DATABASE_URL=sqlite_url) as process:
        await asyncio.to_thread(process.start)
        await db.engine.connect(sqlite_url, 5, 2.5)
        yield process
        await db.engine.disconnect()
