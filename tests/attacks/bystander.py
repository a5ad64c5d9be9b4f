"""A user who has no part in an attack, and should not notice it."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx

from tests.clients import Visitor
from tests.waiting import eventually

ATTACK = 4.0
"""Seconds that an attack is kept up."""

QUIET = 2.0
"""Seconds before it in which is measured what this machine can do at this moment."""

P99 = 0.25
"""Seconds within which 99 of 100 answers come on a machine that does nothing else."""

TIMES = 4
"""On a busy machine: so many times what it takes without the attack."""

ROUNDS = 3

PACE = 0.06
"""Seconds between two requests: well within every limit."""

MEMORY = 32 * 2**20
"""Bytes that the server may keep of an attack: what it frees goes back in large pieces."""


class Bystander:
    def __init__(self, visitor: Visitor, username: str, chat: int, pid: int) -> None:
        self.visitor = visitor
        self.username = username
        self.chat = chat
        self.pid = pid

    async def ask(self) -> httpx.Response:
        return await self.visitor.get("/up")

    async def send(self) -> httpx.Response:
        path = f"/chat/{self.chat}/messages/"
        return await self.visitor.hx_post(path, client_id=str(uuid.uuid4()), body="Undisturbed")

    async def undisturbed(self, attack: Callable[[], Coroutine[Any, Any, object]]) -> None:
        """During the attack this person's answers come in time, and afterwards the server has no
        more memory than before. What else the machine does may disturb one round, not all."""
        memory = resident(self.pid)
        rounds: list[float] = []
        while not rounds or rounds[-1] > 1:
            assert len(rounds) < ROUNDS, f"{max(rounds):.1f} times as slow as it may be"
            usual = await self.slowest(asyncio.create_task(asyncio.sleep(QUIET)))
            slowest = await self.slowest(asyncio.create_task(attack()))
            print(f"99 of 100 within {slowest * 1000:.0f} ms, before {usual * 1000:.0f} ms")
            rounds.append(slowest / max(P99, TIMES * usual))
        await eventually(lambda: resident(self.pid) <= memory + MEMORY)

    async def slowest(self, until: asyncio.Task[object]) -> float:
        """Seconds of the 99th percentile, of those answers that take longer."""
        ups, sends = await asyncio.gather(
            timed_again_and_again(self.ask, until), timed_again_and_again(self.send, until)
        )
        await until
        return max(percentile_99(ups), percentile_99(sends))


async def timed_again_and_again(
    action: Callable[[], Awaitable[httpx.Response]], until: asyncio.Task[object]
) -> list[float]:
    took = []
    while not until.done():
        begun = time.perf_counter()
        response = await action()
        took.append(time.perf_counter() - begun)
        if response.status_code == 503:  # the database has not answered in time
            took[-1] += P99
        else:
            assert response.status_code == 200, response.text
        await asyncio.sleep(PACE)
    return took


def percentile_99(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]


def resident(pid: int) -> int:
    """Bytes of memory that a process has."""
    [line] = [
        line
        for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        if line.startswith("VmRSS:")
    ]
    return int(line.split()[1]) * 1024
