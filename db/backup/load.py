"""Filling an empty database from a backup or from another database: everything, or nothing."""

import asyncio
from contextlib import nullcontext

from db import migration
from db.backup import sqlite_store
from db.backup.archive import Source
from db.backup.row_format import Refused, Table, Tally, tally
from db.backup.store import Store, is_sqlite, named, opened


class Differs(Refused):
    """What is in the database is not what was put in, so it was taken out again."""

    def __init__(self, given: dict[str, Tally], held: dict[str, Tally]) -> None:
        names = [name for name in given if given[name] != held[name]]
        super().__init__(
            f"What arrived differs from what was sent in {', '.join(names)}: "
            "nothing was kept, the database is empty as before."
        )
        self.given = given
        self.held = held


async def fill(url: str, source: Source) -> dict[str, Tally]:
    """Put everything of a source into the empty database at `url`, and migrate that to `HEAD`.

    One transaction brings all rows; before it commits, every row is read back, and counted and
    hashed against what the source gave (`Differs`). The schema is made first, at the source's
    revision. Refuses a database that holds anything.
    """
    if source.revision not in known_revisions():
        raise Refused(
            f"Its revision is {source.revision}; this Parley knows those up to {migration.HEAD}."
        )
    await prepare(url, source.revision)
    async with opened(url, writing=True) as store:
        await refuse_rows(store, url)
        given = await pour(source, store)
        await store.settle()
        held = {table.name: await tally(store.lines(table)) for table in await store.tables()}
        if any(given[name] != held[name] for name in given):
            raise Differs(given, held)
    await asyncio.to_thread(migration.upgrade, url)
    return given


async def pour(source: Source, store: Store) -> dict[str, Tally]:
    tables = {table.name: table for table in await store.tables()}
    tallies: dict[str, Tally] = {}
    async for table, lines in source.parts():
        refuse_other(tables.get(table.name), table)
        tallies[table.name] = Tally()
        await store.add(table, tallies[table.name].over(lines))
    return tallies


async def prepare(url: str, revision: str) -> None:
    """Bring an empty database's schema to a revision, up or down."""
    present = None
    if not is_sqlite(url) or sqlite_store.exists(migration.sqlite_path(url)):
        async with opened(url, writing=False) as store:
            await refuse_rows(store, url)
            present = await store.revision()
            if present is None and await store.tables():
                raise Refused(f"{named(url)} holds tables that aren't Parley's.")
    if present is not None and present not in known_revisions():
        raise Refused(f"{named(url)} belongs to a newer Parley: its revision is {present}.")
    if present != revision:
        await asyncio.to_thread(run_alembic, url, present, revision)


def run_alembic(url: str, present: str | None, revision: str) -> None:
    from alembic import command  # slow to import
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migration.MIGRATIONS))
    config.attributes["url"] = url
    alone = migration.locked(migration.sqlite_path(url) + ".migrating")
    with alone if is_sqlite(url) else nullcontext():
        if present is not None and present > revision:
            command.downgrade(config, revision)
        else:
            command.upgrade(config, revision)


def known_revisions() -> set[str]:
    return {path.name[:4] for path in (migration.MIGRATIONS / "versions").glob("[0-9]*.py")}


async def refuse_rows(store: Store, url: str) -> None:
    for table in await store.tables():
        if await store.has_rows(table):
            raise Refused(f"{named(url)} is not empty: there is something in {table.name}.")


def refuse_other(ours: Table | None, theirs: Table) -> None:
    """The columns are the same ones; their order is nobody's concern."""
    if ours is None or set(ours.columns) != set(theirs.columns):
        raise Refused(f"The table {theirs.name} is another one here, so nothing was put in.")
