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
    each = "jsonb_array_elements(CAST(:given AS JSONB))" if is_postgresql() else "json_each(:given)"
    return f"SELECT {', '.join(listed)} FROM {each}", {"given": orjson.dumps(rows).decode()}


def gathered(columns: Iterable[str]) -> str:
    """The SELECT list for all rows as one JSON list of lists, or NULL where there are none.

    SQLite's thread takes the GIL for each row, which under load costs more than the row.
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


def joined(column: str) -> str:
    """A text column of all rows, in their order, as one text with commas between."""
    return f"{'string_agg' if is_postgresql() else 'group_concat'}({column}, ', ')"


def looked_up(table: str, alias: str, condition: str, limit: int = 1) -> str:
    """The join with at most `limit` rows of a table for each row before it, by an index.

    PostgreSQL keeps a plan that it made while the table was small, which would read all of it for
    each batch.
    """
    if is_postgresql():
        row = f"SELECT {alias}.* FROM {table} {alias} WHERE {condition} LIMIT {limit}"
        return f"CROSS JOIN LATERAL ({row}) AS {alias}"
    return f"JOIN {table} {alias} ON {condition}"


def looked_up_if_any(table: str, alias: str, condition: str) -> str:
    """The same; NULLs where there is none."""
    if is_postgresql():
        row = f"SELECT {alias}.* FROM {table} {alias} WHERE {condition} LIMIT 1"
        return f"LEFT JOIN LATERAL ({row}) AS {alias} ON true"
    return f"LEFT JOIN {table} {alias} ON {condition}"


def locked(table: str, order: str = "", otherwise: str = "") -> str:
    """The end of a SELECT that locks a table's rows until the commit: in which order, and what to
    do `otherwise`, where they are locked already. In SQLite a transaction locks the whole file."""
    if not is_postgresql():
        return ""
    return f"{f'ORDER BY {order}' if order else ''} FOR UPDATE OF {table} {otherwise}"


def is_postgresql() -> bool:
    return engine.opened().url.dialect == "postgresql"
