"""Node.js: `ws` and socket.io. No permissions; each message is stored."""

from pathlib import Path
from typing import ClassVar

from bench import node
from bench.dataset import BODY, Room
from bench.server import Server
from bench.stacks.limit import FRAGMENT_BYTES
from bench.stacks.stack import JSON, Dialect, Stack
from tests.servers import free_port


class Ws(Stack):
    name = "ws"
    title = "node ws, node:sqlite"
    script: ClassVar[str] = "ws.js"
    dialect = JSON

    def start(self, cores: set[int] | None, workers: int) -> Server:
        assert workers == 1, "it has one process"
        port = free_port()
        folder = node.packages()
        environment = {
            "PORT": str(port),
            "DATABASE": self.database(),
            "FRAGMENT_BYTES": str(FRAGMENT_BYTES),
            "NODE_ENV": "production",
        }
        command: list[str | Path] = [*node.command(), folder / self.script]
        return Server(command, port, self.folder, environment=environment, cores=cores)

    def path(self, room: Room, person: int) -> str:
        return f"/room/{room.number}"

    def database(self) -> str:
        file = self.folder / "node.sqlite3"
        for old in self.folder.glob(f"{file.name}*"):
            old.unlink()
        return str(file)


class WsOnPostgreSQL(Ws):
    name = "ws-pg"
    title = "node ws, PostgreSQL"

    def database(self) -> str:
        return self.databases.new()


class SocketIO(WsOnPostgreSQL):
    name = "socketio"
    title = "socket.io, PostgreSQL"
    script = "socketio.js"
    dialect = Dialect(
        f'42["message",{{"client_id":"@ID@","body":"{BODY}"}}]',
        hello="40",
        ready_after=2,
        engine_io=True,
    )

    def path(self, room: Room, person: int) -> str:
        return f"/socket.io/?EIO=4&transport=websocket&room={room.number}"
