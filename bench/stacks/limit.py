"""The limit: C that only writes: no users, no storage."""

from pathlib import Path
from typing import ClassVar

from bench import programs
from bench.dataset import Room
from bench.server import Server
from bench.stacks.stack import Stack
from tests.servers import free_port

FRAGMENT_BYTES = 550
"""What every stack but Parley sends for a message; Parley's own fragment is of about this size."""


class Each(Stack):
    """One send() for each delivery."""

    name = "c"
    title = "C, one send() per delivery"
    stores = False
    mode: ClassVar[str] = "each"

    def start(self, cores: set[int] | None, workers: int) -> Server:
        assert workers == 1, "it has one thread"
        port = free_port()
        command: list[str | Path] = [programs.writer(), str(port), str(FRAGMENT_BYTES), self.mode]
        return Server(command, port, self.folder, cores=cores)

    def path(self, room: Room, person: int) -> str:
        return f"/room/{room.number}"


class Joined(Each):
    """One send() for all that a turn of the loop owes a connection."""

    name = "c-joined"
    title = "C, a turn's frames joined"
    mode = "joined"
