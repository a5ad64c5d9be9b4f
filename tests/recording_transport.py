"""A connection that records what is written to it instead of sending it."""

import asyncio
from typing import Any

from websockets.frames import Frame, Opcode
from websockets.protocol import CLIENT, OPEN, Protocol


class Transport(asyncio.Transport):
    """What a `WebSocketConnection` writes to; `said` reads the frames in it."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.is_closed = False
        self.is_deaf = False
        self.is_aborted = False
        self.aborted = asyncio.Event()

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        pass

    def is_reading(self) -> bool:
        return not (self.is_deaf or self.is_closed or self.is_aborted)

    def pause_reading(self) -> None:
        self.is_deaf = True

    def close(self) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.is_aborted = True
        self.aborted.set()

    def frames(self) -> list[Frame]:
        """What was written since the last call."""
        parser = Protocol(CLIENT, state=OPEN)
        parser.receive_data(b"".join(self.written))
        self.written.clear()
        return [event for event in parser.events_received() if isinstance(event, Frame)]

    def said(self) -> list[str]:
        """The texts among it, without heartbeats."""
        texts = [frame.data for frame in self.frames() if frame.opcode is Opcode.TEXT]
        return [bytes(text).decode() for text in texts if text]

    def close_codes(self) -> list[int]:
        closes = [frame.data for frame in self.frames() if frame.opcode is Opcode.CLOSE]
        return [int.from_bytes(bytes(data[:2]), "big") for data in closes]
