"""Hundreds who never read, thousands of repeats: run by bin/test --faults."""

import asyncio
import os
import selectors
import socket
import threading
import time
import uuid
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path

import pytest

from tests.faults.deployments import Deployment, Workers
from tests.faults.oracle import Oracle, words
from tests.faults.test_replies import ask
from tests.faults.test_slow_readers import is_connected, never_reading
from tests.faults.writers import ByPost

pytestmark = [pytest.mark.minutes, pytest.mark.timeout(900)]

SLOW = 200
MIB = 1024 * 1024
NOISE = 0.1
"""Seconds by which one and the same thing differs on a machine that has others to serve."""


async def test_two_hundred_who_never_read(deployment: Deployment) -> None:
    """They cost others no more than two hundred who read, and at most 2 MiB each."""
    async with Oracle(deployment.app.url, deployment.database_url) as oracle:
        await oracle.follow("ws", "sse", "poll")
        alone = await delivery(oracle)
        before = memory(deployment.app)
        with ExitStack() as stack:
            readers = []
            for _ in range(SLOW):
                person = oracle.people[2]
                reader = await asyncio.to_thread(never_reading, person, oracle.conversation_id)
                readers.append(stack.enter_context(reader))
            ports = [reader.getsockname()[1] for reader in readers]
            with Draining(readers):
                reading = await delivery(oracle)
            mute = await delivery(oracle)
            each = (memory(deployment.app) - before) / SLOW
            while any(is_connected(deployment.app.port, port) for port in ports):
                await delivery(oracle)
    print(
        f"p99 {alone:.3f} s alone, among {SLOW} {reading:.3f} s while they read and {mute:.3f} s "
    )
    print(f"while they do not; {each / MIB:.2f} MiB each")
    assert each <= 2 * MIB
    assert mute <= reading * 1.1 + NOISE


class Draining(threading.Thread):
    """Reads what comes on many sockets while its block runs, and throws it away."""

    def __init__(self, sockets: list[socket.socket]) -> None:
        super().__init__()
        self.sockets = sockets
        self.ended = threading.Event()

    def __enter__(self) -> None:
        self.start()

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.join()

    def run(self) -> None:
        with selectors.DefaultSelector() as selector:
            for each in self.sockets:
                selector.register(each, selectors.EVENT_READ)
            while not self.ended.is_set():
                for key, _ in selector.select(0.1):
                    os.read(key.fd, 65536)


async def delivery(oracle: Oracle) -> float:
    """Have some more written, and return the p99 of its delivery."""
    oracle.timed_from = time.time()
    async with oracle.writing(a_second=10, length=2_000):
        await oracle.more_acknowledged(100)
    verdict = await oracle.verdict()
    assert verdict.holds()
    return verdict.converge(99)


def memory(app: Workers) -> int:
    """What the workers hold of the machine's memory, in bytes."""
    statistics = [Path(f"/proc/{id}/statm").read_text() for id in app.worker_ids()]
    return sum(int(line.split()[1]) for line in statistics) * os.sysconf("SC_PAGE_SIZE")


async def test_a_thousand_messages_sent_thrice_at_once(oracle: Oracle) -> None:
    await oracle.follow("ws", "sse", "poll")
    writers = cycle(
        ByPost(person, oracle.conversation_id, oracle.answers, oracle.waits)
        for person in oracle.people
    )
    for _, writer in zip(range(1000), writers, strict=False):
        client_id = str(uuid.uuid4())
        body = words(client_id)
        answers = await asyncio.gather(*(ask(writer, client_id, body) for _ in range(3)))
        await oracle.note(client_id)
        assert len(set(answers)) == 1, answers
    assert (await oracle.verdict()).holds(within=5)
    assert len(oracle.acknowledged) == 1000
