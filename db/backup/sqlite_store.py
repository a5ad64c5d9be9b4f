"""A SQLite file as a `Store`."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from urllib.parse import quote

from db.backup.row_format import (
    BATCH,
    BackupError,
    Batches,
    Table,
    column,
    column_list,
    in_order,
    quoted,
)

TIMEOUT = 10.0
"""Seconds to wait for a lock."""

# Without the index of messages, which is filled again, and virtual tables with their shadow tables;
# and without the epoch: what is restored begins another.
TABLES = """
    SELECT name FROM pragma_table_list
    WHERE schema = 'main' AND type = 'table'
      AND name NOT IN ('alembic_version', 'epoch', 'searchable', 'search_cursors', 'sqlite_schema',
                       'sqlite_sequence', 'sqlite_stat1', 'sqlite_stat4')
"""


@asynccontextmanager
async def opened(path: str, *, writing: bool) -> AsyncIterator["SQLiteStore"]:
    """One transaction on an existing file. Reading blocks no writer, in WAL mode."""
    if not exists(path):
        raise BackupError(f"There is no database {path}.")
    with closing(connect(path)) as connection:
        connection.execute("BEGIN IMMEDIATE" if writing else "BEGIN")
        try:
            yield SQLiteStore(connection)
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")


def exists(path: str) -> bool:
    return Path(path).is_file()


def connect(path: str) -> sqlite3.Connection:
    address = f"file:{quote(str(Path(path).absolute()))}?mode=rw"
    return sqlite3.connect(address, uri=True, isolation_level=None, timeout=TIMEOUT)


class SQLiteStore:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def revision(self) -> str | None:
        exists = "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
        if not self._connection.execute(exists).fetchone():
            return None
        row = self._connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return row[0] if row else None

    async def tables(self) -> list[Table]:
        names = [name for (name,) in self._connection.execute(TABLES)]
        references = {
            (name, target)
            for name in names
            for (target,) in self._connection.execute(
                'SELECT "table" FROM pragma_foreign_key_list(?)', (name,)
            )
        }
        return in_order([self._table(name) for name in names], references)

    def _table(self, name: str) -> Table:
        columns = self._connection.execute(
            "SELECT name, type FROM pragma_table_xinfo(?) WHERE hidden = 0", (name,)
        )
        return Table(name, tuple(column(name, *described) for described in columns))

    async def has_rows(self, table: Table) -> bool:
        found = self._connection.execute(f"SELECT 1 FROM {quoted(table.name)} LIMIT 1")
        return found.fetchone() is not None

    async def rows(self, table: Table) -> Batches:
        cursor = self._connection.execute(f"SELECT {column_list(table)} FROM {quoted(table.name)}")
        while rows := cursor.fetchmany(BATCH):
            yield table.encode(rows)

    async def add(self, table: Table, batches: Batches) -> None:
        places = ", ".join("?" for _ in table.columns)
        insert = f"INSERT INTO {quoted(table.name)} ({column_list(table)}) VALUES ({places})"
        async for lines in batches:
            self._connection.executemany(insert, table.decode(lines))

    async def check_references(self) -> None:
        if broken := self._connection.execute("PRAGMA foreign_key_check").fetchone():
            raise BackupError(f"A row of {broken[0]} references a missing row of {broken[2]}.")
