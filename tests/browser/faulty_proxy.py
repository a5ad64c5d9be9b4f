"""A way to a site on which things go wrong, as proxies and networks make them go."""

import asyncio
import re
from asyncio import StreamReader, StreamWriter
from contextlib import suppress
from enum import Enum, auto
from urllib.parse import urlsplit

from tests.tcp_proxy import PIECE, TcpProxy


class Fault(Enum):
    REFUSED = auto()
    """Answered with 403 on the way."""
    UNAVAILABLE = auto()
    """Answered with 503 on the way."""
    NO_UPGRADE = auto()
    """Passed on, but without the wish to become a WebSocket."""
    SILENT = auto()
    """The answer begins, and then nothing of it arrives."""
    BUFFERED = auto()
    """The answer arrives once it is whole."""
    LOST = auto()
    """Passed on, but the line is dropped before the answer."""
    CUT = auto()
    """The line is dropped at once."""


ANSWERS = {
    Fault.REFUSED: b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    Fault.UNAVAILABLE: b"HTTP/1.1 503 Service Unavailable\r\n"
    b"Content-Length: 0\r\nConnection: close\r\n\r\n",
}


class FaultyProxy(TcpProxy):
    """A proxy. `faults` says what befalls requests: patterns of "GET /path", and what happens."""

    def __init__(self, site: str) -> None:
        super().__init__(urlsplit(site).port or 80)
        self.faults: dict[str, Fault] = {}
        self.requests: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def carry(self, reader: StreamReader, writer: StreamWriter, alive: asyncio.Event) -> None:
        """One request, or one WebSocket."""
        request = await read_head(reader)
        method, path, _ = request.split(b" ", 2)
        self.requests.append(f"{method.decode()} {path.decode()}")
        fault = self.fault(self.requests[-1])
        await self.passes.wait()
        if fault is Fault.CUT:
            return
        if fault in ANSWERS:
            await self.refuse(fault, request, reader, writer)
            return
        there, away = await asyncio.open_connection("127.0.0.1", self.target)
        try:
            away.write(as_one_of_its_own(request, upgrade=fault is not Fault.NO_UPGRADE))
            onward = asyncio.create_task(self.pipe(reader, away, alive))
            try:
                await self.bring_back(there, writer, alive, fault)
            finally:
                onward.cancel()
        finally:
            away.transport.abort()

    def fault(self, request: str) -> Fault | None:
        found = [fault for pattern, fault in self.faults.items() if re.search(pattern, request)]
        return found[0] if found else None

    async def refuse(
        self, fault: Fault, request: bytes, reader: StreamReader, writer: StreamWriter
    ) -> None:
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", request)
        await reader.readexactly(int(length[1]) if length else 0)
        writer.write(ANSWERS[fault])
        await writer.drain()

    async def bring_back(
        self, there: StreamReader, writer: StreamWriter, alive: asyncio.Event, fault: Fault | None
    ) -> None:
        match fault:
            case Fault.LOST:
                await there.read(PIECE)
            case Fault.SILENT:
                writer.write(await read_head(there))
                await there.read()
            case Fault.BUFFERED:
                writer.write(await there.read())
                await writer.drain()
            case _:
                await self.pipe(there, writer, alive)

    async def pipe(self, source: StreamReader, sink: StreamWriter, alive: asyncio.Event) -> None:
        """Whoever ends what they say may still be answered."""
        with suppress(OSError):
            await super().pipe(source, sink, alive)
        with suppress(OSError):
            sink.write_eof()


async def read_head(reader: StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


def as_one_of_its_own(request: bytes, *, upgrade: bool) -> bytes:
    """The request on a connection that ends with it, unless it becomes a WebSocket."""
    if upgrade and re.search(rb"(?i)\r\nupgrade: websocket", request):
        return request
    request = re.sub(rb"(?i)\r\n(upgrade|sec-websocket-[a-z]+): [^\r]*", b"", request)
    return re.sub(rb"(?i)\r\nconnection: [^\r]*", b"\r\nConnection: close", request)
