"""People who come and go, on pages, sockets, streams and polls, and leave in every way there is."""

import asyncio
import json
import random
import re
import socket
import struct
import uuid
from asyncio import StreamReader, StreamWriter
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import NoReturn

RATE = 30
"""How many come in a second."""

STAY = (1.0, 14.0)
"""The shortest and the longest time in seconds that a user stays connected."""

PATIENCE = 20.0
WRITERS = 0.3
"""How many of those on sockets say something."""

RETURNING = 0.3
"""How many of those on sockets and streams come back at once, from where they left off."""

CURSOR = re.compile(rb'<hx-cursor revision="(\d+)"')
BODY = "The tide is in, the boat is out, and nobody has seen the cover since Saturday."
NO_LINGER = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Visitor:
    """A user who may connect: their conversation and their session."""

    path: str
    cookie: str


class Refused(Exception):
    """An answer that is not what was asked for."""


class Visitors:
    """The same people on the same visits, in the same order each time."""

    def __init__(self, port: int, people: Sequence[Visitor]) -> None:
        self.port = port
        self.people = people
        self.visits = random.Random(1)  # noqa: S311
        self.chance = random.Random(2)  # noqa: S311  # what they do, whoever comes to it first
        self.counts: Counter[str] = Counter()

    async def come_and_go(self, seconds: float) -> None:
        """Returns once the last of those who came within that time has gone."""
        kinds = (self.read_pages, self.post, self.poll, self.stream, self.socket)
        loop = asyncio.get_running_loop()
        began_at = loop.time()
        async with asyncio.TaskGroup() as visits:
            for number in range(int(seconds * RATE)):
                await asyncio.sleep(began_at + number / RATE - loop.time())
                visitor = self.visits.choice(self.people)
                [kind] = self.visits.choices(kinds, (20, 5, 10, 25, 40))
                visits.create_task(self.visit(kind, visitor))

    async def visit(self, kind: Callable[[Visitor], Awaitable[None]], visitor: Visitor) -> None:
        self.counts[kind.__name__] += 1
        try:
            await kind(visitor)
        except (OSError, EOFError, TimeoutError, Refused) as error:
            self.counts["unserved"] += 1
            self.counts[f"unserved: {kind.__name__}: {error!r}"] += 1

    async def read_pages(self, visitor: Visitor) -> None:
        for path in ("/", visitor.path):
            async with self.asking("GET", path, visitor, 200) as (reader, _):
                await reader.read()

    async def post(self, visitor: Visitor) -> None:
        form = f"client_id={uuid.uuid4()}&body={BODY.replace(' ', '+')}"
        async with self.asking("POST", f"{visitor.path}messages/", visitor, 303, body=form) as both:
            await both[0].read()

    async def poll(self, visitor: Visitor) -> None:
        """Some wait for the answer, which is none; some leave before it."""
        wait = self.chance.choice([1, 25])
        async with self.asking("GET", f"/poll{visitor.path}?wait={wait}", visitor, None) as both:
            await self.stay(both[0])
            await self.leave(*both)

    async def stream(self, visitor: Visitor) -> None:
        await self.follow("/sse", visitor, 200)

    async def socket(self, visitor: Visitor) -> None:
        await self.follow("/ws", visitor, 101)

    async def follow(self, kind: str, visitor: Visitor, status: int) -> None:
        cursor = await self.follow_once(f"{kind}{visitor.path}", visitor, status)
        if cursor is not None and self.chance.random() < RETURNING:
            await self.follow_once(f"{kind}{visitor.path}?after={cursor}", visitor, status)

    async def follow_once(self, path: str, visitor: Visitor, status: int) -> int | None:
        is_socket = path.startswith("/ws/")
        async with self.asking("GET", path, visitor, status) as both:
            if is_socket and self.chance.random() < WRITERS:
                both[1].write(frame(1, message().encode()))
            cursor = await self.stay(both[0])
            await self.leave(*both, is_socket=is_socket)
        return cursor

    async def stay(self, reader: StreamReader) -> int | None:
        """Take what comes for a while; the last cursor that came."""
        cursor = None
        try:
            async with asyncio.timeout(self.chance.uniform(*STAY)):
                while data := await reader.read(65536):
                    if found := CURSOR.findall(data):
                        cursor = int(found[-1])
        except TimeoutError:
            pass
        return cursor

    async def leave(
        self, reader: StreamReader, writer: StreamWriter, *, is_socket: bool = False
    ) -> None:
        """In good order, by hanging up, or by a reset."""
        how = self.chance.choice(["close", "hang up", "reset"])
        self.counts[how] += 1
        if how == "close" and is_socket:
            writer.write(frame(8, struct.pack("!H", 1000)))
            async with asyncio.timeout(PATIENCE):
                while await reader.read(65536):
                    pass
        elif how == "reset":
            writer.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER
            )
            writer.transport.abort()

    @asynccontextmanager
    async def asking(
        self, method: str, path: str, visitor: Visitor, status: int | None, body: str = ""
    ) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
        """A connection on which a request was made and, where a status is expected, the head of
        the answer has come."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(request(method, f"127.0.0.1:{self.port}", path, visitor.cookie, body))
            if status is not None:
                async with asyncio.timeout(PATIENCE):
                    head = await reader.readuntil(b"\r\n\r\n")
                if int(head.split()[1]) != status:
                    refuse(head)
            yield reader, writer
        finally:
            writer.close()


def refuse(head: bytes) -> NoReturn:
    raise Refused(head.partition(b"\r\n")[0].decode())


def request(method: str, host: str, path: str, cookie: str, body: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", f"Cookie: {cookie}"]
    if path.startswith("/ws/"):
        key = "MDEyMzQ1Njc4OWFiY2RlZg=="
        lines += ["Connection: Upgrade", "Upgrade: websocket"]
        lines += ["Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}"]
    else:
        lines += ["Connection: close", "Accept-Encoding: gzip"]
    if body:
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", body]).encode()


def message() -> str:
    return json.dumps({"type": "message", "client_id": str(uuid.uuid4()), "body": BODY})


def frame(code: int, payload: bytes) -> bytes:
    """A frame of a client, with a mask that changes nothing."""
    length = len(payload)
    size = bytes([128 | length]) if length < 126 else struct.pack("!BH", 128 | 126, length)
    return bytes([128 | code]) + size + bytes(4) + payload
