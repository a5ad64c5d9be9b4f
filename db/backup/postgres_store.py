"""A PostgreSQL database as a `Store`."""

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

import settings
from db.backup.row_format import (
    BATCH,
    Batches,
    Column,
    Row,
    Table,
    column,
    column_list,
    in_order,
    quoted,
)

TIMEOUT = 10
"""Seconds to wait for a connection, or for a lock."""

# Without generated columns, which are computed again, and the index of messages, filled again.
COLUMNS = """
    SELECT t.relname, c.attname, format_type(c.atttypid, NULL) AS type
    FROM pg_class t JOIN pg_attribute c ON c.attrelid = t.oid
    WHERE t.relnamespace = current_schema()::regnamespace
      AND t.relkind IN ('r', 'p') AND NOT t.relispartition
      AND t.relname NOT IN ('alembic_version', 'epoch', 'searchable', 'search_cursors')
      AND c.attnum > 0 AND NOT c.attisdropped AND c.attgenerated = ''
    ORDER BY t.relname, c.attnum
"""

REFERENCES = """
    SELECT source.relname AS source, target.relname AS target
    FROM pg_constraint r
    JOIN pg_class source ON source.oid = r.conrelid
    JOIN pg_class target ON target.oid = r.confrelid
    WHERE r.contype = 'f' AND source.relnamespace = current_schema()::regnamespace
"""


@asynccontextmanager
async def opened(url: str, *, writing: bool) -> AsyncIterator["PostgreSQLStore"]:
    """One transaction: reading sees a single moment, writing locks every table."""
    # asyncpg itself calls `sslmode` what `databases` calls `ssl`.
    address = settings.with_option_renamed(url, "ssl", "sslmode")
    connection = await asyncpg.connect(address, timeout=TIMEOUT, statement_cache_size=0)
    try:
        async with connection.transaction(
            isolation="read_committed" if writing else "repeatable_read", readonly=not writing
        ):
            # The server's own timeouts are made for requests.
            await connection.execute(
                "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"
            )
            store = PostgreSQLStore(connection)
            if writing:
                await store.lock()
            yield store
    finally:
        await connection.close(timeout=TIMEOUT)


class PostgreSQLStore:
    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection

    async def lock(self) -> None:
        """Lock out other writers, not readers."""
        await self._connection.execute(f"SET LOCAL lock_timeout = '{TIMEOUT}s'")
        for table in await self.tables():
            await self._connection.execute(f"LOCK TABLE {quoted(table.name)} IN EXCLUSIVE MODE")

    async def revision(self) -> str | None:
        fetch = self._connection.fetchval
        if not await fetch("SELECT to_regclass('alembic_version') IS NOT NULL"):
            return None
        revision: str | None = await fetch("SELECT version_num FROM alembic_version")
        return revision

    async def tables(self) -> list[Table]:
        columns: dict[str, list[Column]] = defaultdict(list)
        for table, *described in await self._connection.fetch(COLUMNS):
            columns[table].append(column(table, *described))
        found = await self._connection.fetch(REFERENCES)
        references = [(row["source"], row["target"]) for row in found]
        return in_order([Table(name, tuple(columns[name])) for name in columns], references)

    async def has_rows(self, table: Table) -> bool:
        found: bool = await self._connection.fetchval(
            f"SELECT EXISTS (SELECT 1 FROM {quoted(table.name)})"
        )
        return found

    async def rows(self, table: Table) -> Batches:
        query = f"SELECT {column_list(table)} FROM {quoted(table.name)}"
        cursor = await self._connection.cursor(query)
        while rows := await cursor.fetch(BATCH):
            yield table.encode(rows)

    async def add(self, table: Table, batches: Batches) -> None:
        async def rows() -> AsyncIterator[Row]:
            async for lines in batches:
                for row in table.decode(lines):
                    yield row

        await self._connection.copy_records_to_table(
            table.name, records=rows(), columns=[column.name for column in table.columns]
        )

    async def check_references(self) -> None:
        """PostgreSQL has checked them."""
