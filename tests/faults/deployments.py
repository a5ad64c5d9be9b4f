"""Everything that runs, and can be killed: Parley in worker processes, PostgreSQL, Redis."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.applications import HOME, Process
from tests.servers import PATIENCE, PostgreSQL, Redis, start_postgresql, start_redis
from tests.services import migrate, migrated_database

UNLIMITED = {"CONNECTIONS_PER_PERSON": "0", "CONNECTIONS_PER_ADDRESS": "0"}


class Workers(Process):
    """uvicorn with worker processes, in a group of their own so that all can be killed at once."""

    def __init__(self, number: int, **environment: str) -> None:
        super().__init__(**environment)
        self.number = number

    def command(self) -> Sequence[str | Path]:
        if self.number > 1:
            return [*super().command(), "--workers", str(self.number)]
        return super().command()

    def spawn(self, command: Sequence[str | Path]) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=HOME,
                env=os.environ | UNLIMITED | self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def end(self, number: signal.Signals) -> None:
        """A kill -9 of the parent alone would leave workers that go on serving."""
        if self.process is not None and number == signal.SIGKILL:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)
        super().end(number)

    def worker_ids(self) -> list[int]:
        assert self.process is not None
        parent = str(self.process.pid)
        found = subprocess.run(
            ["pgrep", "-P", parent, "-f", "spawn_main"], capture_output=True, text=True, check=False
        )
        return [int(line) for line in found.stdout.split()]

    def kill_a_worker(self) -> None:
        """Returns once another one has taken its place. That may take a while: a parent that was
        just asking the dead one how it is waits for the answer first."""
        before = self.starts()
        os.kill(self.worker_ids()[-1], signal.SIGKILL)
        deadline = time.monotonic() + 3 * PATIENCE
        while self.starts() == before:
            assert self.running, "the whole server has ended"
            assert time.monotonic() < deadline, "no other worker starts"
            time.sleep(0.05)

    def starts(self) -> int:
        """How many processes have got so far as to serve."""
        return (self.folder / "log").read_text().count("Application startup complete")


@dataclass
class Deployment:
    app: Workers
    database_url: str
    postgresql: PostgreSQL | None = None
    redis: Redis | None = None


@contextmanager
def deployment(**settings: str) -> Iterator[Deployment]:
    """Two workers on PostgreSQL and Redis."""
    with start_postgresql() as postgresql, start_redis() as redis:
        url = migrated_database(postgresql)
        environment = {"DATABASE_URL": url, "REDIS_URL": redis.url, "WEB_CONCURRENCY": "2"}
        with Workers(2, **environment, **settings) as app:
            app.start()
            yield Deployment(app, url, postgresql, redis)


@contextmanager
def single_worker_deployment() -> Iterator[Deployment]:
    """Two workers on PostgreSQL, which also carries what they tell each other."""
    with start_postgresql() as postgresql:
        url = migrated_database(postgresql)
        with Workers(2, DATABASE_URL=url, BROKER_URL=url, WEB_CONCURRENCY="2") as app:
            app.start()
            yield Deployment(app, url, postgresql)


@contextmanager
def sqlite_deployment(folder: Path) -> Iterator[Deployment]:
    """One process on SQLite."""
    url = f"sqlite:///{folder / 'parley.sqlite3'}"
    migrate(url)
    with Workers(1, DATABASE_URL=url) as app:
        app.start()
        yield Deployment(app, url)
