"""Parley as it is served in production, on either database."""

import asyncio
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import asyncpg

import settings
from actions.clock import now
from actions.sessions import token_hash
from bench.dataset import LONG, MANY, PAGES, PEOPLE, ROOMS, Inbox, Room
from bench.server import Server
from bench.stacks.stack import JSON, Dialect, Stack
from db import migration
from tests.servers import execute, free_port

METRICS_TOKEN = "bench"  # noqa: S105  # of a server on loopback, for minutes

FIRST_ID = 4_503_599_627_370_000
"""Ids are 53 random bits in life; these have as many digits."""

BEFORE = Path(os.environ.get("BENCH_BEFORE", settings.ROOT)).resolve()
"""Another checkout of Parley, to be measured beside this one."""

APART = 600_000
"""Milliseconds between the last messages of an inbox's conversations: a month for 5,000."""


class Parley(Stack):
    """Sessions, permissions, storage and logs as always; only the rate limit is off."""

    dialect = Dialect(JSON.frame, ready_after=1, cursor='<hx-cursor revision="')
    checkout: ClassVar[Path] = settings.ROOT
    template: str | None = None
    larger: Sequence[Inbox] = ()
    has_redis = False

    def start(self, cores: set[int] | None, workers: int) -> Server:
        port = free_port()
        url = self.fresh_database()
        for inbox in self.larger:
            self.execute(url, *filled(inbox))
        environment = {
            "DATABASE_URL": url,
            "WEB_CONCURRENCY": str(workers),
            "METRICS_TOKEN": METRICS_TOKEN,
            "BROKER_URL": (
                self.databases.redis.url if workers > 1 or self.has_redis else "memory://"
            ),
        }
        return Server(
            [self.python, "-m", *served(self.checkout), "--host", "127.0.0.1", "--port", str(port)],
            port,
            self.folder,
            environment=environment,
            working_folder=self.checkout,
            cores=cores,
        )

    def path(self, room: Room, person: int) -> str:
        return f"/ws{self.room_path(room)}"

    def stream_path(self, room: Room) -> str:
        return f"/sse{self.room_path(room)}"

    def room_path(self, room: Room) -> str:
        return f"/chat/{FIRST_ID + room.number}/"

    def cookie(self, person: int) -> str:
        """Without a space: the generator's list of connections is split there."""
        opened = token(person)
        return f"parley_session={opened};session={opened}"  # before it had a name of its own

    def inbox_path(self) -> str:
        return "/"

    def conversation_path(self, inbox: Inbox = PAGES) -> str:
        return f"/chat/{FIRST_ID + inbox.first_conversation}/"

    def sending_path(self) -> str:
        return f"{self.conversation_path()}messages/"

    @cached_property
    def python(self) -> Path:
        """The checkout's own, with what it needs."""
        subprocess.run([self.checkout / "bin/setup"], check=True)
        return self.checkout / ".venv/bin/python"

    def migrate(self, url: str) -> None:
        command: list[str | Path] = [self.python, "-m", "db.migration"]
        environment = {**os.environ, "DATABASE_URL": url}
        subprocess.run(command, cwd=self.checkout, env=environment, check=True)

    @abstractmethod
    def fresh_database(self) -> str:
        """The URL of a copy of the seeded database, which is made once."""

    @abstractmethod
    def execute(self, url: str, *statements: str) -> None:
        """Run SQL in a database that no server uses."""

    @abstractmethod
    def insert(self, url: str, tables: Iterable[tuple[str, list[tuple[object, ...]]]]) -> None:
        """Insert rows: each of a table and its columns, as SQL names them."""

    @contextmanager
    def serving_with_redis(self) -> Iterator[Server]:
        """The server, which publishes over Redis although it is one process."""
        self.has_redis = True
        try:
            with self.serving() as server:
                yield server
        finally:
            self.has_redis = False

    @contextmanager
    def serving_large(self) -> Iterator[Server]:
        """The server, on data that also has `MANY` and `LONG`; made anew each time."""
        self.larger = [MANY, LONG]
        try:
            with self.serving() as server:
                yield server
        finally:
            self.larger = []


class OnPostgreSQL(Parley):
    name = "parley-pg"
    title = "Parley, PostgreSQL"

    def fresh_database(self) -> str:
        if self.template is None:
            self.template = self.databases.new()
            self.migrate(self.template)
            asyncio.run(self.seed(self.template))
            self.execute(self.template, *filled(PAGES))
        return self.databases.new(self.template)

    async def seed(self, url: str) -> None:
        connection = await asyncpg.connect(url)
        for statement, rows in seeded():
            await connection.executemany(statement, rows)
        await connection.close()

    def execute(self, url: str, *statements: str) -> None:
        execute(url, *statements, "ANALYZE")

    def insert(self, url: str, tables: Iterable[tuple[str, list[tuple[object, ...]]]]) -> None:
        asyncio.run(self.copy(url, tables))

    async def copy(self, url: str, tables: Iterable[tuple[str, list[tuple[object, ...]]]]) -> None:
        connection = await asyncpg.connect(url)
        for into, rows in tables:
            table, _, columns = into.rstrip(")").partition(" (")
            names = columns.split(", ")
            await connection.copy_records_to_table(table, records=rows, columns=names)
        await connection.close()


