"""Readers that never read: they are dropped, and other readers are unaffected."""

import asyncio
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

from tests.clients import Visitor
from tests.faults.deployments import Deployment
from tests.faults.oracle import Oracle, log
from tests.faults.readers import Ledger
from tests.waiting import PATIENCE

DROPPED_WITHIN = 90.0
ESTABLISHED = "01"
LENGTH = 7_000


async def test_a_reader_that_never_reads(deployment: Deployment, oracle: Oracle) -> None:
    await oracle.follow("ws", "sse", "poll")
    reader = await asyncio.to_thread(never_reading, oracle.people[2], oracle.conversation_id)
    with reader:
        address = reader.getsockname()
        async with oracle.writing(length=LENGTH):
            deadline = time.monotonic() + DROPPED_WITHIN
            while is_connected(deployment.app.port, address[1]):
                assert time.monotonic() < deadline, "it is never dropped"
                await oracle.more_acknowledged(1)
    assert (await oracle.verdict()).holds(within=5)
    await assert_caught_up(oracle)


def never_reading(person: Visitor, conversation_id: int) -> socket.socket:
    """A WebSocket on which nothing is ever read once it is open, with little room for what comes.

    Blocks until it is open.
    """
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    place = urlsplit(person.url)
    assert place.hostname
    assert place.port
    reader.connect((place.hostname, place.port))
    lines = [
        f"GET /ws/chat/{conversation_id}/?after=0 HTTP/1.1",
        f"Host: {place.netloc}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        f"Cookie: {person.cookie}",
    ]
    reader.sendall("\r\n".join([*lines, "", ""]).encode())
    assert reader.recv(12) == b"HTTP/1.1 101"
    return reader


def is_connected(port: int, peer_port: int) -> bool:
    """Whether the kernel still holds the server's side of a connection."""
    wanted = f"{port:04X}", f"{peer_port:04X}", ESTABLISHED
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        local, remote, state = line.split()[1:4]
        if (local.split(":")[1], remote.split(":")[1], state) == wanted:
            return True
    return False


async def assert_caught_up(oracle: Oracle) -> None:
    """The dropped reader comes back, and reads what it has missed from the database."""
    ledger = Ledger()
    stored = await log(oracle.database_url, oracle.conversation_id)
    path = f"/ws/chat/{oracle.conversation_id}/?after=0"
    async with asyncio.timeout(PATIENCE), oracle.people[2].connect(path) as connection:
        while stored[-1] not in ledger.came:
            frame = await connection.recv()
            assert isinstance(frame, str)
            ledger.apply(frame)
    assert list(ledger.came) == stored[-len(ledger.came) :]
