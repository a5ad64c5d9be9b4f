"""A line to a server that can go dead, or lead to another one: bytes, whatever they mean."""

import asyncio
from asyncio import StreamReader, StreamWriter
from contextlib import suppress
from typing import Self

PIECE = 65536


class TcpProxy:
    """Leads from a port of its own to `target`, another port of this machine."""

    port: int

    def __init__(self, target: int) -> None:
        self.target = target
        self.passes = asyncio.Event()
        self.passes.set()
        self.connections: dict[asyncio.Task[None], asyncio.Event] = {}

    async def __aenter__(self) -> Self:
        self.server = await asyncio.start_server(self.accept, "127.0.0.1", 0, limit=PIECE)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.server.close()
        await self.cut()

    def through(self, url: str) -> str:
        """The address of what stands at `target`, by this line."""
        return url.replace(f":{self.target}", f":{self.port}")

    def hold(self) -> None:
        """A partition: nothing passes in either direction, on old connections and new ones, and
        neither side is told, until `release`."""
        self.passes.clear()

    def release(self) -> None:
        self.passes.set()

    def forget(self) -> None:
        """Nothing ever passes again on the present connections, and neither side is told."""
        for alive in self.connections.values():
            alive.clear()

    async def cut(self) -> None:
        """Drop every connection."""
        tasks = list(self.connections)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def accept(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        alive = self.connections[task] = asyncio.Event()
        alive.set()
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self.carry(reader, writer, alive)
        finally:
            del self.connections[task]
            writer.transport.abort()

    async def carry(self, reader: StreamReader, writer: StreamWriter, alive: asyncio.Event) -> None:
        await self.passes.wait()
        there, away = await asyncio.open_connection("127.0.0.1", self.target)
        try:
            ways = [self.pipe(reader, away, alive), self.pipe(there, writer, alive)]
            await asyncio.gather(*ways)
        finally:
            away.transport.abort()

    async def pipe(self, source: StreamReader, sink: StreamWriter, alive: asyncio.Event) -> None:
        """Raises `ConnectionError` where the source has ended, and the line lets that through."""
        while piece := await source.read(PIECE):
            await self.passes.wait()
            await alive.wait()
            sink.write(piece)
            await sink.drain()
        await self.passes.wait()
        await alive.wait()
        raise ConnectionError
