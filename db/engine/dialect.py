"""Where the SQL of SQLite and PostgreSQL differs."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

import orjson

from db import engine
from db.engine.statement import Values


def given(items: Iterable[object], **columns: str) -> tuple[str, dict[str, object]]:
    """A list as a subquery, and the one value that it needs: `given(ids, id="BIGINT")`.

    An item is the value of the one column, or a tuple with the values of several.
    """
    rows = list(items) if len(columns) > 1 else [(item,) for item in items]
    names = enumerate(columns.items())
    listed = [f"CAST(value ->> {n} AS {kind}) AS {name}" for n, (name, kind) in names]
    sql = f"SELECT {', '.join(listed)} FROM {each('given')}"
    return sql, {"given": orjson.dumps(rows).decode()}


def each(parameter: str) -> str:
    """A table with a row for each item of a parameter's JSON list, in its column `value`."""
    if is_postgresql():
        return f"jsonb_array_elements(CAST(:{parameter} AS JSONB))"
    return f"json_each(:{parameter})"


def table(columns: Mapping[str, str], rows: Sequence[Sequence[object]]) -> tuple[str, Values]:
    """The same for what is sent: SQLite takes a third less time for `?` than for JSON.

    Their number is the next power of two, so that there are few statements to prepare.
    """
    if is_postgresql():
        return given(rows, **columns)
    size = 1 << (len(rows) - 1).bit_length()
    values = [value for row in rows for value in row]
    values += [None] * ((size - len(rows)) * len(columns))
    return places(tuple(columns), size), values


@cache
def places(names: Sequence[str], size: int) -> str:
    listed = [f"column{n} AS {name}" for n, name in enumerate(names, start=1)]
    row = f"({', '.join('?' * len(names))})"
    return f"""
        SELECT {", ".join(listed)} FROM (VALUES {", ".join([row] * size)})
        WHERE column1 IS NOT NULL
    """


def gathered(columns: Iterable[str]) -> str:
    """The SELECT list for all rows as one JSON list of lists, or NULL where there are none.

    SQLite's thread takes the GIL for each row, which under load costs more than the row.
    """
    listed = ", ".join(columns)
    if is_postgresql():
        return f"json_agg(json_build_array({listed}))"
    return f"json_group_array(json_array({listed}))"


def locked(table: str, order: str = "", otherwise: str = "") -> str:
    """The end of a SELECT that locks a table's rows until the commit: in which order, and what to
    do `otherwise`, where they are locked already. In SQLite a transaction locks the whole file."""
    if not is_postgresql():
        return ""
    return f"{f'ORDER BY {order}' if order else ''} FOR UPDATE OF {table} {otherwise}"


def is_postgresql() -> bool:
    return engine.opened().url.dialect == "postgresql"
