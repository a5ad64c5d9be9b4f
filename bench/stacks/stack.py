"""What the measures know of a server."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from bench.databases import Databases
from bench.server import Server
from bench.world import BODY, Room


@dataclass(frozen=True)
class Dialect:
    """How a stack is spoken to. See bench/load/main.c for what each means."""

    frame: str
    hello: str | None = None
    ready_after: int = 0
    cursor: str | None = None
    engine_io: bool = False


JSON = Dialect(f'{{"type":"message","client_id":"@ID@","body":"{BODY}"}}')


class Stack(ABC):
    """A server that can be started, with people who are signed in and rooms that they are in."""

    name: ClassVar[str]
    title: ClassVar[str]
    stores: ClassVar[bool] = True
    largest_room: ClassVar[int] = 10_000
    dialect: ClassVar[Dialect] = JSON

    def __init__(self, databases: Databases, folder: Path) -> None:
        self.databases = databases
        self.folder = folder

    @contextmanager
    def serving(self, cores: set[int] | None = None, workers: int = 1) -> Iterator[Server]:
        """The server, on fresh data."""
        server = self.start(cores, workers)
        try:
            yield server
        finally:
            server.end()

    @abstractmethod
    def start(self, cores: set[int] | None, workers: int) -> Server: ...

    @abstractmethod
    def path(self, room: Room, person: int) -> str:
        """Where a person's socket in a room is opened."""

    def cookie(self, person: int) -> str:
        """What proves who they are."""
        return f"person={person}"
