"""Parley as it is served in production, on either database."""

import asyncio
import re
import shlex
import shutil
import sys
from typing import ClassVar

import settings
from actions.clock import now
from actions.sessions import token_hash
from bench.server import Server
from bench.stacks.stack import JSON, Dialect, Stack
from bench.world import PEOPLE, ROOMS, Room
from db import conversations, engine, migration, participants, sessions, users
from tests.servers import free_port

FIRST_ID = 4_503_599_627_370_000
"""Ids are 53 random bits in life; these have as many digits."""


class Parley(Stack):
    """Sessions, permissions, storage and logs as always; only nobody is too fast."""

    dialect = Dialect(JSON.frame, ready_after=1, cursor='<hx-cursor revision="')
    database: ClassVar[str]
    template: str | None = None

    def start(self, cores: set[int] | None, workers: int) -> Server:
        port = free_port()
        environment = {
            "DATABASE_URL": self.fresh_database(),
            "WEB_CONCURRENCY": str(workers),
            "BROKER_URL": self.databases.redis.url if workers > 1 else "memory://",
        }
        return Server(
            [sys.executable, "-m", *served(), "--host", "127.0.0.1", "--port", str(port)],
            port,
            self.folder,
            environment=environment,
            working_folder=settings.ROOT,
            cores=cores,
        )

    def path(self, room: Room, person: int) -> str:
        return f"/ws/chat/{FIRST_ID + room.number}/"

    def stream_path(self, room: Room) -> str:
        return f"/sse/chat/{FIRST_ID + room.number}/"

    def cookie(self, person: int) -> str:
        return f"session={token(person)}"

    def fresh_database(self) -> str:
        """The URL of a copy of the seeded database, which is made once."""
        raise NotImplementedError


class OnPostgreSQL(Parley):
    name = "parley-pg"
    title = "Parley, PostgreSQL"

    def fresh_database(self) -> str:
        if self.template is None:
            self.template = self.databases.new()
            asyncio.run(seed(self.template))
        return self.databases.new(self.template)


class OnSQLite(Parley):
    name = "parley-sqlite"
    title = "Parley, SQLite"

    def fresh_database(self) -> str:
        seeded = self.folder / "seeded.sqlite3"
        if not seeded.exists():
            asyncio.run(seed(f"sqlite:///{seeded}"))
        fresh = self.folder / "parley.sqlite3"
        for old in self.folder.glob(f"{fresh.name}*"):
            old.unlink()
        shutil.copy(seeded, fresh)
        return f"sqlite:///{fresh}"


def served() -> list[str]:
    """uvicorn with the options of the Procfile, but for where it listens and whom it trusts."""
    line = next(
        line
        for line in (settings.ROOT / "Procfile").read_text().splitlines()
        if line.startswith("web:")
    )
    line = re.sub(r"--(host|port|forwarded-allow-ips) (\"[^\"]*\"|\S+)", "", line)
    words = shlex.split(line.partition("exec ")[2])
    return ["bench.unlimited:app" if word == "app:app" else word for word in words]


async def seed(url: str) -> None:
    """Put everybody, signed in, and every room into a new database."""
    await asyncio.to_thread(migration.upgrade, url)
    await engine.connect(url, 1, 60)
    try:
        async with engine.transaction():
            for number in range(PEOPLE):
                await add_person(number)
        async with engine.transaction():
            for room in ROOMS:
                await add_room(room)
    finally:
        await engine.disconnect()


async def add_person(number: int) -> None:
    name = f"Person {number}"
    await users.add(FIRST_ID + number, f"person{number}", name, name.casefold(), "!", now())
    await sessions.add(token_hash(token(number)), FIRST_ID + number, now())


async def add_room(room: Room) -> None:
    people = [FIRST_ID + person for person in room.people]
    pair = "-".join(map(str, people)) if len(people) == 2 else None
    id = FIRST_ID + room.number
    kind = "direct" if pair else "group"
    await conversations.add(id, kind, pair, f"Room {room.number}", people[0], now())
    for person in people:
        await participants.add(id, person)


def token(person: int) -> str:
    """What their browser would keep, as long as a real one."""
    return f"bench-{person:037d}"
