"""Loads a backup, or another database, into an empty database: everything or nothing."""

import asyncio

from db import migration
from db.backup import sqlite_store
from db.backup.archive import Source
from db.backup.row_format import BackupError, Checksum, checksum
from db.backup.store import Store, display_name, is_sqlite, open_store


class Mismatch(BackupError):
    """The database does not hold what was put in, so it was rolled back."""

    def __init__(self, sent: dict[str, Checksum], differing: dict[str, Checksum]) -> None:
        super().__init__(
            f"What arrived differs from what was sent in {', '.join(differing)}: "
            "nothing was kept, the database is empty as before."
        )
        self.sent = sent
        self.differing = differing


async def load(url: str, source: Source) -> dict[str, Checksum]:
    """Load a source into the empty database at `url`, and migrate that to `HEAD`.

    The schema is made first, at the source's revision. One transaction loads all rows; before it
    commits, every row is read back, and compared to the source by count and hash (`Mismatch`).
    """
    if source.revision not in migration.REVISIONS:
        raise BackupError(
            f"Its revision is {source.revision}; this Parley knows those up to {migration.HEAD}."
        )
    await prepare_schema(url, source.revision)
    async with open_store(url, writing=True) as store:
        await require_empty(store, url)
        sent = await load_tables(source, store)
        await store.check_references()
        arrived = {table.name: await checksum(store.rows(table)) for table in await store.tables()}
        if differing := {name: arrived[name] for name in sent if arrived[name] != sent[name]}:
            raise Mismatch(sent, differing)
    await asyncio.to_thread(migration.upgrade, url)
    return sent


async def load_tables(source: Source, store: Store) -> dict[str, Checksum]:
    columns = {table.name: set(table.columns) for table in await store.tables()}
    checksums: dict[str, Checksum] = {}
    async for table, batches in source.contents():
        if columns.get(table.name) != set(table.columns):
            raise BackupError(f"The table {table.name} differs here, so nothing was loaded.")
        checksums[table.name] = Checksum()
        await store.add(table, checksums[table.name].over(batches))
    return checksums


async def prepare_schema(url: str, revision: str) -> None:
    """Migrate an empty database up or down to a revision."""
    present = None
    if not is_sqlite(url) or sqlite_store.exists(migration.sqlite_path(url)):
        async with open_store(url, writing=False) as store:
            await require_empty(store, url)
            present = await store.revision()
            if present is None and await store.tables():
                raise BackupError(f"{display_name(url)} has tables that are not Parley's.")
    if present is not None and present not in migration.REVISIONS:
        raise BackupError(
            f"{display_name(url)} belongs to a newer Parley: its revision is {present}."
        )
    if present != revision:
        await asyncio.to_thread(migration.migrate, url, present, revision)


async def require_empty(store: Store, url: str) -> None:
    for table in await store.tables():
        if await store.has_rows(table):
            raise BackupError(f"{display_name(url)} is not empty: {table.name} has rows.")
