"""The schema: the same on both databases, migrated whole or not at all."""

import asyncio
import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import create_async_engine

from db import engine, messages, migration, participants
from db.folding import folded
from tests.applications import HOME
from tests.factories import make_conversation, make_message, make_messages, make_user
from tests.servers import in_a_thread
from tests.services import drop_database, migrate, new_database

TABLES = {
    "alembic_version",
    "conversations",
    "drafts",
    "epoch",
    "events",
    "login_attempts",
    "mentions",
    "messages",
    "participants",
    "pins",
    "receipts",
    "scheduled",
    "sessions",
    "stars",
    "users",
    "reactions",
    "versions",
}

DYING = """
import os, signal, sys
from alembic import op
from db import migration

execute, left = op.execute, 4

def dying(statement):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    execute(statement)

op.execute = dying
migration.upgrade(sys.argv[1])
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with nothing in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new.sqlite3'}"
        return
    server = request.getfixturevalue("postgresql_server")
    url = new_database(server)
    yield url
    drop_database(server, url)


def inspected(url: str) -> dict[str, Any]:
    """Every table with its columns, keys and indexes, where both databases report the same."""
    found: dict[str, Any] = {}

    async def inspect_postgresql() -> None:
        engine = create_async_engine(url.replace("postgresql:", "postgresql+asyncpg:", 1))
        async with engine.connect() as connection:
            found.update(await connection.run_sync(schema))
        await engine.dispose()

    if url.startswith("postgresql"):
        in_a_thread(lambda: asyncio.run(inspect_postgresql()))
    else:
        engine = sqlalchemy.create_engine(url)
        with engine.connect() as connection:
            found.update(schema(connection))
        engine.dispose()
    return found


def schema(connection: sqlalchemy.Connection) -> dict[str, Any]:
    inspector = sqlalchemy.inspect(connection)
    return {
        table: {
            "columns": [
                # SQLite reports a primary key as nullable.
                (
                    column["name"],
                    str(column["type"]),
                    column["nullable"] and column["name"] not in key,
                )
                for column in inspector.get_columns(table)
            ],
            "key": key,
            "unique": sorted(u["column_names"] for u in inspector.get_unique_constraints(table)),
            "references": sorted(
                (key["constrained_columns"], key["referred_table"])
                for key in inspector.get_foreign_keys(table)
            ),
            "indexes": sorted(
                (str(index["name"]), index["column_names"])
                for index in inspector.get_indexes(table)
                if "duplicates_constraint" not in index
            ),
        }
        for table in inspector.get_table_names()
        if not table.startswith("search")  # each database has an index of its own kind
        for key in [inspector.get_pk_constraint(table)["constrained_columns"]]
    }


def test_both_databases_get_the_same_schema(sqlite_url: str, postgresql_url: str) -> None:
    on_sqlite, on_postgresql = inspected(sqlite_url), inspected(postgresql_url)
    assert on_sqlite.keys() == on_postgresql.keys() == TABLES
    for table in TABLES:
        assert on_sqlite[table] == on_postgresql[table], table


def test_the_newest_file_is_the_head_of_alembic() -> None:
    config = Config()
    config.set_main_option("script_location", str(migration.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [migration.HEAD]


def test_migrating_twice_changes_nothing(empty_url: str) -> None:
    migrate(empty_url)
    before = inspected(empty_url)
    migrate(empty_url)
    assert inspected(empty_url) == before
    assert set(before) == TABLES


def test_processes_that_migrate_concurrently_all_succeed(empty_url: str) -> None:
    environment = {**os.environ, "DATABASE_URL": empty_url}
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "db.migration"],
            cwd=HOME,
            env=environment,
            stderr=subprocess.PIPE,
        )
        for _ in range(3)
    ]
    for process in processes:
        _, complaints = process.communicate(timeout=60)
        assert process.returncode == 0, complaints.decode()
    assert set(inspected(empty_url)) == TABLES


def test_a_migration_that_is_killed_leaves_nothing_behind(empty_url: str) -> None:
    killed = subprocess.run([sys.executable, "-c", DYING, empty_url], cwd=HOME, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert set(inspected(empty_url)) <= {"alembic_version"}
    migrate(empty_url)
    assert set(inspected(empty_url)) == TABLES


def test_every_migration_can_be_undone(empty_url: str) -> None:
    migrate(empty_url)
    config = Config()
    config.set_main_option("script_location", str(migration.MIGRATIONS))
    config.attributes["url"] = empty_url
    in_a_thread(lambda: command.downgrade(config, "base"))
    assert set(inspected(empty_url)) == {"alembic_version"}
    migrate(empty_url)
    assert set(inspected(empty_url)) == TABLES


async def test_messages_survive_the_migration_of_their_index_and_its_undoing(database: str) -> None:
    ada, bob = await make_user(), await make_user()
    id, other = await make_conversation([ada, bob]), await make_conversation([bob])
    await make_messages(ada, id, 3)
    await make_messages(bob, other, 2)
    await engine.execute("UPDATE messages SET revision = 4 WHERE position = 3")

    async def stored() -> list[dict[str, object]]:
        rows = await engine.rows(
            """
            SELECT conversation_id, position, previous_position, revision, author_id, client_id,
                   body, created_at
            FROM messages ORDER BY conversation_id, position
            """
        )
        return [dict(row) for row in rows]

    before = await stored()
    for present, revision in ((migration.HEAD, "0003"), ("0003", migration.HEAD)):
        in_a_thread(partial(migration.migrate, database, present, revision))
        assert await stored() == before
    found = await messages.list_changed([(id, 2)])
    assert [(m.position, m.revision) for m in found[id, 2]] == [(3, 4)]


async def test_people_of_existing_groups_get_colours_that_differ(database: str) -> None:
    people = [await make_user() for _ in range(8)]
    id = await make_conversation(people)
    for present, revision in ((migration.HEAD, "0004"), ("0004", migration.HEAD)):
        in_a_thread(partial(migration.migrate, database, present, revision))
    assert {person.tint for person in await participants.list_people(id)} == set(range(8))


async def test_names_from_before_are_found_without_accents(database: str) -> None:
    await make_user("jose", "José")
    await make_user("ada", "Ada")
    await make_user("gone", "Someone who left")
    await engine.execute("UPDATE users SET name_folded = '' WHERE username = 'gone'")

    async def stored() -> dict[str, str]:
        rows = await engine.rows("SELECT username, name_folded FROM users")
        return {row["username"]: row["name_folded"] for row in rows}

    after = {"jose": "jose", "ada": "ada", "gone": ""}
    assert await stored() == after
    in_a_thread(partial(migration.migrate, database, migration.HEAD, "0004"))
    assert await stored() == after | {"jose": "josé"}
    in_a_thread(partial(migration.migrate, database, "0004", migration.HEAD))
    assert await stored() == after


async def test_titles_that_were_made_of_names_follow_their_people_and_others_stay(
    database: str,
) -> None:
    ada, bob, cem = [await make_user(name, name.title()) for name in ("ada", "bob", "cem")]
    titles = {
        "Ada, Bob, Cem": "",
        f"Ada, Bob, Cem, {'o' * 82}…": "",
        "Ada, Bob and Cem": "Ada, Bob and Cem",
        "Bob, Ada, Cem": "Bob, Ada, Cem",
        "Ada, Bob, tea": "Ada, Bob, tea",
        "Tea": "Tea",
    }
    ids = {title: await make_conversation([ada, bob, cem], "Group") for title in titles}
    in_a_thread(partial(migration.migrate, database, migration.HEAD, "0007"))
    for title, id in ids.items():
        await engine.execute(
            "UPDATE conversations SET title = :title WHERE id = :id", title=title, id=id
        )

    async def stored() -> dict[str, str]:
        rows = await engine.rows("SELECT id, title FROM conversations")
        found = {row["id"]: row["title"] for row in rows}
        return {title: found[id] for title, id in ids.items()}

    in_a_thread(partial(migration.migrate, database, "0007", migration.HEAD))
    assert await stored() == titles
    in_a_thread(partial(migration.migrate, database, migration.HEAD, "0007"))
    assert await stored() == {title: kept or "Ada, Bob, Cem" for title, kept in titles.items()}


async def test_names_and_titles_from_before_are_those_that_would_be_stored_now(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {
        "tall": ("Z\u0301\u0302\u0303\u0304\u0305oe", "\u0179\u0302\u0303oe"),
        "turned": ("Ada\u202e\u2066", "Ada"),
        "wide": ("Jose\u0301\u200b  Luis", "Jos\u00e9 Luis"),
        "nothing": ("\u2800\u3164", "nothing"),
        "family": ("👩\u200d👧 Ana", "👩\u200d👧 Ana"),
        "plain": ("Bob", "Bob"),
    }
    titles = {"Tea\u202e": "Tea", "\u3164": "", "Plain": "Plain"}
    people = [await make_user(username, name) for username, (name, _) in names.items()]
    gone = await make_user("deleted-1", "Someone who left")
    await engine.execute("UPDATE users SET name_folded = '' WHERE username = 'deleted-1'")
    groups = {title: await make_conversation(people, title) for title in titles}
    in_a_thread(partial(migration.migrate, database, migration.HEAD, "0008"))
    monkeypatch.setattr(
        "sqlalchemy.engine.base.Connection.execute", in_batches_of(2, sqlalchemy.Connection.execute)
    )
    in_a_thread(partial(migration.migrate, database, "0008", migration.HEAD))
    stored = {
        row["username"]: (row["name"], row["name_folded"])
        for row in await engine.rows("SELECT username, name, name_folded FROM users")
    }
    assert stored.pop("deleted-1") == (gone.name, "")
    assert stored == {username: (name, folded(name)) for username, (_, name) in names.items()}
    rows = await engine.rows("SELECT id, title FROM conversations")
    kept = {row["id"]: row["title"] for row in rows}
    assert {title: kept[id] for title, id in groups.items()} == titles


async def test_titles_made_of_names_that_people_had_are_known_as_far_as_can_be_told(
    database: str,
) -> None:
    people = [
        await make_user("countess", "Ada Lovelace"),
        await make_user("zoe", "The captain"),
        await make_user("cem", "Cem"),
    ]
    titles = {
        "Ada, Zoë, Cem": "",
        f"Ada, Zoë, {'o' * 88}…": "",
        "Ada, Zoë, Cem, Finn": "",
        "Ada, Zoë, Dana": "Ada, Zoë, Dana",  # nobody here may have been Dana
        "Ada, Cem, tea": "Ada, Cem, tea",
        "Tea, Zoë, Cem": "Tea, Zoë, Cem",  # not the creator first
        "Ada, Cem, Finn": "Ada, Cem, Finn",  # one of the group is missing
        "Ada, tea, biscuits": "Ada, tea, biscuits",
    }
    gone = await make_user("deleted-1", "Someone who left")
    await make_user("finn", "Finn")
    written = await make_conversation([*people, gone], "Ada, Zoë, Cem, Ella")
    await make_message(gone, written, "Farewell")
    ids = {title: await make_conversation(people, title) for title in titles}
    unwritten = await make_conversation(people, "Ada, Zoë, Cem, Emil")
    in_a_thread(partial(migration.migrate, database, migration.HEAD, "0008"))
    await engine.execute("DELETE FROM participants WHERE user_id = :id", id=gone.id)
    await engine.execute(
        "UPDATE users SET name_folded = '', password = '!' WHERE username = 'deleted-1'"
    )
    in_a_thread(partial(migration.migrate, database, "0008", migration.HEAD))
    rows = await engine.rows("SELECT id, title FROM conversations")
    found = {row["id"]: row["title"] for row in rows}
    assert {title: found[id] for title, id in ids.items()} == titles
    assert (found[written], found[unwritten]) == ("", "Ada, Zoë, Cem, Emil")


def in_batches_of(size: int, execute: Callable[..., Any]) -> Callable[..., Any]:
    """A connection's `execute` that lists so many rows at once."""

    def executing(connection: Any, statement: Any, parameters: Any = None) -> Any:
        if isinstance(parameters, dict) and "limit" in parameters:
            parameters = parameters | {"limit": size}
        return execute(connection, statement, parameters)

    return executing


