"""A real server under attack, and another user meanwhile."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.applications import Process, Site
from tests.attacks.bystander import Bystander
from tests.clients import Visitor

PASSWORD = "correct horse battery"


@pytest.fixture(scope="session")
def server(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """One process has all of the load, attack after attack."""
    path = shutil.copy(sqlite_template, tmp_path_factory.mktemp("attacked") / "parley.sqlite3")
    with Process(DATABASE_URL=f"sqlite:///{path}") as server:
        server.start()
        yield server


@pytest.fixture(scope="session")
def names() -> Iterator[str]:
    return (f"person{number}" for number in range(1000))


@pytest.fixture
async def site(server: Process) -> AsyncIterator[Site]:
    site = Site(server.url)
    async with site.visitors:
        yield site


@pytest.fixture
async def bystander(site: Site, server: Process, names: Iterator[str]) -> Bystander:
    assert server.process is not None
    visitor = await site.stranger()
    await visitor.join(name := next(names), "Bystander", PASSWORD)
    return Bystander(visitor, name, await visitor.start(name), server.process.pid)


@pytest.fixture
async def mallory(site: Site, names: Iterator[str]) -> Visitor:
    """The attacker has an account."""
    visitor = await site.stranger()
    await visitor.join(next(names), "Mallory", PASSWORD)
    return visitor


@pytest.fixture
async def chat(mallory: Visitor, bystander: Bystander) -> int:
    """Mallory's conversation with the bystander."""
    return await mallory.start(bystander.username)
