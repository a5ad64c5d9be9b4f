"""The few words that SQLite and PostgreSQL have different ones for."""

from db import engine


def each(parameter: str) -> str:
    """A table with a row for each item of the JSON list in a parameter, in its column `value`."""
    if is_postgresql():
        return f"jsonb_array_elements(CAST(:{parameter} AS JSONB))"
    return f"json_each(:{parameter})"


def locked(table: str, otherwise: str = "") -> str:
    """The end of a SELECT that keeps others from changing a table's rows until the commit, and what
    to do where others do so already. In SQLite a transaction has locked the whole file."""
    return f"FOR UPDATE OF {table} {otherwise}" if is_postgresql() else ""


def is_postgresql() -> bool:
    return engine.opened().url.dialect == "postgresql"
