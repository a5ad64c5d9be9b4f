"""Hundreds who never read, thousands of repeats: run by bin/test --faults."""

import asyncio
import os
import uuid
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.oracle import Oracle, words
from tests.faults.test_replies import ask
from tests.faults.test_slow_readers import is_connected, never_reading
from tests.faults.town import Town, Workers
from tests.faults.writers import ByPost

pytestmark = [pytest.mark.minutes, pytest.mark.timeout(900)]

SLOW = 200
MIB = 1024 * 1024


async def test_two_hundred_who_never_read(town: Town) -> None:
    """Others get their messages as fast as without them, and each costs at most 2 MiB."""
    alone = await delay_without(town)
    before = memory(town.app)
    async with Oracle(town.app.url, town.database_url) as oracle:
        with ExitStack() as stack:
            slow = [
                stack.enter_context(never_reading(oracle.people[2], oracle.conversation_id))
                for _ in range(SLOW)
            ]
            ports = [reader.getsockname()[1] for reader in slow]
            await oracle.follow("ws", "sse", "poll")
            async with oracle.writing(a_second=20, length=2_000):
                await oracle.more_acknowledged(300)
                each = (memory(town.app) - before) / SLOW
            verdict = await oracle.verdict()
            among = verdict.converge(99)
            while any(is_connected(town.app.port, port) for port in ports):
                async with oracle.writing(a_second=20):
                    await oracle.more_acknowledged(20)
    print(f"p99 {alone:.3f} s alone, {among:.3f} s among {SLOW}; {each / MIB:.2f} MiB each")
    assert verdict.holds(within=5)
    assert each <= 2 * MIB
    assert among <= alone * 1.1 + 0.1


async def delay_without(town: Town) -> float:
    """The p99 of delivery where everybody reads."""
    async with Oracle(town.app.url, town.database_url) as oracle:
        await oracle.follow("ws", "sse", "poll")
        async with oracle.writing(a_second=20, length=2_000):
            await oracle.more_acknowledged(300)
        return (await oracle.verdict()).converge(99)


def memory(app: Workers) -> int:
    """What the workers hold of the machine's memory, in bytes."""
    statistics = [Path(f"/proc/{id}/statm").read_text() for id in app.worker_ids()]
    return sum(int(line.split()[1]) for line in statistics) * os.sysconf("SC_PAGE_SIZE")


async def test_a_thousand_messages_sent_thrice_at_once(oracle: Oracle) -> None:
    await oracle.follow("ws", "sse", "poll")
    writer = ByPost(oracle.people[0], oracle.conversation_id, oracle.answers, oracle.waits)
    for _ in range(1000):
        client_id = str(uuid.uuid4())
        bodies = [f"{words(client_id)} {n}" for n in range(3)]
        answers = await asyncio.gather(*(ask(writer, client_id, body) for body in bodies))
        await oracle.note(client_id)
        assert len(set(answers)) == 1, answers
    assert (await oracle.verdict()).holds(within=5)
    assert len(oracle.acknowledged) == 1000
