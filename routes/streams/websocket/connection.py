"""A WebSocket after its handshake (RFC 6455), as light as it can be: most of them are idle.

What travels on it is parsed by `websockets`, whose parsers are lent for as long as a frame is under
way; between frames there is nothing to remember.
"""

import asyncio
from collections.abc import Sequence
from types import CodeType, GeneratorType
from typing import cast

from websockets.frames import Close, Frame, Opcode, apply_mask  # type: ignore[attr-defined]
from websockets.protocol import OPEN, SERVER, Protocol
from websockets.streams import StreamReader

MESSAGE_BYTES = 64 * 1024
FAREWELL = 5.0
"""Seconds that the other side has to answer a close frame."""

PATIENCE = 20.0
"""Seconds that what is written may wait to be taken before the connection is dropped."""

RESTARTING = 1012
NOT_TEXT = 1007
WITHOUT_CLOSE = 1006

PING = Frame(Opcode.PING, b"").serialize(mask=False)
EMPTY = Frame(Opcode.TEXT, b"").serialize(mask=False)

DATA = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)

WHOLE_TEXT = 0x80 | Opcode.TEXT
MASKED = 0x80

_parsers: list[Protocol] = []
_between_frames: CodeType = StreamReader.at_eof.__code__


def text_frame(text: str) -> bytes:
    """A whole message (RFC 6455, 5.2), as `websockets` would write it, at a fifth of the cost."""
    data = text.encode()
    if (size := len(data)) < 126:
        return bytes((WHOLE_TEXT, size)) + data
    if size < 1 << 16:
        return bytes((WHOLE_TEXT, 126)) + size.to_bytes(2, "big") + data
    return bytes((WHOLE_TEXT, 127)) + size.to_bytes(8, "big") + data


