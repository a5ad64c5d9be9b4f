"""The few words that SQLite and PostgreSQL have different ones for."""

from db import engine


def each(parameter: str) -> str:
    """A table with a row for each item of the JSON list in a parameter, in its column `value`."""
    if is_postgresql():
        return f"jsonb_array_elements(CAST(:{parameter} AS JSONB))"
    return f"json_each(:{parameter})"


def is_postgresql() -> bool:
    return engine.opened().url.dialect == "postgresql"
