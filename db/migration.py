"""The schema, brought up to date by Alembic: `python -m db.migration`, or `upgrade(url)`."""

import contextlib
import fcntl
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import asyncpg

import settings
from db import engine

MIGRATIONS = Path(__file__).parent / "migrations"
HEAD = max(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
"""The newest revision: migrations are files named 0001_what.py, their number is the revision."""


def upgrade(url: str) -> None:
    """Bring the database at `url` to `HEAD`. Blocks; safe to run in several processes at once.

    On SQLite a lock file beside the database keeps them apart, on PostgreSQL an advisory lock
    (migrations/env.py). A SQLite database that is up to date is left alone, unlocked.
    """
    if not url.startswith("sqlite"):
        run_alembic(url)
    elif sqlite_revision(url) != HEAD:
        with locked(sqlite_path(url) + ".migrating"):
            run_alembic(url)


async def revision() -> str | None:
    """The revision that the open database is at; None where it is empty."""
    try:
        row = await engine.row("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        return None
    except engine.Unavailable as error:
        if "no such table" in str(error):
            return None
        raise
    return row["version_num"] if row else None


def run_alembic(url: str) -> None:
    from alembic import command  # a third of a second, which a start that needs no migration saves
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = url
    command.upgrade(config, "head")


def sqlite_revision(url: str) -> str | None:
    """The revision that a SQLite file is at; None where there is no file, or an empty one."""
    if not Path(sqlite_path(url)).exists():
        return None
    with contextlib.closing(sqlite3.connect(sqlite_path(url))) as connection:
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError:
            return None
    return row[0] if row else None


def sqlite_path(url: str) -> str:
    return url.partition("?")[0].removeprefix("sqlite:///")


@contextlib.contextmanager
def locked(path: str) -> Iterator[None]:
    with Path(path).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    upgrade(settings.DATABASE_URL)
