"""Rows as lines of text that mean the same on SQLite, on PostgreSQL and in a file, and their sums.

A line is a row as compact JSON in UTF-8, without the end of the line: `[1,"Ada",null]`. Whoever
compares two databases, or a database and a file, compares the `Tally` of their lines.
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
"""Rows that are in memory at once; a message has at most some 32 KB."""

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
"""What each type of a column is called here, whichever database says it."""

Row = tuple[Any, ...]
Lines = AsyncIterator[list[bytes]]
"""The lines of a table, some at a time."""


class Refused(Exception):
    """It cannot be done, and nothing was changed. The sentence says why."""


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table that holds what people said and did; nothing that can be computed from others."""

    name: str
    columns: tuple[Column, ...]

    def encode(self, rows: Iterable[Iterable[Any]]) -> list[bytes]:
        """Rows as their database holds them -> lines."""
        if any(converters := [TO_JSON.get(column.kind) for column in self.columns]):
            rows = (converted(row, converters) for row in rows)
        return [to_json(tuple(row)).encode() for row in rows]

    def decode(self, lines: Iterable[bytes]) -> list[Row]:
        """Lines -> rows that either database takes."""
        rows = [tuple(json.loads(line)) for line in lines]
        if any(converters := [FROM_JSON.get(column.kind) for column in self.columns]):
            return [converted(row, converters) for row in rows]
        return rows


class Tally:
    """How many lines there were, and one hash over them all, in whatever order they came.

    The hash is the sum of the SHA-256 of each line, modulo 2**256: the two databases sort text
    differently, and neither should have to sort for this.
    """

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, lines: list[bytes]) -> None:
        self.rows += len(lines)
        self._sum += sum(int.from_bytes(hashlib.sha256(line).digest(), "big") for line in lines)

    async def over(self, lines: Lines) -> Lines:
        """The same lines, counted as they pass."""
        async for some in lines:
            self.add(some)
            await asyncio.sleep(0)  # reading SQLite makes no pause, in which it could be ended
            yield some

    @property
    def hash(self) -> str:
        return f"{self._sum % 2**256:064x}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tally) and (self.rows, self.hash) == (other.rows, other.hash)

    __hash__ = None  # type: ignore[assignment]  # it changes


async def tally(lines: Lines) -> Tally:
    """The tally of all lines."""
    result = Tally()
    async for some in lines:
        result.add(some)
        await asyncio.sleep(0)
    return result


def column(table: str, name: str, declared: str) -> Column:
    """A column as the database describes it. Refuses a type that has no line yet."""
    kind = KINDS.get(declared.partition("(")[0].strip().lower())
    if kind is None:
        raise Refused(
            f"The column {name} of {table} has the type {declared or 'none'}, for which "
            "db/rows.py has no form yet."
        )
    return Column(name, kind)


def in_order(tables: Iterable[Table], references: Iterable[tuple[str, str]]) -> list[Table]:
    """Each table after those that it refers to; `references` are pairs of (who, to whom)."""
    named = {table.name: table for table in tables}
    order: TopologicalSorter[str] = TopologicalSorter()
    for name in sorted(named):
        order.add(name)
    for name, target in sorted(references):
        if name != target and target in named:
            order.add(name, target)
    return [named[name] for name in order.static_order()]


to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode

Converter = Callable[[Any], Any]
TO_JSON: dict[str, Converter] = {
    "boolean": bool,
    "bytes": lambda value: base64.b64encode(value).decode(),
}
FROM_JSON: dict[str, Converter] = {"bytes": base64.b64decode}


def converted(row: Iterable[Any], converters: list[Converter | None]) -> Row:
    return tuple(
        value if converter is None or value is None else converter(value)
        for value, converter in zip(row, converters, strict=True)
    )
