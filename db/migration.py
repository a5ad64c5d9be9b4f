"""The schema, kept up to date by Alembic: `python -m db.migration`, or `upgrade(url)`."""

import contextlib
import fcntl
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import asyncpg

import settings
from db import engine

MIGRATIONS = Path(__file__).parent / "migrations"
REVISIONS = sorted(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
"""Migrations are files named 0001_what.py; the number is the revision."""

HEAD = REVISIONS[-1]


def upgrade(url: str) -> None:
    """Migrate the database at `url` to `HEAD`. Blocks; safe in several processes at once.

    A SQLite database that is up to date is not locked.
    """
    if not url.startswith("sqlite"):
        return migrate(url, None, HEAD)
    make_private(sqlite_path(url))
    if sqlite_revision(url) != HEAD:
        migrate(url, None, HEAD)
    return None


def migrate(url: str, present: str | None, target: str) -> None:
    """Migrate a database up, or down from its present revision.

    One process at a time: on SQLite by a lock file beside the database, on PostgreSQL by an
    advisory lock (migrations/env.py).
    """
    from alembic import command  # a third of a second, saved where no migration is due
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = url
    is_down = present is not None and present > target
    with locked(url):
        (command.downgrade if is_down else command.upgrade)(config, target)


async def revision() -> str | None:
    """The open database's revision; None where it is empty."""
    try:
        row = await engine.row("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        return None
    except engine.Unavailable as error:
        if "no such table" in str(error):
            return None
        raise
    return row["version_num"] if row else None


def sqlite_revision(url: str) -> str | None:
    """A SQLite file's revision; None where there is no file, or an empty one."""
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


def make_private(path: str) -> None:
    """Make a SQLite file, or one that is there, readable by its owner alone. SQLite gives the same
    mode to the files that it puts beside it."""
    Path(path).touch(0o600)
    for file in (path, f"{path}-wal", f"{path}-shm"):
        with contextlib.suppress(FileNotFoundError, PermissionError):  # gone; another's
            Path(file).chmod(0o600)


@contextlib.contextmanager
def locked(url: str) -> Iterator[None]:
    if not url.startswith("sqlite"):
        yield
        return
    make_private(sqlite_path(url))
    with Path(sqlite_path(url) + ".migrating").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    upgrade(settings.DATABASE_URL)
