"""What is published comes late, in any order, twice or never: the log stays the log."""

import asyncio
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import settings
from live import hub
from live.publication import Publication
from tests.applications import served, web_arguments
from tests.faults.deployments import Workers
from tests.faults.oracle import Oracle
from tests.services import migrate

LATE_AT_MOST = 0.1
CRASHES = 3


async def test_shuffled_repeated_and_lost_publications(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of ten publications one never comes and one comes twice, none in its order."""
    deliver = hub.deliver

    def misdeliver(*publications: Publication) -> None:
        for publication in publications:
            for _ in range(random.choice([0, 1, 1, 1, 1, 1, 1, 1, 1, 2])):  # noqa: S311
                delay = random.uniform(0, LATE_AT_MOST)  # noqa: S311
                asyncio.get_running_loop().call_later(delay, deliver, publication)

    monkeypatch.setattr(settings, "DATABASE_URL", sqlite_url)
    monkeypatch.setattr(settings, "HEARTBEAT", 1.0)
    monkeypatch.setattr(hub, "deliver", misdeliver)
    async with served() as site, Oracle(site.url, sqlite_url) as oracle:
        await oracle.follow("ws", "sse", "poll")
        async with oracle.writing(a_second=40):
            await oracle.more_acknowledged(200)
        assert (await oracle.verdict()).holds(within=5)


class Crashing(Workers):
    """Parley, which crashes again and again between storing a message and publishing it."""

    def command(self) -> list[str | Path]:
        return [
            self.program,
            "-m",
            "tests.faults.crashing",
            *web_arguments(),
            *super().command()[1:],
        ]


async def test_a_crash_between_storing_and_publishing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'parley.sqlite3'}"
    migrate(url)
    with Crashing(1, DATABASE_URL=url) as app:
        app.start()
        async with Oracle(app.url, url) as oracle:
            await oracle.follow("ws", "sse", "poll")
            async with oracle.writing():
                for _ in range(CRASHES):
                    assert app.process is not None
                    await asyncio.to_thread(app.process.wait, 30)
                    assert count(tmp_path / "parley.sqlite3") > len(oracle.acknowledged)
                    await asyncio.to_thread(app.start)
                await oracle.more_acknowledged(5)
            assert (await oracle.verdict()).holds()


def count(path: Path) -> int:
    with closing(sqlite3.connect(path)) as file:
        return int(file.execute("SELECT COUNT(*) FROM messages").fetchone()[0])
