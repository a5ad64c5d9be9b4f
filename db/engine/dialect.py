"""Where the SQL of SQLite and PostgreSQL differs."""

from collections.abc import Iterable

import orjson

from db import engine


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
