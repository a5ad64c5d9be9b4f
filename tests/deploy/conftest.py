"""Deployments, started once for the tests of a module."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.applications import Site
from tests.deploy.fronts import Nginx, Workers
from tests.deploy.trust import trusted
from tests.services import drop_database, new_database


@pytest.fixture(scope="module")
def deployed_database(postgresql_server: str, postgresql_template: str) -> Iterator[str]:
    url = new_database(postgresql_server, template=postgresql_template)
    yield url
    drop_database(postgresql_server, url)


@pytest.fixture(scope="module")
def workers(deployed_database: str, redis_server: str) -> Iterator[Workers]:
    with Workers(DATABASE_URL=deployed_database, REDIS_URL=redis_server) as workers:
        workers.start()
        yield workers


@pytest.fixture(scope="module")
def nginx(workers: Workers) -> Iterator[Nginx]:
    with Nginx(workers.socket) as nginx:
        nginx.start()
        yield nginx


@pytest.fixture(scope="module")
def nginx_without_upgrades(workers: Workers) -> Iterator[Nginx]:
    with Nginx(workers.socket, upgrades=False) as nginx:
        nginx.start()
        yield nginx


@pytest.fixture
async def site(nginx: Nginx, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    async with trusted(nginx, monkeypatch) as site:
        yield site


@pytest.fixture
async def site_without_upgrades(
    nginx_without_upgrades: Nginx, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Site]:
    async with trusted(nginx_without_upgrades, monkeypatch) as site:
        yield site
