"""A backup is one moment of a database in use, and is restored whole or not at all."""

import asyncio
import gzip
import json
import os
import re
import sys
import uuid
import zlib
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable, Iterator
from hashlib import sha256
from pathlib import Path

import asyncpg
import pytest

import settings
from db import engine, migration
from db.backup import archive, store
from db.backup.row_format import BackupError, Batches, Table
from db.users import User
from tests import factories
from tests.applications import HOME, served
from tests.db.backup.backups import (
    at_revision,
    back_up,
    contents,
    empty_database,
    fill,
    is_empty,
    put_back,
    run_sql,
)

HOLDS_A_USER = (
    "INSERT INTO users (id, username, name, name_folded, password, created_at) "
    "VALUES (42, 'ada', 'Ada', 'ada', '', 1)"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "one.backup"


@pytest.fixture(params=["sqlite", "postgresql"])
def other_url(
    request: pytest.FixtureRequest, tmp_path: Path, postgresql_server: str
) -> Iterator[str]:
    """A database of either kind without even a schema."""
    with empty_database(request.param, tmp_path, postgresql_server) as url:
        yield url


# There and back


async def test_everything_is_restored_on_either_kind(
    database_url: str, other_url: str, file: Path
) -> None:
    await fill(database_url)
    before = contents(database_url)
    assert back_up(database_url, file) == 0
    assert put_back(other_url, file) == 0
    assert contents(other_url) == before
    assert contents(database_url) == before


async def test_what_is_restored_begins_another_epoch(
    database_url: str, other_url: str, file: Path
) -> None:
    """So a page that holds what was written after the backup notices."""
    await fill(database_url)
    assert back_up(database_url, file) == 0
    assert put_back(other_url, file) == 0
    assert await epoch(database_url) != await epoch(other_url)


async def epoch(url: str) -> str:
    await engine.connect(url, 1, 2.5)
    [row] = await engine.rows("SELECT name FROM epoch")
    await engine.disconnect()
    return str(row["name"])


async def test_an_empty_database_is_restored_empty(
    sqlite_url: str, other_url: str, file: Path
) -> None:
    assert back_up(sqlite_url, file) == 0
    assert put_back(other_url, file) == 0
    assert contents(other_url) == contents(sqlite_url)


async def test_a_backup_is_restored_into_an_existing_empty_schema(
    database_url: str, tmp_path: Path, postgresql_url: str
) -> None:
    await fill(database_url)
    file = tmp_path / "full.backup"
    assert back_up(database_url, file) == 0
    run_sql(database_url, *map("DELETE FROM {}".format, emptied(database_url)))
    assert put_back(database_url, file) == 0
    assert not is_empty(database_url)


def emptied(url: str) -> list[str]:
    """The tables in an order that lets them be emptied."""
    first = ["messages", "participants", "sessions", "conversations", "users"]
    rest = set(contents(url)) - {*first, "alembic_version"}
    return [*rest, *first]


async def test_an_older_backup_is_migrated(database_url: str, other_url: str, file: Path) -> None:
    at_revision(database_url, "0001")
    run_sql(database_url, HOLDS_A_USER)
    assert back_up(database_url, file) == 0
    assert archive.Archive(file).revision == "0001"
    assert put_back(other_url, file) == 0
    await engine.connect(other_url, 5, 2.5)
    users = await engine.rows("SELECT username, present_at FROM users")
    revisions = await engine.rows("SELECT version_num FROM alembic_version")
    await engine.disconnect()
    assert [tuple(row) for row in users] == [("ada", 0)]
    assert [row["version_num"] for row in revisions] == [migration.HEAD]


async def test_an_older_backup_is_restored_into_a_newer_empty_schema(
    database_url: str, tmp_path: Path, sqlite_url: str, file: Path
) -> None:
    old = f"sqlite:///{tmp_path / 'old.sqlite3'}"
    of_nothing = tmp_path / "nothing.backup"
    assert back_up(sqlite_url, of_nothing) == 0
    assert put_back(old, of_nothing) == 0
    at_revision(old, "0001")
    run_sql(old, HOLDS_A_USER)
    assert back_up(old, file) == 0
    assert put_back(database_url, file) == 0
    assert len(contents(database_url)["users"]) == 1


# While Parley serves


class Slow:
    """A snapshot whose tables are read one by one while writers go on."""

    def __init__(self, snapshot: store.Snapshot, pause: Callable[[], object]) -> None:
        self.revision = snapshot.revision
        self._snapshot = snapshot
        self._pause = pause

    async def contents(self) -> AsyncIterator[tuple[Table, Batches]]:
        async for part in self._snapshot.contents():
            await self._pause()  # type: ignore[misc]
            yield part


async def test_a_backup_under_load_is_one_moment(database: str, other_url: str, file: Path) -> None:
    people = [await factories.make_user() for _ in range(3)]
    ids = [await factories.make_conversation(people, f"Group {n}") for n in range(4)]
    acknowledged: list[str] = []

    async def write(author: User, offset: int) -> None:
        for n in range(100_000):
            client_id = str(uuid.uuid4())
            await factories.make_message(author, ids[(n + offset) % 4], client_id=client_id)
            acknowledged.append(client_id)

    async def until_more_are_written() -> None:
        goal = len(acknowledged) + 15
        async with asyncio.timeout(20):
            while len(acknowledged) < goal:  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    writers = [asyncio.create_task(write(person, n)) for n, person in enumerate(people)]
    await until_more_are_written()
    before = set(acknowledged)
    async with store.snapshot(database) as snapshot:
        await archive.write(file, Slow(snapshot, until_more_are_written), replace=False)
    for writer in writers:
        writer.cancel()
    await asyncio.wait(writers)
    assert len(acknowledged) > len(before) + 60, "nothing was written meanwhile"

    assert await asyncio.to_thread(put_back, other_url, file) == 0
    copy = contents(other_url)
    messages = [dict(row) for row in copy["messages"]]
    assert before <= {message["client_id"] for message in messages}
    assert len(messages) < len(acknowledged), "what came later is not in it"
    for conversation in map(dict, copy["conversations"]):
        positions = sorted(
            message["position"]
            for message in messages
            if message["conversation_id"] == conversation["id"]
        )
        assert positions == list(range(1, conversation["revision"] + 1))


async def test_the_commands_copy_what_is_served_and_the_copy_is_served(
    database_url: str,
    tmp_path: Path,
    postgresql_server: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By the commands themselves, from another folder, onto the other kind of database."""
    monkeypatch.setattr(settings, "DATABASE_URL", database_url)
    kind = "postgresql" if database_url.startswith("sqlite") else "sqlite"
    with empty_database(kind, tmp_path, postgresql_server) as copy:
        async with served() as site:
            ada, ben = await site.people("ada", "ben")
            id = await ada.start("ben")
            await ada.hx_post(
                f"/chat/{id}/messages/", client_id=str(uuid.uuid4()), body="Kept \\N 🍎"
            )
            await command("bin/backup", "served.backup", tmp_path, database_url)
            cookies = ben.http.cookies
        await command("bin/restore", "served.backup", tmp_path, copy)
        monkeypatch.setattr(settings, "DATABASE_URL", copy)
        async with served() as site:
            ben = await site.stranger()
            ben.http.cookies = cookies
            assert (await ben.page(f"/chat/{id}/")).bodies() == ["Kept \\N 🍎"]
            await ben.hx_post(f"/chat/{id}/messages/", client_id=str(uuid.uuid4()), body="And on")
            assert (await ben.page(f"/chat/{id}/")).bodies() == ["Kept \\N 🍎", "And on"]


async def command(name: str, argument: str, folder: Path, url: str) -> None:
    environment = {**os.environ, "DATABASE_URL": url}
    process = await asyncio.create_subprocess_exec(
        HOME / name, argument, cwd=folder, env=environment, stdout=PIPE, stderr=PIPE
    )
    async with asyncio.timeout(60):
        printed, complaint = await process.communicate()
    assert process.returncode == 0, complaint.decode()
    assert b"messages                      1  " in printed


# Refusals


def test_a_file_that_exists_stays_as_it_is(
    sqlite_url: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("precious")
    assert back_up(sqlite_url, file) == 1
    assert capsys.readouterr().err == f"{file} already exists; --force replaces a file.\n"
    assert file.read_text() == "precious"
    assert back_up(sqlite_url, file, "--force") == 0
    assert put_back("", file, "--check") == 0


def test_a_file_that_appears_meanwhile_stays_as_it_is(tmp_path: Path, file: Path) -> None:
    writing = archive.new_file(file, replace=False)
    writing.__enter__().write(b"late")
    file.write_text("precious")
    with pytest.raises(BackupError):
        writing.__exit__(None, None, None)
    assert file.read_text() == "precious"
    assert left_in(tmp_path) == [file]


def left_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def test_only_the_owner_may_read_a_backup(sqlite_url: str, file: Path) -> None:
    assert back_up(sqlite_url, file) == 0
    assert file.stat().st_mode & 0o777 == 0o600


class Breaking:
    revision = "0001"

    async def contents(self) -> AsyncIterator[tuple[Table, Batches]]:
        yield Table("users", ()), self.rows()

    async def rows(self) -> Batches:
        yield [b"[]"]
        raise ConnectionError("the server is gone")


def test_a_backup_that_fails_leaves_nothing(tmp_path: Path, file: Path) -> None:
    with pytest.raises(ConnectionError):
        asyncio.run(archive.write(file, Breaking(), replace=False))
    assert left_in(tmp_path) == []
    file.write_text("the last good one")
    with pytest.raises(ConnectionError):
        asyncio.run(archive.write(file, Breaking(), replace=True))
    assert file.read_text() == "the last good one"


async def test_an_interrupted_backup_leaves_nothing(
    postgresql_url: str, tmp_path: Path, file: Path
) -> None:
    connection = await asyncpg.connect(postgresql_url)
    async with connection.transaction():
        await connection.execute("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "db.backup.commands", "backup", tmp_path, file.name),
            cwd=HOME,
            env={**os.environ, "DATABASE_URL": postgresql_url},
            stderr=PIPE,
        )
        async with asyncio.timeout(20):
            while not left_in(tmp_path):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            process.terminate()
            _, complaint = await process.communicate()
    await connection.close()
    assert (process.returncode, complaint) == (1, b"Interrupted; nothing was changed.\n")
    assert left_in(tmp_path) == []


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("sqlite:////nowhere/parley.sqlite3", "There is no database /nowhere/parley.sqlite3.\n"),
        ("postgresql://nobody:secret@127.0.0.1:1/x", "Failed, nothing was changed: "),
    ],
)
def test_a_database_that_does_not_exist(
    url: str, sentence: str, tmp_path: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert back_up(url, file) == 1
    error = capsys.readouterr().err
    assert error.startswith(sentence)
    assert "secret" not in error
    assert left_in(tmp_path) == []


def test_a_database_without_parley_is_refused(
    other_url: str, file: Path, capsys: pytest.CaptureFixture[str], sqlite_url: str
) -> None:
    run_sql(other_url, "CREATE TABLE strangers (id BIGINT)")
    assert back_up(other_url, file) == 1
    assert "is not a database of Parley" in capsys.readouterr().err
    assert back_up(sqlite_url, file) == 0
    assert put_back(other_url, file) == 1
    assert "has tables that are not Parley's" in capsys.readouterr().err


async def test_a_database_with_data_is_refused(
    database_url: str, sqlite_url: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert back_up(sqlite_url, file) == 0
    run_sql(database_url, HOLDS_A_USER)
    before = contents(database_url)
    assert put_back(database_url, file) == 1
    assert "is not empty: users has rows." in capsys.readouterr().err
    assert contents(database_url) == before


@pytest.fixture
async def full(sqlite_url: str, file: Path) -> Path:
    """A backup with data in it."""
    await fill(sqlite_url)
    assert back_up(sqlite_url, file) == 0
    return file


def test_a_truncated_backup_is_noticed_wherever_it_ends(
    full: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = full.read_bytes()
    for length in {0, 1, 9, 10, 11, 40, len(whole) // 2, *range(len(whole) - 12, len(whole))}:
        full.write_bytes(whole[:length])
        assert put_back("", full, "--check") == 1, length
        assert "is not a backup of Parley, or damaged or truncated." in capsys.readouterr().err


def test_every_flipped_bit_is_noticed(full: Path) -> None:
    whole = full.read_bytes()
    for place in range(10, len(whole), len(whole) // 60):  # the first ten are gzip's own
        damaged = whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :]
        full.write_bytes(damaged)
        assert put_back("", full, "--check") == 1 or unpacked(damaged) == unpacked(whole), place


def unpacked(backup: bytes) -> bytes | None:
    """None if damaged. The padding bits before the checksum have no meaning (RFC 1951, 3.2.3)."""
    try:
        return gzip.decompress(backup)
    except (OSError, EOFError, zlib.error):
        return None


ALTERATIONS: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "a word": lambda lines: [line.replace(b"right to left", b"left to right") for line in lines],
    "a row less": lambda lines: without(lines, next(x for x in lines if x.startswith(b"["))),
    "a row twice": lambda lines: [x for line in lines for x in [line] * (1 + (line[:1] == b"["))],
    "a line more": lambda lines: [*lines, b"[1]\n"],
    "the end gone": lambda lines: lines[:-1],
    "a table gone": lambda lines: lines[:1] + lines[-1:],
    "a field less": lambda lines: [lines[0].replace(b"taken_at", b"taken"), *lines[1:]],
    "no JSON": lambda lines: [lines[0], b"[\n", *lines[1:]],
    "another thing": lambda lines: [b"[]\n"],
    "nothing": lambda lines: [],
}


def without(lines: list[bytes], line: bytes) -> list[bytes]:
    return [each for each in lines if each is not line]


@pytest.mark.parametrize("name", ALTERATIONS)
def test_an_altered_backup_is_noticed_and_not_restored(
    full: Path, tmp_path: Path, name: str
) -> None:
    lines = gzip.decompress(full.read_bytes()).splitlines(keepends=True)
    full.write_bytes(gzip.compress(b"".join(ALTERATIONS[name](lines))))
    target = tmp_path / "target.sqlite3"
    assert put_back(f"sqlite:///{target}", full) == 1
    assert not target.exists()


def forged(file: Path, alter: Callable[[list[bytes]], list[bytes]]) -> None:
    """Alter a backup and hash it again, as if it had been made that way."""
    *lines, end = gzip.decompress(file.read_bytes()).split(b"\n")[:-1]
    lines = alter(lines)
    said = json.loads(end) | {"sha256": sha256(b"".join(x + b"\n" for x in lines)).hexdigest()}
    file.write_bytes(gzip.compress(b"\n".join([*lines, json.dumps(said).encode(), b""])))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (b'"version":1', b'"version":2', "was made by a newer Parley"),
        (b'"revision":"', b'"revision":"9', "this Parley knows those up to"),
        (b'"title"', b'"headline"', "The table conversations differs here"),
        (b'"table":"sessions"', b'"table":"seances"', "The table seances differs here"),
    ],
)
def test_a_backup_of_another_parley_is_refused(
    full: Path,
    other_url: str,
    old: bytes,
    new: bytes,
    sentence: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    forged(full, lambda lines: [line.replace(old, new) for line in lines])
    assert put_back(other_url, full) == 1
    assert sentence in capsys.readouterr().err
    assert is_empty(other_url)


def test_a_dangling_reference_is_refused(
    sqlite_url: str, other_url: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_sql(sqlite_url, "INSERT INTO sessions VALUES ('hash', 42, 1, 1)")
    assert back_up(sqlite_url, file) == 0
    assert put_back(other_url, file) == 1
    sentence = r"A row of sessions references a missing row of users|foreign key constraint"
    assert re.search(sentence, capsys.readouterr().err)
    assert is_empty(other_url)


def test_a_database_of_a_newer_parley_is_refused(
    sqlite_url: str, database_url: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert back_up(sqlite_url, file) == 0
    run_sql(database_url, "UPDATE alembic_version SET version_num = '9999'")
    assert put_back(database_url, file) == 1
    assert "belongs to a newer Parley: its revision is 9999" in capsys.readouterr().err


def test_an_unsupported_type_is_refused(
    sqlite_url: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_sql(sqlite_url, "CREATE TABLE places (place POINT)")
    assert back_up(sqlite_url, file) == 1
    assert "The column place of places has the type POINT" in capsys.readouterr().err


async def test_bytes_truth_and_fractions_mean_the_same_on_both(
    database_url: str, other_url: str, file: Path
) -> None:
    """Types that the schema may use one day."""
    assert back_up(database_url, empty := file.with_name("empty.backup")) == 0
    assert put_back(other_url, empty) == 0
    for url in (database_url, other_url):
        binary = "BYTEA" if url.startswith("postgresql") else "BLOB"
        run_sql(url, f"CREATE TABLE odd (a {binary}, b BOOLEAN, c DOUBLE PRECISION)")
    binary = r"'\x00ff'" if database_url.startswith("postgresql") else "x'00ff'"
    run_sql(database_url, f"INSERT INTO odd VALUES ({binary}, TRUE, 0.1)")  # noqa: S608
    run_sql(database_url, "INSERT INTO odd VALUES (NULL, NULL, NULL)")
    assert back_up(database_url, file) == 0
    assert put_back(other_url, file) == 0
    assert contents(other_url)["odd"] == contents(database_url)["odd"]
    assert (("a", b"\x00\xff"), ("b", 1), ("c", 0.1)) in contents(other_url)["odd"]
