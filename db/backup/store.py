"""A database as a store of lines, of either kind: read as it was at one moment, filled at once."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol
from urllib.parse import urlsplit

from db import migration
from db.backup import postgres_store, sqlite_store
from db.backup.row_format import Lines, Refused, Table


class Store(Protocol):
    """A database inside one transaction."""

    async def revision(self) -> str | None:
        """The revision of its schema; None where it has none of Parley's."""

    async def tables(self) -> list[Table]:
        """Its tables, each after those that it refers to."""

    async def has_rows(self, table: Table) -> bool:
        """Whether there is anything in a table."""

    def lines(self, table: Table) -> Lines:
        """All of a table, in any order."""

    async def add(self, table: Table, lines: Lines) -> None:
        """Put rows into a table."""

    async def settle(self) -> None:
        """What is left to do, or to check, once all rows are there."""


class Snapshot:
    """Parley's data as it was at one moment, whatever is written meanwhile."""

    def __init__(self, store: Store, revision: str) -> None:
        self.revision = revision
        self._store = store

    async def parts(self) -> AsyncIterator[tuple[Table, Lines]]:
        """Each table with its lines, which have to be read before going on to the next."""
        for table in await self._store.tables():
            yield table, self._store.lines(table)


@asynccontextmanager
async def snapshot(url: str) -> AsyncIterator[Snapshot]:
    """The database at `url` at this moment, for as long as the block lasts."""
    async with opened(url, writing=False) as store:
        revision = await store.revision()
        if revision is None:
            raise Refused(f"There is nothing of Parley in {named(url)}.")
        yield Snapshot(store, revision)


def opened(url: str, *, writing: bool) -> AbstractAsyncContextManager[Store]:
    """A database in a transaction; a writing one keeps others out, and commits at the end."""
    if is_sqlite(url):
        return sqlite_store.opened(migration.sqlite_path(url), writing=writing)
    return postgres_store.opened(url, writing=writing)


def is_sqlite(url: str) -> bool:
    return url.startswith("sqlite")


def named(url: str) -> str:
    """What a database is called in front of people: without its password."""
    if is_sqlite(url):
        return migration.sqlite_path(url)
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()
