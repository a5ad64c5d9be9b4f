"""A PostgreSQL database as a store of lines; see `db.store.Store`."""

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl, urlencode, urlsplit

import asyncpg

from db.backup.row_format import BATCH, Column, Lines, Row, Table, column, in_order

PATIENCE = 10
"""Seconds to wait for a connection, or for somebody else's lock."""

# Generated columns are computed again.
COLUMNS = """
    SELECT t.relname, c.attname, format_type(c.atttypid, NULL) AS type
    FROM pg_class t JOIN pg_attribute c ON c.attrelid = t.oid
    WHERE t.relnamespace = current_schema()::regnamespace
      AND t.relkind IN ('r', 'p') AND NOT t.relispartition AND t.relname <> 'alembic_version'
      AND c.attnum > 0 AND NOT c.attisdropped AND c.attgenerated = ''
    ORDER BY t.relname, c.attnum
"""

REFERENCES = """
    SELECT who.relname AS who, whom.relname AS whom
    FROM pg_constraint r
    JOIN pg_class who ON who.oid = r.conrelid JOIN pg_class whom ON whom.oid = r.confrelid
    WHERE r.contype = 'f' AND who.relnamespace = current_schema()::regnamespace
"""


@asynccontextmanager
async def opened(url: str, *, writing: bool) -> AsyncIterator["PostgreSQLStore"]:
    """One transaction; a reading one sees a single moment, a writing one locks every table."""
    connection = await asyncpg.connect(driver_url(url), timeout=PATIENCE, statement_cache_size=0)
    try:
        async with connection.transaction(
            isolation="read_committed" if writing else "repeatable_read", readonly=not writing
        ):
            # Whatever a server's own limits are, they are made for requests.
            await connection.execute(
                "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"
            )
            store = PostgreSQLStore(connection)
            if writing:
                await store.lock()
            yield store
    finally:
        await connection.close(timeout=PATIENCE)


class PostgreSQLStore:
    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection

    async def lock(self) -> None:
        """Keep everybody else from writing; readers may go on."""
        await self._connection.execute(f"SET LOCAL lock_timeout = '{PATIENCE}s'")
        for table in await self.tables():
            await self._connection.execute(f"LOCK TABLE {quoted(table.name)} IN EXCLUSIVE MODE")

    async def revision(self) -> str | None:
        exists = "SELECT to_regclass('alembic_version') IS NOT NULL"
        if not await self._connection.fetchval(exists):
            return None
        revision: str | None = await self._connection.fetchval(
            "SELECT version_num FROM alembic_version"
        )
        return revision

    async def tables(self) -> list[Table]:
        columns: dict[str, list[Column]] = defaultdict(list)
        for table, *described in await self._connection.fetch(COLUMNS):
            columns[table].append(column(table, *described))
        references = [(row["who"], row["whom"]) for row in await self._connection.fetch(REFERENCES)]
        return in_order([Table(name, tuple(columns[name])) for name in columns], references)

    async def has_rows(self, table: Table) -> bool:
        found: bool = await self._connection.fetchval(
            f"SELECT EXISTS (SELECT 1 FROM {quoted(table.name)})"
        )
        return found

    async def lines(self, table: Table) -> Lines:
        names = ", ".join(quoted(column.name) for column in table.columns)
        cursor = await self._connection.cursor(f"SELECT {names} FROM {quoted(table.name)}")
        while rows := await cursor.fetch(BATCH):
            yield table.encode(rows)

    async def add(self, table: Table, lines: Lines) -> None:
        async def rows() -> AsyncIterator[Row]:
            async for some in lines:
                for row in table.decode(some):
                    yield row

        await self._connection.copy_records_to_table(
            table.name, records=rows(), columns=[column.name for column in table.columns]
        )

    async def settle(self) -> None:
        """Foreign keys were checked as the rows came."""


def driver_url(url: str) -> str:
    """As asyncpg wants it: settings.database_url says `ssl`, as `databases` does."""
    parts = urlsplit(url)
    options = [("sslmode" if key == "ssl" else key, value) for key, value in parse_qsl(parts.query)]
    return parts._replace(query=urlencode(options)).geturl()


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
