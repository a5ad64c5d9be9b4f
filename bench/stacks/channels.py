"""Django, Channels, Daphne, channels_redis and PostgreSQL, put together as the guide does."""

import json
import subprocess
from dataclasses import asdict
from pathlib import Path

from bench import django
from bench.dataset import PAGES, PEOPLE, ROOMS, Room
from bench.server import Server
from bench.stacks.limit import FRAGMENT_BYTES
from bench.stacks.stack import Stack
from tests.servers import execute, free_port


class Channels(Stack):
    """With sessions, a check of who is in the room, and each message stored."""

    name = "channels"
    title = "Channels, Daphne, Redis, PostgreSQL"
    largest_room = 1_000
    quick_room = 100
    template: str | None = None

    def start(self, cores: set[int] | None, workers: int) -> Server:
        assert workers == 1, "it is one process"
        port = free_port()
        if self.template is None:
            self.template = self.databases.new()
            self.seed(self.template)
            execute(self.template, "ANALYZE")
        environment = self.environment(self.databases.new(self.template))
        command: list[str | Path] = [django.program("daphne"), "-b", "127.0.0.1", "-p", str(port)]
        return Server(
            [*command, "messenger.asgi:application"],
            port,
            self.folder,
            environment=environment,
            working_folder=django.PROJECT,
            cores=cores,
        )

    def path(self, room: Room, person: int) -> str:
        return f"/ws/chat/{room.number}/"

    def cookie(self, person: int) -> str:
        return f"sessionid={session_key(person)}"

    def inbox_path(self) -> str:
        return "/"

    def conversation_path(self) -> str:
        return f"/chat/{PAGES.first_conversation}/"

    def sending_path(self) -> str:
        return f"{self.conversation_path()}messages/"

    def environment(self, url: str) -> dict[str, str]:
        return {
            "DATABASE_URL": url,
            "REDIS_URL": self.databases.redis.url,
            "FRAGMENT_BYTES": str(FRAGMENT_BYTES),
        }

    def seed(self, url: str) -> None:
        people = {"people": [session_key(person) for person in range(PEOPLE)]}
        rooms = {"rooms": [[room.number, room.people.start, room.people.stop] for room in ROOMS]}
        subprocess.run(
            [django.program("python"), "seed.py"],
            cwd=django.PROJECT,
            env=self.environment(url),
            input=json.dumps({**people, **rooms, "pages": asdict(PAGES)}),
            text=True,
            check=True,
        )


def session_key(person: int) -> str:
    return f"bench{person:027d}"
