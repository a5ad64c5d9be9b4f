"""What the backup tests share: the commands, databases with data, their contents."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

import settings
from db import engine, migration
from db.backup import cli, commands
from tests import factories
from tests.servers import execute, in_a_thread
from tests.services import drop_database, new_database

STRANGE = [
    "👩‍👩‍👧‍👦 🍎 𐍈 \uffff \ufeff",
    "أمل \u202eright to left\u202c שלום",
    r"back\slash \N \. \t \\",
    "\\.",
    "\\N",
    "tab\tline\nreturn\r\nvertical\x0b form\x0c next\x85 \u2028 \u2029",
    "\x01\x1b\x1f\x7f",
    "'single' \"double\" `back` $1 :name %s {x}",
    '{"rows":1,"hash":"0"}',
    "[1,2]",
    ",\"',\n,",
    " ",
    "",
    "x" * 8000,
]


def run(command: cli.Command, url: str, *arguments: str | Path) -> int:
    """A command's exit code, with `url` as its DATABASE_URL; also from inside a running loop."""
    codes = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "DATABASE_URL", url)
        in_a_thread(lambda: codes.append(cli.run(command, *map(str, arguments))))
    return codes[0]


def back_up(url: str, file: Path, *options: str) -> int:
    return run(commands.backup, url, file.parent, file.name, *options)


def put_back(url: str, file: Path, *options: str) -> int:
    return run(commands.restore, url, file.parent, file.name, *options)


async def fill(url: str) -> None:
    """Users, sessions, conversations of each kind, and messages of unusual text."""
    await engine.connect(url, 5, 2.5)
    ada, ben, eve = [await factories.make_user(name=f"{text} {text}") for text in STRANGE[:3]]
    await factories.make_session(ada)
    for people, title in (([ada], ""), ([ada, ben], ""), ([ben, ada, eve], STRANGE[5])):
        conversation_id = await factories.make_conversation(people, title)
        for text in STRANGE:
            await factories.make_message(people[-1], conversation_id, text)
    await engine.execute(
        "INSERT INTO login_attempts (username, address, attempted_at) VALUES "
        "('same', 'twice', 1), ('same', 'twice', 1)"
    )
    await engine.disconnect()


@contextmanager
def empty_database(kind: str, folder: Path, server_url: str) -> Iterator[str]:
    """No file yet, or a database without tables."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'other.sqlite3'}"
    else:
        url = new_database(server_url)
        yield url
        drop_database(server_url, url)


def at_revision(url: str, revision: str) -> None:
    """Downgrade an empty database from the newest schema."""
    in_a_thread(lambda: migration.migrate(url, migration.HEAD, revision))


EVERYTHING = "SELECT * FROM {}"
Contents = dict[str, list[tuple[Any, ...]]]

NOT_CARRIED = {"epoch", "searchable", "search_cursors"}
"""What is restored begins another epoch, and fills the index of the search again."""


def contents(url: str) -> Contents:
    """Every row of what is carried, read without the code under test; columns by name."""
    if url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(migration.sqlite_path(url))) as connection:
            connection.row_factory = sqlite3.Row
            found = connection.execute(
                "SELECT name FROM pragma_table_list "
                "WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'"
            )
            return {
                name: in_order(connection.execute(EVERYTHING.format(name)).fetchall())
                for (name,) in found.fetchall()
                if name not in NOT_CARRIED
            }
    return outside(postgresql_contents(url))


async def postgresql_contents(url: str) -> Contents:
    connection = await asyncpg.connect(url)
    try:
        found = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
        return {
            name: in_order(await connection.fetch(EVERYTHING.format(name)))
            for (name,) in found
            if name not in NOT_CARRIED
        }
    finally:
        await connection.close()


def in_order(rows: list[Any]) -> list[tuple[Any, ...]]:
    return sorted((tuple(sorted(dict(row).items())) for row in rows), key=repr)


def is_empty(url: str) -> bool:
    return not any(rows for name, rows in contents(url).items() if name != "alembic_version")


def outside(work: Coroutine[Any, Any, Contents]) -> Contents:
    """Run in an event loop of its own."""
    results: list[Contents] = []
    in_a_thread(lambda: results.append(asyncio.run(work)))
    return results[0]


def run_sql(url: str, *statements: str) -> None:
    if url.startswith("postgresql"):
        execute(url, *statements)
        return
    with contextlib.closing(sqlite3.connect(migration.sqlite_path(url))) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
