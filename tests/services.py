"""PostgreSQL and Redis for tests: real ones, started once in each test process.

`TEST_DATABASE_URL` and `TEST_REDIS_URL` name servers to use instead; what is in that Redis is lost.
Nothing here skips: without a server that works, the tests that need it fail and say why.
"""

import os
import shutil
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
import redis

import settings
from db import migration
from tests.servers import PostgreSQL, Redis, execute, in_a_thread, start_postgresql, start_redis
from tests.waiting import PATIENCE

DATABASES = count(1)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh, migrated database of the test's own. Each test runs on both kinds."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'parley.sqlite3')}"


@pytest.fixture
def postgresql_url(postgresql_server: str, postgresql_template: str) -> Iterator[str]:
    url = new_database(postgresql_server, template=postgresql_template)
    yield url
    drop_database(postgresql_server, url)


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """An empty Redis that this process's other tests use as well, each at its time."""
    with redis.Redis.from_url(redis_server) as connection:
        connection.flushdb()
    return redis_server


@pytest.fixture
def spare_postgresql() -> Iterator[PostgreSQL]:
    """A server for this test alone, to be killed; `migrated_database` puts a database there."""
    with start_postgresql() as server:
        yield server


@pytest.fixture
def spare_redis() -> Iterator[Redis]:
    """A server for this test alone, to be killed."""
    with start_redis() as server:
        yield server


def migrated_database(server: PostgreSQL) -> str:
    """The URL of a new, migrated database in a server."""
    url = new_database(server.url)
    migrate(url)
    return url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    migrate(f"sqlite:///{path}")
    leftover = path.with_name(f"{path.name}-wal")
    assert not leftover.exists(), "the migration left a connection open: a copy wouldn't be whole"
    return path


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str) -> Iterator[str]:
    """The URL of the migrated database that those of the tests are copies of."""
    url = new_database(postgresql_server)
    try:
        migrate(url)
        yield url
    finally:
        drop_database(postgresql_server, url)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield settings.database_url(given)
    else:
        with start_postgresql() as server:
            yield server.url


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    if given := os.environ.get("TEST_REDIS_URL"):
        yield given
    else:
        with start_redis() as server:
            yield server.url


def migrate(url: str) -> None:
    in_a_thread(lambda: migration.upgrade(url))


def new_database(server_url: str, template: str | None = None) -> str:
    name = f"parley_test_{os.getpid()}_{next(DATABASES)}"
    statement = f"CREATE DATABASE {name}"
    if template is not None:
        # Half the time of the other way for a database as small as this.
        statement += f" TEMPLATE {database_name(template)} STRATEGY FILE_COPY"
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            execute(server_url, statement)
            break
        except asyncpg.ObjectInUseError:  # the connection of the migration is still closing
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
    return urlsplit(server_url)._replace(path=f"/{name}").geturl()


def drop_database(server_url: str, url: str) -> None:
    execute(server_url, f"DROP DATABASE {database_name(url)} WITH (FORCE)")


def database_name(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")
