"""How far each log is indexed."""

from collections.abc import Iterable
from typing import NamedTuple

from db import engine
from db.engine.dialect import given, is_postgresql, looked_up, looked_up_if_any
from db.engine.script import Script
from db.engine.statement import Statement


class Behind(NamedTuple):
    """A part of a log that is not indexed yet: what is after a revision, up to another."""

    conversation_id: int
    after: int
    until: int


def revisions(of: str) -> str:
    cursor = looked_up_if_any("search_cursors", "cursor", "cursor.conversation_id = c.id")
    return f"""
        SELECT c.id, COALESCE(cursor.revision, 0) AS after, c.revision AS until
        FROM {of} {cursor}
    """


async def list_behind(conversation_ids: Iterable[int]) -> list[Behind]:
    """Which of these logs are not indexed to their ends."""
    ids, values = given(conversation_ids, id="BIGINT")
    of = f"({ids}) AS given {looked_up('conversations', 'c', 'c.id = given.id')}"
    rows = await engine.rows(revisions(of), **values)
    return [Behind(*row) for row in rows if row["until"] > row["after"]]


async def list_next(after: int, limit: int) -> tuple[list[Behind], int | None]:
    """Which of the next conversations after an id are behind; and the last one's id."""
    rows = await engine.rows(
        f"{revisions('conversations c')} WHERE c.id > :after ORDER BY c.id LIMIT :limit",
        after=after,
        limit=limit,
    )
    behind = [Behind(*row) for row in rows if row["until"] > row["after"]]
    return behind, rows[-1]["id"] if rows else None


async def lock() -> bool:
    """Keep other processes from indexing until the commit; False where one is at it. In SQLite the
    transaction has locked the whole file."""
    if not is_postgresql():
        return True
    row = await engine.row(f"SELECT pg_try_advisory_xact_lock({LOCK}) AS is_locked")
    return row is not None and row["is_locked"]


LOCK = 5_278_553_391
"""Unique among the programs that use this database."""


def move(cursors: Iterable[Behind]) -> Script[None]:
    """These parts are indexed."""
    rows = [(each.conversation_id, each.until) for each in cursors]
    listed, values = given(rows, conversation_id="BIGINT", revision="BIGINT")
    yield Statement(
        f"""
        INSERT INTO search_cursors (conversation_id, revision)
        SELECT conversation_id, MAX(revision) FROM ({listed}) AS given WHERE true
        GROUP BY conversation_id
        ON CONFLICT (conversation_id) DO UPDATE SET revision = excluded.revision
        WHERE search_cursors.revision < excluded.revision
        """,
        values,
    )
