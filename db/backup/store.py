"""A database of either kind as a store of rows: read at one moment, filled in one transaction."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from db import migration
from db.backup import postgres_store, sqlite_store
from db.backup.row_format import BackupError, Batches, Table


class Store(Protocol):
    """A database inside one transaction."""

    async def revision(self) -> str | None:
        """The revision of its schema; None where it has none of Parley's."""

    async def tables(self) -> list[Table]:
        """Its tables, each after those that it references."""

    async def has_rows(self, table: Table) -> bool: ...

    def rows(self, table: Table) -> Batches:
        """All rows of a table, in any order."""

    async def add(self, table: Table, batches: Batches) -> None: ...

    async def check_references(self) -> None:
        """Check the foreign keys of what was added, where the database has not."""


@dataclass
class Snapshot:
    """A database at one moment, whatever is written meanwhile."""

    store: Store
    revision: str

    async def contents(self) -> AsyncIterator[tuple[Table, Batches]]:
        for table in await self.store.tables():
            yield table, self.store.rows(table)


@asynccontextmanager
async def snapshot(url: str) -> AsyncIterator[Snapshot]:
    """The database at `url` as it is now, for as long as the block lasts."""
    async with open_store(url, writing=False) as store:
        revision = await store.revision()
        if revision is None:
            raise BackupError(f"{display_name(url)} is not a database of Parley.")
        yield Snapshot(store, revision)


def open_store(url: str, *, writing: bool) -> AbstractAsyncContextManager[Store]:
    """A database in a transaction. Writing locks out other writers and commits at the end."""
    if is_sqlite(url):
        return sqlite_store.opened(migration.sqlite_path(url), writing=writing)
    return postgres_store.opened(url, writing=writing)


def is_sqlite(url: str) -> bool:
    return url.startswith("sqlite")


def display_name(url: str) -> str:
    """A database's name without its password."""
    if is_sqlite(url):
        return migration.sqlite_path(url)
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()