class OnSQLite(Parley):
    name = "parley-sqlite"
    title = "Parley, SQLite"

    def fresh_database(self) -> str:
        template = self.folder / f"{self.name}-template.sqlite3"
        if not template.exists():
            self.migrate(f"sqlite:///{template}")
            with closing(sqlite3.connect(template)) as connection:
                for statement, rows in seeded():
                    connection.executemany(statement.replace("$", "?"), rows)
                connection.commit()
            self.execute(f"sqlite:///{template}", *filled(PAGES))
        fresh = self.folder / f"{self.name}.sqlite3"
        for old in self.folder.glob(f"{fresh.name}*"):
            old.unlink()
        shutil.copy(template, fresh)
        return f"sqlite:///{fresh}"

    def execute(self, url: str, *statements: str) -> None:
        with closing(sqlite3.connect(migration.sqlite_path(url))) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()

    def insert(self, url: str, tables: Iterable[tuple[str, list[tuple[object, ...]]]]) -> None:
        with closing(sqlite3.connect(migration.sqlite_path(url))) as connection:
            for into, rows in tables:
                places = ", ".join("?" * (into.count(",") + 1))
                connection.executemany(f"INSERT INTO {into} VALUES ({places})", rows)
            connection.commit()


class OnPostgreSQLBefore(OnPostgreSQL):
    name = "parley-pg-before"
    title = "Parley before, PostgreSQL"
    checkout = BEFORE


class OnSQLiteBefore(OnSQLite):
    name = "parley-sqlite-before"
    title = "Parley before, SQLite"
    checkout = BEFORE


def served(checkout: Path) -> list[str]:
    """uvicorn with the options of bin/web, which in older checkouts stand in the Procfile, but for
    where it listens and whom it trusts."""
    script = checkout / "bin/web"
    text = (script if script.exists() else checkout / "Procfile").read_text()
    command = text.replace("\\\n", " ").partition("uvicorn app:app ")[2].partition("\n")[0]
    options = re.sub(r'--(host|port|forwarded-allow-ips) ("[^"]*"|\S+)|"\$@"', "", command)
    return ["uvicorn", "bench.unlimited:app", *shlex.split(options)]


def filled(inbox: Inbox) -> list[str]:
    """SQL of either database that puts an inbox and its messages there."""
    reader, other = FIRST_ID + inbox.reader, FIRST_ID + inbox.reader + 1
    first, each = FIRST_ID + inbox.first_conversation, inbox.messages
    active_at = f"{now()} - {APART} * ({inbox.conversations} - CAST(i AS BIGINT))"
    counted = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {})"
    conversations, messages = (
        counted.format(inbox.conversations),
        counted.format(inbox.conversations * each),
    )
    return [
        f"""
        {conversations}
        INSERT INTO conversations
          (id, kind, pair, title, creator_id, revision, last_position, active_at, ranked_at)
        SELECT {first} + i, 'direct', '{reader}-' || CAST({other} + i AS TEXT), 'Note to self',
               {reader}, {each}, {each}, {active_at}, {active_at}
        FROM n
        """,
        f"""
        {conversations}
        INSERT INTO participants (user_id, conversation_id, read_position, ranked_at)
        SELECT {reader}, {first} + i, {each - 2 * inbox.unread}, {active_at} FROM n
        UNION ALL SELECT {other} + i, {first} + i, {each}, {active_at} FROM n
        """,
        f"""
        {messages}
        INSERT INTO messages (conversation_id, position, previous_position, revision, author_id,
                              client_id, body, created_at)
        SELECT {first} + i / {each}, i % {each} + 1, NULLIF(i % {each}, 0), i % {each} + 1,
               CASE WHEN i % 2 = 0 THEN {reader} ELSE {other} + i / {each} END,
               '00000000-0000-4000-8000-' || substr(CAST(1000000000000 + i AS TEXT), 2),
               '{inbox.body}', {now()} - 60000 * (CAST({each} AS BIGINT) - i % {each})
        FROM n
        """,
    ]


def seeded() -> list[tuple[str, list[tuple[object, ...]]]]:
    """Everybody, signed in, and every room: statements, each with its rows."""
    moment = now()
    people = [(FIRST_ID + n, f"person{n}", f"Person {n}", f"person {n}") for n in range(PEOPLE)]
    sessions = [(token_hash(token(n)), FIRST_ID + n, moment) for n in range(PEOPLE)]
    rooms = [(room, [FIRST_ID + person for person in room.people]) for room in ROOMS]
    return [
        (
            "INSERT INTO users (id, username, name, name_folded, password, created_at)"
            f" VALUES ($1, $2, $3, $4, '!', {moment})",
            [*people],
        ),
        (
            "INSERT INTO sessions (token_hash, user_id, created_at, seen_at)"
            " VALUES ($1, $2, $3, $3)",
            [*sessions],
        ),
        (
            "INSERT INTO conversations (id, kind, pair, title, creator_id, active_at, ranked_at)"
            f" VALUES ($1, $2, $3, $4, $5, {moment}, {moment})",
            [
                (FIRST_ID + room.number, *kind_and_pair(ids), f"Room {room.number}", ids[0])
                for room, ids in rooms
            ],
        ),
        (
            "INSERT INTO participants (conversation_id, user_id, ranked_at)"
            f" VALUES ($1, $2, {moment})",
            [(FIRST_ID + room.number, id) for room, ids in rooms for id in ids],
        ),
    ]


def kind_and_pair(ids: list[int]) -> tuple[str, str | None]:
    return ("direct", "-".join(map(str, ids))) if len(ids) == 2 else ("group", None)


def token(person: int) -> str:
    """What their browser would keep, as long as a real one."""
    return f"bench-{person:037d}"