class Wire(asyncio.Protocol):
    """Whole messages in, frames out, and an end in time. To be subclassed for what it is about."""

    __slots__ = (
        "_connections",
        "_fragments",
        "_opcode",
        "_parser",
        "_timer",
        "code",
        "heard_at",
        "is_over",
        "is_paused",
        "transport",
    )

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.code: int | None = None
        self.is_over = False
        """Nothing is written any more: a close frame has been, or nobody is there."""
        self.is_paused = False
        """The other side does not take what is written as fast as it is written."""
        self.heard_at = 0.0
        """When something came last, in seconds of the event loop."""
        self._parser: Protocol | None = None
        self._opcode = Opcode.TEXT
        self._fragments: list[bytes] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._connections: set[object] = set()

    def began(self) -> None:
        """The connection is this one's from now on."""

    def received(self, message: str | bytes) -> None:
        """A whole message has come."""

    def resumed(self) -> None:
        """What is written is taken again."""

    def ended(self) -> None:
        """Nothing will be written any more. Called once."""

    def lost(self) -> None:
        """The connection is gone. Called once, after `ended`."""

    def say(self, text: str) -> None:
        self.transport.write(text_frame(text))

    def end(self, code: int) -> None:
        """Close with a code. Nothing is received or written after it."""
        if self.is_over:
            return
        self._over(code)
        self.transport.write(Frame(Opcode.CLOSE, Close(code, "").serialize()).serialize(mask=False))
        self._drop_after(FAREWELL)

    def shutdown(self) -> None:
        """The server ends (uvicorn calls this for each of its connections)."""
        self.end(RESTARTING)
        self.transport.close()

    def take_over(
        self, transport: asyncio.Transport, connections: set[object], *, is_paused: bool
    ) -> None:
        """Go on with a connection whose handshake is done."""
        self.transport = transport
        self._connections = connections
        connections.add(self)
        self.heard_at = asyncio.get_running_loop().time()
        transport.set_protocol(self)
        if is_paused:
            self.pause_writing()
        self.began()

    def go_on(self, parser: Protocol, opcode: Opcode, fragments: list[bytes]) -> None:
        """Go on with a message of which this much has come."""
        self._parser, self._opcode, self._fragments = parser, opcode, fragments or None

    def data_received(self, data: bytes) -> None:
        self.heard_at = asyncio.get_running_loop().time()
        if self._parser is None and (text := lone_text(data)) is not None and not self.is_over:
            return self.received(text)
        parser = self._parser or (_parsers.pop() if _parsers else new_parser())
        parser.receive_data(data)
        return self.parsed(parser)

    def parsed(self, parser: Protocol) -> None:
        """Do what a parser has made of the data, and keep it only while it is in mid-frame."""
        self._parser = parser
        for frame in cast(Sequence[Frame], parser.events_received()):
            if self.is_over:
                break
            if frame.opcode is Opcode.PING:
                self.transport.write(b"".join(parser.data_to_send()))
            elif frame.opcode in DATA:
                self._frame(frame)
        if parser.state is not OPEN:
            return self._closed(parser)
        if is_between_frames(parser):
            self._parser = None
            if type(parser) is Protocol:
                _parsers.append(parser)
        return None

    def _frame(self, frame: Frame) -> None:
        if frame.opcode is not Opcode.CONT:
            self._opcode = frame.opcode
        data = bytes(frame.data)
        if self._fragments is not None or not frame.fin:
            self._fragments = [*(self._fragments or ()), data]
            if not frame.fin:
                return None
            data, self._fragments = b"".join(self._fragments), None
        if self._opcode is Opcode.BINARY:
            return self.received(data)
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return self.end(NOT_TEXT)
        return self.received(text)

    def _closed(self, parser: Protocol) -> None:
        """The other side has closed, or has broken the rules: the parser knows what to answer."""
        if not self.is_over:
            closed = parser.close_rcvd or parser.close_sent
            self._over(closed.code if closed else WITHOUT_CLOSE)
            self.transport.write(b"".join(parser.data_to_send()))
        self.transport.close()
        self._drop_after(FAREWELL)

    def pause_writing(self) -> None:
        self.is_paused = True
        self._drop_after(PATIENCE)

    def resume_writing(self) -> None:
        self.is_paused = False
        if not self.is_over:
            self._stop_timer()
            self.resumed()

    def connection_lost(self, error: Exception | None) -> None:
        if self not in self._connections:
            return
        self._connections.remove(self)
        self._stop_timer()
        if not self.is_over:
            self._over(WITHOUT_CLOSE)
        self.lost()

    def _over(self, code: int) -> None:
        self.is_over = True
        self.code = code
        self.ended()

    def _drop_after(self, seconds: float) -> None:
        self._stop_timer()
        self._timer = asyncio.get_running_loop().call_later(seconds, self.transport.abort)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def lone_text(data: bytes) -> str | None:
    """The message, where the data is one short text frame and nothing else: nearly always, and a
    sixth of a parser's work. None for all else, right or wrong: that is the parser's."""
    if len(data) < 6 or data[0] != WHOLE_TEXT or not MASKED <= data[1] < MASKED + 127:
        return None
    size, start = data[1] - MASKED, 2
    if size == 126:
        size, start = int.from_bytes(data[2:4], "big"), 4
    if len(data) != start + 4 + size:
        return None
    try:
        return apply_mask(data[start + 4 :], data[start : start + 4]).decode()
    except UnicodeDecodeError:
        return None


def new_parser() -> Protocol:
    return Protocol(SERVER, state=OPEN, max_size=MESSAGE_BYTES)


def is_between_frames(parser: Protocol) -> bool:
    """Whether all that came has been parsed, and no message has begun: any connection's parser is
    then as good as another's. `websockets` does not say so itself; its parser is a generator."""
    step = cast("GeneratorType[None, None, None]", parser.parser)
    while isinstance(step.gi_yieldfrom, GeneratorType):
        step = step.gi_yieldfrom
    return parser.current_size is None and step.gi_code is _between_frames
