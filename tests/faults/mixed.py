"""Kills of everything, at random, while people write and read: bin/faults."""

import argparse
import asyncio
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults import deployments
from tests.faults.deployments import Deployment
from tests.faults.oracle import Oracle
from tests.servers import Server

READERS = ("ws", "ws", "sse", "sse", "poll", "poll")
WRITERS = ("ws", "htmx", "ws", "form", "ws", "htmx", "ws", "form", "ws", "htmx")
RATE = 50
CHANGES = 6
"""Edits, unsends and pins a second."""

REPORT = 10.0
"""Seconds between two lines about how it goes."""

PROMPT = 2.0
"""Seconds within which 95 of 100 messages come in the midst of it all. Where heartbeats have to
tell of them it takes ten."""

SERVER_KILLS = 20
"""So often a server that is alone on SQLite is killed, however long it takes."""

BREATH = 5.0
"""Seconds from one kill to the next, more or less."""


async def run(deployment: Deployment, minutes: float, seed: int) -> bool:
    """Whether every promise held."""
    kills: Counter[str] = Counter()
    async with Oracle(deployment.app.url, deployment.database_url) as oracle:
        await oracle.follow(*READERS)
        async with oracle.writing(*WRITERS, a_second=RATE), oracle.changing(CHANGES, seed):
            reporting = asyncio.create_task(report(oracle, kills))
            try:
                await kill_in_turn(deployment, oracle, kills, minutes * 60, random.Random(seed))  # noqa: S311
                await oracle.more_acknowledged(RATE)
            finally:
                reporting.cancel()
        print(f"{dict(kills)} killed, {len(oracle.acknowledged)} acknowledged, {how(oracle)}")
        verdict = await oracle.verdict()
    if verdict.converge(95) > PROMPT:
        print(f"nearly all should have come within {PROMPT} s: a process may have become deaf")
    return verdict.holds() and verdict.converge(95) <= PROMPT


async def kill_in_turn(
    deployment: Deployment,
    oracle: Oracle,
    kills: Counter[str],
    seconds: float,
    chance: random.Random,
) -> None:
    """Each kill is followed by messages that are acknowledged, so that none hides another."""
    deaths = ways_to_die(deployment)
    pause = seconds / SERVER_KILLS if deployment.redis is None else BREATH
    until = time.monotonic() + seconds
    while time.monotonic() < until or (
        deployment.redis is None and sum(kills.values()) < SERVER_KILLS
    ):
        next_at = time.monotonic() + pause * chance.uniform(0.5, 1.5)
        name = chance.choice(list(deaths))
        await asyncio.to_thread(deaths[name])
        kills[name] += 1
        await oracle.more_acknowledged(RATE)
        await asyncio.sleep(max(0, next_at - time.monotonic()))


def ways_to_die(deployment: Deployment) -> dict[str, Callable[[], None]]:
    if deployment.postgresql is None or deployment.redis is None:
        return {"server": lambda: restart(deployment.app)}
    postgresql, redis = deployment.postgresql, deployment.redis

    def both() -> None:
        postgresql.kill()
        redis.kill()
        deployment.app.kill_a_worker()
        redis.start()
        postgresql.start()

    def away_for_a_while() -> None:
        redis.kill()
        time.sleep(BREATH)
        redis.start()

    return {
        "worker": deployment.app.kill_a_worker,
        "redis": lambda: restart(redis),
        "redis for 5 s": away_for_a_while,
        "postgresql": lambda: restart(postgresql),
        "all three": both,
    }


def restart(server: Server) -> None:
    server.kill()
    server.start()


async def report(oracle: Oracle, kills: Counter[str]) -> None:
    begun = time.monotonic()
    while True:
        await asyncio.sleep(REPORT)
        passed = time.monotonic() - begun
        acknowledged = len(oracle.acknowledged)
        print(
            f"{passed:5.0f} s: {acknowledged} acknowledged ({acknowledged / passed:.0f} a second), "
            f"{sum(kills.values())} kills, {how(oracle)}",
            flush=True,
        )


def how(oracle: Oracle) -> str:
    return ", ".join(f"{times} {what}" for what, times in oracle.answers.most_common())


@contextmanager
def place(database: str) -> Iterator[Deployment]:
    if database == "postgresql":
        with deployments.deployment() as deployment:
            yield deployment
    else:
        with (
            tempfile.TemporaryDirectory() as folder,
            deployments.sqlite_deployment(Path(folder)) as deployment,
        ):
            yield deployment


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="bin/faults",
        description="Serves Parley, has people write 50 messages a second, edit, unsend "
        "and pin them, and others read, and kills what serves them with kill -9, at random. Prints "
        "what was lost, doubled, out of order or held otherwise than it is stored, and how long "
        "readers took. Fails unless all of that is 0 and at most 30 s, and 95 "
        "of 100 took at most 2 s.",
    )
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument(
        "--database",
        choices=["postgresql", "sqlite"],
        default="postgresql",
        help="postgresql: two workers, and Redis. sqlite: one process, killed 20 times",
    )
    parser.add_argument("--seed", type=int, default=random.randrange(10_000), help="of the chance")  # noqa: S311
    given = parser.parse_args()
    logging.disable(logging.INFO)  # each of the requests that this process makes
    print(f"{given.minutes:g} minutes on {given.database}, seed {given.seed}", flush=True)
    with place(given.database) as deployment:
        held = asyncio.run(run(deployment, given.minutes, given.seed))
        if not held:
            print(deployment.app.log(), file=sys.stderr)
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()
