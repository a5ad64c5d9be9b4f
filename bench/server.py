"""A server under measurement: a process on its core, its log in a folder."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from bench import machine

PATIENCE = 40.0
"""Seconds that a server may take to answer."""

FAREWELL = 10.0


class Server:
    """Runs from its making, in which it is waited for, to `end`."""

    def __init__(
        self,
        command: Sequence[str | Path],
        port: int,
        folder: Path,
        *,
        environment: Mapping[str, str] | None = None,
        working_folder: Path | None = None,
        cores: set[int] | None = None,
    ) -> None:
        self.port = port
        self.log = folder / f"{Path(command[0]).name}-{port}.log"
        with machine.pinned(cores or machine.SERVER_CORE), self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=working_folder,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            self.wait()
        except BaseException:
            self.end()
            raise

    def wait(self) -> None:
        until = time.monotonic() + PATIENCE
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"it doesn't start: {self.process.args!r}\n{self.said()}")
            time.sleep(0.05)

    def answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def said(self) -> str:
        return self.log.read_text(errors="replace")[-3000:]

    @property
    def pids(self) -> list[int]:
        """It and its workers."""
        return machine.family(self.process.pid)

    def cpu_seconds(self) -> float:
        return machine.cpu_seconds(self.pids)

    def memory_kilobytes(self) -> int:
        return machine.memory_kilobytes(self.pids)

    def peak(self) -> int:
        """The most that it has kept in memory so far, in kilobytes."""
        return sum(machine.peak_kilobytes(pid) for pid in self.pids)

    def end(self) -> None:
        """Ends it and its workers, in good order if it can."""
        workers = self.pids if self.process.poll() is None else []
        self.process.terminate()
        try:
            self.process.wait(FAREWELL)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            for pid in workers[1:]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
