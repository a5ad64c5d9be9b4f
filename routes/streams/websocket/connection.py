"""A WebSocket after its handshake: whole messages in, frames out, and closing takes bounded time.

`websockets` parses what comes in. A parser takes 1.1 KB, an idle connection without one 3.0 KB
(4,000 sockets of one user), so a connection gets its own with the first data that is not one frame,
whole and alone. Until then it uses the parser all of them share: a whole message leaves nothing
behind in it.

A frame takes 10 µs to parse and six bytes to send, so input is parsed a slice at a time, and none
of it without a use: a message has a limited number of fragments, the subclass hears of control
frames, and a client that continues after the close is no longer read.
"""

import asyncio

from websockets.frames import Close, Frame, Opcode
from websockets.protocol import OPEN, SEND_EOF, SERVER, Protocol

from routes.streams.close_codes import CloseCode
from routes.streams.limits import (
    CLOSE_TIMEOUT,
    FRAGMENTS,
    FRAME_BYTES,
    SEND_TIMEOUT,
    SLICE_BYTES,
)

DATA = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)
CONTROL = (Opcode.PING, Opcode.PONG)

FIN = 0x80
MASK = 0x80


def text_frame(text: str) -> bytes:
    return Frame(Opcode.TEXT, text.encode()).serialize(mask=False)


def new_parser() -> Protocol:
    return Protocol(SERVER, state=OPEN, max_size=FRAME_BYTES)


def is_one_frame(data: bytes) -> bool:
    """Whether this is one frame of a client, whole and a message of its own, or a control frame
    (RFC 6455, 5.2). False also for frames of 64 KiB or more."""
    if len(data) < 6 or not data[0] & FIN or data[0] & 0x0F == Opcode.CONT or not data[1] & MASK:
        return False
    length, key = data[1] & 0x7F, 2
    if length == 126:
        length, key = int.from_bytes(data[2:4], "big"), 4
    elif length == 127:
        return False
    return len(data) == key + 4 + length


_shared_parser = new_parser()
"""Only given whole messages; a new one takes its place when one of them closes a connection."""


class WebSocketConnection(asyncio.Protocol):
    """To be subclassed: the methods that begin with `on_` say what has happened."""

    __slots__ = (
        "_connections",
        "_fragments",
        "_opcode",
        "_parser",
        "_timer",
        "_unheard",
        "code",
        "heard_at",
        "is_closing",
        "is_paused",
        "transport",
    )

    transport: asyncio.Transport
    _connections: set[object]

    def __init__(self) -> None:
        self.code: int | None = None
        """The close code, ours or the other side's, once there is one."""
        self.is_closing = False
        """Nothing is received or sent any more."""
        self.is_paused = False
        """The other side takes less than is written."""
        self.heard_at = 0.0
        """When data last came, in seconds of the event loop."""
        self._parser: Protocol | None = None
        self._opcode = Opcode.TEXT
        self._fragments: list[bytes] = []
        self._timer: asyncio.TimerHandle | None = None
        self._unheard = 0
        """How many frames came while the connection was closing."""

    def on_open(self) -> None: ...

    def on_message(self, message: str | bytes) -> None: ...

    def on_control(self) -> None:
        """A ping or a pong has come."""

    def on_drain(self) -> None:
        """The other side takes what is written again."""

    def on_close(self) -> None:
        """The connection is closing or lost. Called once."""

    def on_lost(self) -> None:
        """The connection is gone. Called once, after `on_close`."""

    def take_over(
        self,
        transport: asyncio.Transport,
        connections: set[object],
        *,
        is_paused: bool = False,
    ) -> None:
        """Carry on with a connection after its handshake. `connections` are the server's."""
        self.transport = transport
        self._connections = connections
        connections.add(self)
        self.heard_at = asyncio.get_running_loop().time()
        transport.set_protocol(self)
        if is_paused:
            self.pause_writing()
        self.on_open()

    def close(self, code: CloseCode) -> None:
        """Send a close frame."""
        if self.is_closing:
            return
        self._closing(code)
        close = Frame(Opcode.CLOSE, Close(code, "").serialize())
        self.transport.write(close.serialize(mask=False))
        self._abort_after(CLOSE_TIMEOUT)

    def shutdown(self) -> None:
        """uvicorn calls this for each of its connections when it shuts down."""
        self.close(CloseCode.RESTARTING)
        self.transport.close()

    def data_received(self, data: bytes) -> None:
        self.heard_at = asyncio.get_running_loop().time()
        if self._parser is None and not is_one_frame(data):
            self._parser = new_parser()
        parser = self._parser or _shared_parser
        for start in range(0, len(data), SLICE_BYTES):
            if self.transport.is_reading():
                self._parse(parser, data[start : start + SLICE_BYTES])

    def _parse(self, parser: Protocol, data: bytes) -> None:
        parser.receive_data(data)
        frames, answer = parser.events_received(), parser.data_to_send()
        is_last = SEND_EOF in answer
        if answer and not (is_last or self.is_closing or self.is_paused):
            self.transport.write(b"".join(answer))  # pongs
        for frame in frames:
            if isinstance(frame, Frame) and not self.is_closing:
                self._frame(frame)
        if is_last:
            self._closed_by_peer(parser, answer)
        elif self.is_closing:
            self._ignore(len(frames))

    def _frame(self, frame: Frame) -> None:
        if frame.opcode in CONTROL:
            self.on_control()
        elif frame.opcode in DATA:
            self._data_frame(frame)

    def _ignore(self, frames: int) -> None:
        """Only the other side's close frame is looked for, and not for long."""
        self._unheard += frames
        if self._unheard > FRAGMENTS:
            self.transport.pause_reading()

    def _data_frame(self, frame: Frame) -> None:
        if frame.opcode is not Opcode.CONT:
            self._opcode = frame.opcode
        self._fragments.append(bytes(frame.data))
        if len(self._fragments) > FRAGMENTS:
            self._fragments = []
            self.close(CloseCode.BAD_FRAME)
            return
        if not frame.fin:
            return
        data, self._fragments = b"".join(self._fragments), []
        if self._opcode is Opcode.BINARY:
            self.on_message(data)
            return
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self.close(CloseCode.NOT_TEXT)
        else:
            self.on_message(text)

    def _closed_by_peer(self, parser: Protocol, answer: list[bytes]) -> None:
        """It has sent a close frame, or broken the protocol: the parser knows what to answer."""
        global _shared_parser
        if parser is _shared_parser:
            _shared_parser = new_parser()
        if not self.is_closing:
            close = parser.close_rcvd or parser.close_sent
            self._closing(close.code if close else CloseCode.LOST)
            self.transport.write(b"".join(answer))
        self.transport.close()
        self._abort_after(CLOSE_TIMEOUT)

    def pause_writing(self) -> None:
        self.is_paused = True
        self._abort_after(SEND_TIMEOUT)

    def resume_writing(self) -> None:
        self.is_paused = False
        if not self.is_closing:
            self._stop_timer()
            self.on_drain()

    def connection_lost(self, error: Exception | None) -> None:
        if self not in self._connections:
            return
        self._connections.remove(self)
        self._stop_timer()
        if not self.is_closing:
            self._closing(CloseCode.LOST)
        self.on_lost()

    def _closing(self, code: int) -> None:
        self.is_closing = True
        self.code = code
        self.on_close()

    def _abort_after(self, seconds: float) -> None:
        self._stop_timer()
        self._timer = asyncio.get_running_loop().call_later(seconds, self.transport.abort)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
