"""The few words that SQLite and PostgreSQL have different ones for."""

from collections.abc import Iterable

from db import engine


def each(parameter: str) -> str:
    """A table with a row for each item of the JSON list in a parameter, in its column `value`."""
    if is_postgresql():
        return f"jsonb_array_elements(CAST(:{parameter} AS JSONB))"
    return f"json_each(:{parameter})"


def gathered(columns: Iterable[str]) -> str:
    """The SELECT list for all rows as one JSON list of lists; or NULL, where there are none.

    SQLite's thread takes Python's lock for each row, which under load costs more than the row.
    """
    listed = ", ".join(columns)
    if is_postgresql():
        return f"json_agg(json_build_array({listed}))"
    return f"json_group_array(json_array({listed}))"


def locked(table: str, order: str = "", otherwise: str = "") -> str:
    """The end of a SELECT that keeps others from changing a table's rows until the commit, in which
    order, and what to do where others do so already. In SQLite a transaction has locked the whole
    file."""
    if not is_postgresql():
        return ""
    return f"{f'ORDER BY {order}' if order else ''} FOR UPDATE OF {table} {otherwise}"


def is_postgresql() -> bool:
    return engine.opened().url.dialect == "postgresql"
