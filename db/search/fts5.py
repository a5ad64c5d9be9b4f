"""SQLite's index of words. It keeps no text: to take words out, it has to be told which."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing

from db import engine
from db.engine.dialect import given, is_postgresql
from db.engine.script import Script
from db.engine.statement import Statement


def is_built_in() -> bool:
    with closing(sqlite3.connect(":memory:")) as connection:
        return ("ENABLE_FTS5",) in connection.execute("PRAGMA compile_options").fetchall()


IS_BUILT_IN = is_built_in()
"""Whether this SQLite has FTS5."""

ERASES = sqlite3.sqlite_version_info >= (3, 42)
"""Whether it can overwrite words as they are taken out, and not only when it merges its parts. The
copies of them that its pages hold go with a merge either way."""

MERGED = 200
"""Pages of 4 KB that are written at once; other writers wait meanwhile."""


async def is_missing() -> bool:
    """Whether messages cannot be searched: without FTS5, now or when the schema was made."""
    if is_postgresql():
        return False
    return not IS_BUILT_IN or not await engine.row(
        "SELECT 1 FROM sqlite_master WHERE name = 'searched'"
    )


async def prepare() -> None:
    """Have words overwritten as they are taken out, where that is known."""
    if ERASES and not is_postgresql():
        await engine.execute("INSERT INTO searched (searched, rank) VALUES ('secure-delete', 1)")


def add(words: Iterable[tuple[int, str]]) -> Script[None]:
    listed, values = given(words, id="BIGINT", words="TEXT")
    yield Statement(f"INSERT INTO searched (rowid, words) {listed}", values)


def remove(words: Iterable[tuple[int, str]]) -> Script[None]:
    """What was added, by the same words."""
    listed, values = given(words, id="BIGINT", words="TEXT")
    yield Statement(
        f"""
        INSERT INTO searched (searched, rowid, words)
        SELECT 'delete', id, words FROM ({listed}) AS given
        """,
        values,
    )


async def merge(*, is_first: bool) -> bool:
    """Merge some of the index's parts, which leaves out what was taken out of them; whether there
    is more to do. The first step makes all parts candidates, the last one writes what is left to
    clean pages."""
    if is_postgresql() or await is_missing():
        return False
    return await engine.write(merged(-MERGED if is_first else MERGED))


def merged(pages: int) -> Script[bool]:
    """One step; whether there is more to do."""
    [before] = yield Statement("SELECT total_changes() AS n", {})
    yield Statement("INSERT INTO searched (searched, rank) VALUES ('merge', :n)", {"n": pages})
    [after] = yield Statement("SELECT total_changes() AS n", {})
    if pages < 0 or after["n"] - before["n"] > 1:
        return True
    for table in KEPT_IN:
        yield from rewrite(table)
    return False


KEPT_IN = ("searched_data", "searched_idx")
"""The tables in which FTS5 keeps the index."""


def rewrite(table: str) -> Script[None]:
    """Write the rows of a table to clean pages. As rows come and go, SQLite moves others between
    pages, and leaves copies of them behind that `secure_delete` does not overwrite; but pages that
    a table gives back it does."""
    yield Statement(f"CREATE TEMP TABLE kept AS SELECT * FROM {table}", {})
    yield Statement(f"DELETE FROM {table}", {})
    yield Statement(f"INSERT INTO {table} SELECT * FROM kept ORDER BY 1, 2", {})
    yield Statement("DROP TABLE kept", {})
