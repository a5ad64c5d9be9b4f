"""The load generator as an object: bench/load/main.c says what its lines mean."""

import json
import subprocess
import tempfile
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

from bench import machine, programs
from bench.server import Server
from bench.stacks.stack import Dialect, Seat

Figures = dict[str, Any]


class Generator:
    """Connections to a server, open from its making on until the block ends."""

    def __init__(self, server: Server, dialect: Dialect, seats: Iterable[Seat]) -> None:
        self.server = server
        with tempfile.NamedTemporaryFile("w") as file:
            for seat in seats:
                sends = int(seat.sends)
                print(seat.kind, seat.room, sends, seat.path, seat.cookie, file=file)
            file.flush()
            with machine.pinned(machine.OTHER_CORE):
                self.process = subprocess.Popen(
                    [programs.load(), *options(dialect), "--port", str(server.port), file.name],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    bufsize=1,
                )
            try:
                self.opened = self.line()
            except BaseException:
                self.end()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.end()

    def talk(
        self, seconds: float, warmup: float = 0.5, rate: float = 0, drain: float = 5
    ) -> Figures:
        """Closed loop without a rate; else so many messages a second. Times in seconds."""
        return self.run(f"talk {seconds} {warmup} {rate} {drain}")

    def storm(self, rate: float, patience: float) -> Figures:
        """Everybody but the senders is dropped at once and comes back."""
        return self.run(f"storm {rate} {patience}")

    def run(self, command: str) -> Figures:
        """Its figures, and the server's processor time between their beginning and their end."""
        assert self.process.stdin is not None
        self.process.stdin.write(command + "\n")
        assert self.line()["event"] == "begin"
        before = self.server.cpu_seconds()
        assert self.line()["event"] == "end"
        cpu = self.server.cpu_seconds() - before
        return {**self.line(), "server_cpu_seconds": cpu}

    def line(self) -> Figures:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(
                f"the load generator has ended; the server said:\n{self.server.said()}"
            )
        figures: Figures = json.loads(line)
        return figures

    def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def options(dialect: Dialect) -> list[str]:
    words = ["--frame", dialect.frame, "--ready-after", str(dialect.ready_after)]
    if dialect.hello is not None:
        words += ["--hello", dialect.hello]
    if dialect.cursor is not None:
        words += ["--cursor", dialect.cursor]
    if dialect.engine_io:
        words += ["--engine-io"]
    return words
