"""Real servers on loopback that a test may stop, kill and start again on the same port.

Starting and stopping block until it's done, so call them by `asyncio.to_thread` while an
application runs in the test's own event loop.
"""

import asyncio
import atexit
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Self, TypeVar

import asyncpg

from tests import programs, unprivileged

PATIENCE = 60.0
"""Seconds that a server may take to start or to stop."""


class Server(ABC):
    """A server process in a folder of its own, on a port that stays its own."""

    stop_signal = signal.SIGTERM

    def __init__(self, program: Path) -> None:
        self.program = program
        self.folder = unprivileged.private_folder()
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.has_served = False
        (self.folder / "log").touch()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Returns once it answers."""
        deadline = time.monotonic() + PATIENCE
        while not (self.running and self.answers()):
            if time.monotonic() > deadline:
                raise RuntimeError("it doesn't start")
            if not self.running:
                self.launch_again()
            time.sleep(0.03)
        self.has_served = True

    def launch_again(self) -> None:
        """After a kill -9 that may take some attempts: its orphans hold its memory for a moment."""
        if self.process is not None and not self.has_served:
            raise RuntimeError("it ends as soon as it is started")
        self.process = self.launch()

    def stop(self) -> None:
        """Stop it gracefully, with connections open or not."""
        self.end(self.stop_signal)

    def kill(self) -> None:
        """Ends it with kill -9."""
        self.end(signal.SIGKILL)

    def restart(self) -> None:
        self.stop()
        self.start()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """While the block runs the kernel still takes connections for it, and nothing answers."""
        assert self.process is not None
        parent = self.process.pid
        os.kill(parent, signal.SIGSTOP)  # first, so that no child is born meanwhile
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        family = [parent, *map(int, children)]
        for member in family:
            os.kill(member, signal.SIGSTOP)
        try:
            yield
        finally:
            for member in family:
                with suppress(ProcessLookupError):
                    os.kill(member, signal.SIGCONT)

    def remove(self) -> None:
        """Ends it, in good order so that nothing of it stays in the kernel, and all it stored."""
        try:
            self.stop()
        except subprocess.TimeoutExpired:
            self.kill()
        shutil.rmtree(self.folder)

    def end(self, number: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(PATIENCE)

    def launch(self) -> subprocess.Popen[bytes]:
        return self.spawn(self.command())

    def spawn(self, command: Sequence[str | Path]) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                command, cwd=self.folder, stdout=log, stderr=log, **unprivileged.account()
            )

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")[-2000:]

    @abstractmethod
    def command(self) -> Sequence[str | Path]:
        """What to run."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether it serves by now."""


class PostgreSQL(Server):
    stop_signal = signal.SIGINT  # SIGTERM would wait until everybody has disconnected

    @property
    def url(self) -> str:
        return f"postgresql://parley@127.0.0.1:{self.port}/postgres"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def launch(self) -> subprocess.Popen[bytes]:
        if not self.data.exists():
            self.initialize()
        return super().launch()

    def initialize(self) -> None:
        subprocess.run(["cp", "-a", initialized(self.program), self.data], check=True)

    def command(self) -> Sequence[str | Path]:
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            # No test cuts the power, and kill -9 loses nothing that the kernel has.
            "fsync": "off",
            "full_page_writes": "off",
            "shared_buffers": "32MB",
            "dynamic_shared_memory_type": "mmap",  # in its folder, so that kill -9 leaves nothing
            "autovacuum": "off",
        }
        settings = [f"--{name}={value}" for name, value in options.items()]
        return [self.program, "-D", self.data, *settings]

    def answers(self) -> bool:
        try:
            execute(self.url, "SELECT 1")
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            return False
        return True


@cache
def initialized(program: Path) -> Path:
    """The data of a PostgreSQL that has never run, made once: every server starts on a copy."""
    folder = unprivileged.private_folder()
    atexit.register(shutil.rmtree, folder)
    options = ["--username", "parley", "--auth", "trust", "--encoding", "UTF8"]
    done = subprocess.run(
        [program.with_name("initdb"), "-D", folder / "data", *options, "--no-locale", "--no-sync"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        **unprivileged.account(),
    )
    if done.returncode != 0:
        raise RuntimeError(f"initdb failed: {done.stderr}")
    return folder / "data"


class Redis(Server):
    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> Sequence[str | Path]:
        options = ["--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.folder)]
        return [self.program, *options, "--save", "", "--appendonly", "no"]

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(7) == b"+PONG\r\n"
        except OSError:
            return False


def start_postgresql() -> PostgreSQL:
    """The machine's own PostgreSQL where that works, else the one from the wheel."""
    return first_to_start(PostgreSQL, programs.postgresql())


def start_redis() -> Redis:
    """The machine's own Valkey or Redis where that works, else the one from the wheel."""
    return first_to_start(Redis, programs.redis())


S = TypeVar("S", bound=Server)


def first_to_start(kind: type[S], candidates: Iterable[Path]) -> S:
    refusals = []
    for program in candidates:
        server = kind(program)
        try:
            server.start()
        except (OSError, subprocess.SubprocessError, RuntimeError) as error:
            refusals.append(f"{program}: {error}\n{server.log()}")
            server.remove()
        else:
            return server
    raise RuntimeError("\n".join([f"There is no {kind.__name__} that works here.", *refusals]))


def free_port() -> int:
    """A port below those that outgoing connections get: none of them can take it meanwhile."""
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def execute(url: str, *statements: str) -> None:
    """Run SQL on a PostgreSQL. In a thread, so that a running event loop is no hindrance."""

    async def connected() -> None:
        connection = await asyncpg.connect(url, timeout=PATIENCE / 4)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    def run() -> None:
        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            runner.run(connected())

    in_a_thread(run)


def disconnect_everybody(url: str) -> None:
    """End every connection to a database of PostgreSQL. Blocks the event loop meanwhile, so that
    connections of this process have not noticed when it returns."""
    execute(
        url,
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )


def in_a_thread(function: Callable[[], None]) -> None:
    with ThreadPoolExecutor(1) as executor:
        executor.submit(function).result()
