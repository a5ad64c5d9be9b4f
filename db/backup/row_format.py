"""Rows as lines that are the same from SQLite, from PostgreSQL and in a file; and their checksums.

A line is a row as compact JSON in UTF-8, without the newline: `[1,"Ada",null]`. Two databases, or a
database and a file, are compared by the `Checksum` of their lines.
"""

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

BATCH = 500
"""Rows in memory at once; a message has at most some 32 KB."""

KINDS = {
    "bigint": "integer",
    "int": "integer",
    "integer": "integer",
    "smallint": "integer",
    "text": "text",
    "character varying": "text",
    "varchar": "text",
    "boolean": "boolean",
    "blob": "bytes",
    "bytea": "bytes",
    "double precision": "float",
    "real": "float",
}
"""The kind of a column by its type in either database."""

Row = tuple[Any, ...]
Batches = AsyncIterator[list[bytes]]
"""A table's rows as lines, in batches."""


class BackupError(Exception):
    """The command cannot do it, and changed nothing. The message is for the operator."""


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table of original data, none that is derived from others."""

    name: str
    columns: tuple[Column, ...]

    def encode(self, rows: Iterable[Iterable[Any]]) -> list[bytes]:
        """Rows as the database returns them -> lines."""
        converters = [TO_JSON.get(column.kind) for column in self.columns]
        return [to_json(convert(row, converters)).encode() for row in rows]

    def decode(self, lines: Iterable[bytes]) -> list[Row]:
        """Lines -> rows that either database takes."""
        converters = [FROM_JSON.get(column.kind) for column in self.columns]
        return [convert(json.loads(line), converters) for line in lines]


class Checksum:
    """The number of lines and one hash over them, independent of their order.

    The hash is the sum of the SHA-256 of each line, modulo 2**256: the two databases sort text
    differently, and neither should have to sort for this.
    """

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, lines: list[bytes]) -> None:
        self.rows += len(lines)
        self._sum += sum(int.from_bytes(hashlib.sha256(line).digest(), "big") for line in lines)

    async def over(self, batches: Batches) -> Batches:
        """The same batches, added as they pass."""
        async for lines in batches:
            self.add(lines)
            await asyncio.sleep(0)  # reading SQLite never awaits, so a signal could not cancel it
            yield lines

    @property
    def hash(self) -> str:
        return f"{self._sum % 2**256:064x}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Checksum) and (self.rows, self.hash) == (other.rows, other.hash)

    __hash__ = None  # type: ignore[assignment]  # it changes


async def checksum(batches: Batches) -> Checksum:
    result = Checksum()
    async for _ in result.over(batches):
        pass
    return result


def column(table: str, name: str, declared: str) -> Column:
    """A column as the database describes it; an error if its type has no kind."""
    kind = KINDS.get(declared.partition("(")[0].strip().lower())
    if kind is None:
        raise BackupError(
            f"The column {name} of {table} has the type {declared or 'none'}, which "
            "db/backup/row_format.py does not support yet."
        )
    return Column(name, kind)


def in_order(tables: Iterable[Table], references: Iterable[tuple[str, str]]) -> list[Table]:
    """Each table after those that it references; `references` are pairs of table and target."""
    named = {table.name: table for table in tables}
    order: TopologicalSorter[str] = TopologicalSorter()
    for name in sorted(named):
        order.add(name)
    for name, target in sorted(references):
        if name != target and target in named:
            order.add(name, target)
    return [named[name] for name in order.static_order()]


def quoted(name: str) -> str:
    """A name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def column_list(table: Table) -> str:
    return ", ".join(quoted(column.name) for column in table.columns)


to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode

Converter = Callable[[Any], Any]
TO_JSON: dict[str, Converter] = {
    "boolean": bool,
    "bytes": lambda value: base64.b64encode(value).decode(),
}
FROM_JSON: dict[str, Converter] = {"bytes": base64.b64decode}


def convert(row: Iterable[Any], converters: list[Converter | None]) -> Row:
    if not any(converters):
        return tuple(row)
    return tuple(
        value if converter is None or value is None else converter(value)
        for value, converter in zip(row, converters, strict=True)
    )
