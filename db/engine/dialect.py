"""The few words that SQLite and PostgreSQL have different ones for."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

import orjson

from db import engine
from db.engine.statement import Values


def each(parameter: str) -> str:
    """A table with a row for each item of the JSON list in a parameter, in its column `value`."""
    if is_postgresql():
        return f"jsonb_array_elements(CAST(:{parameter} AS JSONB))"
    return f"json_each(:{parameter})"


def table(columns: Mapping[str, str], rows: Sequence[Sequence[object]]) -> tuple[str, Values]:
    """The SQL of these rows as a table whose columns have these types, and the values of it, for
    the only table of this kind in a statement.

    SQLite takes a third less time for places to be filled in than for JSON. They are as many as the
    next power of two, so that there are few statements to prepare.
    """
    if is_postgresql():
        return elements(tuple(columns.items())), {"given": orjson.dumps(rows).decode()}
    size = 1 << (len(rows) - 1).bit_length()
    values = [value for row in rows for value in row]
    values += [None] * ((size - len(rows)) * len(columns))
    return places(tuple(columns), size), values


@cache
def elements(columns: Sequence[tuple[str, str]]) -> str:
    listed = [f"CAST(value ->> {n} AS {kind}) AS {name}" for n, (name, kind) in enumerate(columns)]
    return f"SELECT {', '.join(listed)} FROM {each('given')}"


@cache
def places(names: Sequence[str], size: int) -> str:
    listed = [f"column{n} AS {name}" for n, name in enumerate(names, start=1)]
    row = f"({', '.join('?' * len(names))})"
    return f"""
        SELECT {", ".join(listed)} FROM (VALUES {", ".join([row] * size)})
        WHERE column1 IS NOT NULL
    """


def gathered(columns: Iterable[str]) -> str:
    """The SELECT list for all rows as one JSON list of lists; or NULL, where there are none.

    SQLite's thread takes Python's lock for each row, which under load costs more than the row.
    """
    listed = ", ".join(columns)
    if is_postgresql():
        return f"json_agg(json_build_array({listed}))"
    return f"json_group_array(json_array({listed}))"


def objects(columns: Iterable[str]) -> str:
    """The same, as a list of objects by the names of the columns."""
    listed = ", ".join(f"'{name}', {name}" for name in columns)
    if is_postgresql():
        return f"json_agg(json_build_object({listed}))"
    return f"json_group_array(json_object({listed}))"


def locked(table: str, order: str = "", otherwise: str = "") -> str:
    """The end of a SELECT that keeps others from changing a table's rows until the commit, in which
    order, and what to do where others do so already. In SQLite a transaction has locked the whole
    file."""
    if not is_postgresql():
        return ""
    return f"{f'ORDER BY {order}' if order else ''} FOR UPDATE OF {table} {otherwise}"


def is_postgresql() -> bool:
    return engine.opened().url.dialect == "postgresql"
