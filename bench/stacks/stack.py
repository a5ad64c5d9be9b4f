"""What the measures know of a server."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from bench.databases import Databases
from bench.dataset import BODY, Room
from bench.server import Server


@dataclass(frozen=True)
class Seat:
    """A connection to open: in which room, where, whose, whether it sends; `ws` or `sse`."""

    room: int
    path: str
    cookie: str
    sends: bool = False
    kind: str = "ws"


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
    quick_room: ClassVar[int] = 10_000
    """The largest room of a quick run."""
    most_connections: ClassVar[int] = 10_000
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

    def seat(self, room: Room, person: int, kind: str = "ws", *, sends: bool = False) -> Seat:
        """A person's connection in a room."""
        path = self.path(room, person) if kind == "ws" else self.stream_path(room)
        return Seat(room.number, path, self.cookie(person), sends, kind)

    @abstractmethod
    def path(self, room: Room, person: int) -> str:
        """Where a person's socket in a room is opened."""

    def stream_path(self, room: Room) -> str:
        """Where a stream of Server-Sent Events is opened, of a stack that has them."""
        raise NotImplementedError

    def inbox_path(self) -> str:
        """Where the inbox of `world.PAGES` is, of a stack that has pages."""
        raise NotImplementedError

    def conversation_path(self) -> str:
        """Where one of its conversations is."""
        raise NotImplementedError

    def sending_path(self) -> str:
        """Where the form of that conversation goes."""
        raise NotImplementedError

    def cookie(self, person: int) -> str:
        """What proves who they are."""
        return f"person={person}"