async def test_a_migration_gives_up_on_a_lock_before_requests_pile_up(
    postgresql_url: str,
) -> None:
    in_a_thread(partial(migration.migrate, postgresql_url, migration.HEAD, "0003"))
    before = inspected(postgresql_url)
    backup = await asyncpg.connect(postgresql_url)
    async with backup.transaction():
        await backup.execute("SELECT FROM messages")
        with pytest.raises(sqlalchemy.exc.DBAPIError, match="lock timeout"):
            in_a_thread(partial(migration.migrate, postgresql_url, "0003", migration.HEAD))
    await backup.close()
    assert inspected(postgresql_url) == before
    in_a_thread(partial(migration.migrate, postgresql_url, "0003", migration.HEAD))


def test_a_sqlite_database_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "new.sqlite3"
    migration.upgrade(f"sqlite:///{path}")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE t (x)")
        files = [path, tmp_path / "new.sqlite3-wal", tmp_path / "new.sqlite3-shm"]
        assert [file.stat().st_mode & 0o777 for file in files] == [0o600] * 3
        for file in files:  # as they were before
            file.chmod(0o644)
        migration.upgrade(f"sqlite:///{path}")
        assert [file.stat().st_mode & 0o777 for file in files] == [0o600] * 3


def test_a_sqlite_database_that_is_up_to_date_is_not_locked(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.sqlite3'}"
    migration.upgrade(url)
    lock = tmp_path / "new.sqlite3.migrating"
    lock.unlink()
    migration.upgrade(url)
    assert not lock.exists()


def test_an_empty_database_has_no_revision(tmp_path: Path) -> None:
    path = tmp_path / "new.sqlite3"
    url = f"sqlite:///{path}?timeout=1"
    assert migration.sqlite_revision(url) is None
    assert not path.exists()
    path.touch()
    assert migration.sqlite_revision(url) is None
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
    assert migration.sqlite_revision(url) is None
    migration.upgrade(f"sqlite:///{tmp_path / 'other.sqlite3'}")
    assert migration.sqlite_revision(f"sqlite:///{tmp_path / 'other.sqlite3'}") == migration.HEAD
