"""A WebSocket after its handshake, byte by byte (RFC 6455)."""

import pytest
from websockets.frames import Frame, Opcode
from websockets.protocol import Protocol

from routes.streams.close_codes import CloseCode
from routes.streams.limits import FRAGMENTS, FRAME_BYTES, SLICE_BYTES
from routes.streams.websocket import connection as connections
from routes.streams.websocket.connection import WebSocketConnection, is_one_frame
from tests.recording_transport import Transport

CONTROLS = 60
"""After so many pings the recorder has enough."""


class Recorder(WebSocketConnection):
    """Records what comes, and how it ends."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str | bytes] = []
        self.ends = 0
        self.losses = 0
        self.controls = 0

    def on_control(self) -> None:
        self.controls += 1
        if self.controls == CONTROLS:
            self.close(CloseCode.TOO_FAST)

    def on_message(self, message: str | bytes) -> None:
        self.heard.append(message)
        if message == "end":
            self.close(CloseCode.BAD_FRAME)

    def on_close(self) -> None:
        self.ends += 1

    def on_lost(self) -> None:
        self.losses += 1


@pytest.fixture
async def transport() -> Transport:
    return Transport()


@pytest.fixture
async def socket(transport: Transport) -> Recorder:
    socket = Recorder()
    socket.take_over(transport, set())
    return socket


def frame(data: str | bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True) -> bytes:
    data = data.encode() if isinstance(data, str) else data
    return Frame(opcode, data, fin).serialize(mask=True)


async def test_texts_arrive_however_their_bytes_are_split(socket: Recorder) -> None:
    texts = ["", "Hello", "x" * 126, "漢" * 1000, "y" * FRAME_BYTES]
    data = b"".join(frame(text) for text in texts)
    socket.data_received(data)
    assert socket.heard == texts
    socket.heard.clear()
    for start in range(0, len(data), 7):
        socket.data_received(data[start : start + 7])
    assert socket.heard == texts
    socket.heard.clear()
    for byte in frame("Hello"):
        socket.data_received(bytes([byte]))
    assert socket.heard == ["Hello"]


async def test_fragments_make_one_message_with_pings_in_between(
    socket: Recorder, transport: Transport
) -> None:
    whole = "漢字".encode()
    socket.data_received(frame(whole[:2], fin=False))
    socket.data_received(frame("ping", Opcode.PING))
    socket.data_received(frame(whole[2:5], Opcode.CONT, fin=False))
    socket.data_received(frame(whole[5:], Opcode.CONT) + frame(b"\0\1", Opcode.BINARY))
    assert socket.heard == ["漢字", b"\0\1"]
    [pong] = transport.frames()
    assert (pong.opcode, pong.data) == (Opcode.PONG, b"ping")


NOTHING_MORE = frame("", Opcode.CONT, fin=False)


async def test_a_message_may_have_128_fragments(socket: Recorder) -> None:
    assert FRAGMENTS == 128
    middle = frame("x", Opcode.CONT, fin=False) * (FRAGMENTS - 2)
    socket.data_received(frame("x", fin=False) + middle + frame("x", Opcode.CONT))
    assert socket.heard == ["x" * FRAGMENTS]


@pytest.mark.parametrize("size", [6, 1000, 256 * 1024])
async def test_a_message_of_more_fragments_is_refused_and_the_rest_not_read(
    socket: Recorder, transport: Transport, size: int
) -> None:
    data = frame("x", fin=False) + NOTHING_MORE * 60_000
    parsed = feed(socket, transport, data, size)
    assert transport.close_codes() == [4400]
    assert (socket.heard, socket.code) == ([], 4400)
    assert parsed < 2 * 7 * FRAGMENTS + size


async def test_pings_are_counted_and_the_rest_not_read(
    socket: Recorder, transport: Transport
) -> None:
    parsed = feed(socket, transport, frame("", Opcode.PING) * 100_000, 256 * 1024)
    assert transport.close_codes() == [4429]
    assert socket.controls == CONTROLS
    assert parsed <= 256 * 1024


def feed(socket: Recorder, transport: Transport, data: bytes, size: int) -> int:
    """How many bytes were taken, so many at a time, before they are no longer read."""
    for start in range(0, len(data), size):
        if not transport.is_reading():
            return start
        socket.data_received(data[start : start + size])
    return len(data)


async def test_not_even_all_of_one_read_is_parsed(
    socket: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed = 0
    parse = WebSocketConnection._parse

    def counted(self: WebSocketConnection, parser: Protocol, data: bytes) -> None:
        nonlocal parsed
        parsed += len(data)
        parse(self, parser, data)

    monkeypatch.setattr(WebSocketConnection, "_parse", counted)
    socket.data_received(frame("", Opcode.PING) * 40_000)
    assert parsed <= 2 * SLICE_BYTES


async def test_who_does_not_read_gets_no_pongs(socket: Recorder, transport: Transport) -> None:
    socket.pause_writing()
    socket.data_received(frame("", Opcode.PING))
    assert transport.written == []
    socket.resume_writing()
    socket.data_received(frame("", Opcode.PING))
    [pong] = transport.frames()
    assert pong.opcode is Opcode.PONG


async def test_who_goes_on_after_the_end_is_no_longer_read(
    socket: Recorder, transport: Transport
) -> None:
    socket.close(CloseCode.SESSION_ENDED)
    socket.data_received(frame("Hello") * FRAGMENTS)
    assert transport.is_reading(), "the answer to the close may be underway"
    socket.data_received(frame("Hello"))
    assert not transport.is_reading()
    assert (socket.heard, transport.close_codes()) == ([], [4401])


OTHERS = {
    "nothing": b"",
    "a part of a message": frame("Hello", fin=False),
    "the end of a message": frame("Hello", Opcode.CONT),
    "not all of it": frame("Hello")[:-1],
    "half a header": frame("Hello")[:5],
    "more than it": frame("Hello") + b"\x81",
    "two frames": frame("Hello") + frame("Hello"),
    "half a length": frame("x" * 126)[:3],
    "a long one": frame("x" * 70_000),
    "no mask": Frame(Opcode.TEXT, b"Hello").serialize(mask=False),
    "a length in eight bytes": b"\x81\xff" + bytes(131),
}


@pytest.mark.parametrize("data", OTHERS.values(), ids=OTHERS)
def test_a_parser_is_shared_for_nothing_but_one_whole_frame(data: bytes) -> None:
    assert not is_one_frame(data)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535])
def test_a_whole_frame_is_known_by_its_header(size: int) -> None:
    assert is_one_frame(frame("x" * size))


async def test_connections_share_a_parser_until_a_frame_comes_in_parts(socket: Recorder) -> None:
    other = Recorder()
    other.take_over(Transport(), set())
    data = frame("Hello")
    socket.data_received(data)
    socket.data_received(data[:3])
    other.data_received(data)
    other.data_received(frame("", Opcode.PONG))
    socket.data_received(data[3:])
    assert socket.heard == ["Hello", "Hello"]
    assert other.heard == ["Hello"]
    assert other._parser is None


CLOSE = frame((1000).to_bytes(2, "big"), Opcode.CLOSE)
RESERVED_BIT = b"\xc1" + frame("Hello")[1:]


@pytest.mark.parametrize("last", [CLOSE, RESERVED_BIT], ids=["in good order", "broken"])
async def test_a_connection_that_closes_leaves_the_others_a_fresh_parser(
    socket: Recorder, last: bytes
) -> None:
    other = Recorder()
    other.take_over(Transport(), set())
    other.data_received(last)
    assert other.is_closing
    socket.data_received(frame("Hello"))
    assert socket.heard == ["Hello"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (frame(b"\xff"), 1007),
        (frame("x" * (FRAME_BYTES + 1)), 1009),
        (frame("x", fin=False) + frame("x"), 1002),
        (frame("x", Opcode.CONT), 1002),
        (Frame(Opcode.TEXT, b"not masked").serialize(mask=False), 1002),
        (b"\xff\xff\xff", 1002),
    ],
    ids=["no UTF-8", "too large", "a text in a text", "no beginning", "no mask", "nonsense"],
)
async def test_a_client_that_breaks_the_protocol_gets_the_code_that_says_how(
    socket: Recorder, transport: Transport, data: bytes, code: int
) -> None:
    socket.data_received(data)
    assert transport.close_codes() == [code]
    assert (socket.heard, socket.ends, socket.code) == ([], 1, code)


async def test_a_close_is_answered_once(socket: Recorder, transport: Transport) -> None:
    socket.data_received(frame("Bye") + frame((1001).to_bytes(2, "big"), Opcode.CLOSE))
    assert socket.heard == ["Bye"]
    assert transport.close_codes() == [1001]
    assert transport.is_closed
    socket.connection_lost(None)
    socket.connection_lost(None)
    assert (socket.code, socket.ends, socket.losses) == (1001, 1, 1)


async def test_nothing_is_received_or_sent_after_the_end(
    socket: Recorder, transport: Transport
) -> None:
    socket.data_received(frame("end") + frame("more"))
    socket.data_received(frame("and more") + frame("", Opcode.PING))
    socket.close(CloseCode.RESTARTING)
    assert socket.heard == ["end"]
    assert transport.close_codes() == [4400]
    socket.data_received(frame((4400).to_bytes(2, "big"), Opcode.CLOSE))
    assert transport.written == []
    assert transport.is_closed


async def test_a_client_that_answers_no_close_is_dropped(
    socket: Recorder, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "CLOSE_TIMEOUT", 0.01)
    socket.close(CloseCode.RESTARTING)
    await transport.aborted.wait()


async def test_a_client_that_takes_nothing_is_dropped_unless_it_drains_in_time(
    socket: Recorder, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "SEND_TIMEOUT", 0.01)
    socket.pause_writing()
    socket.resume_writing()
    assert socket._timer is None
    socket.pause_writing()
    await transport.aborted.wait()


async def test_a_server_that_shuts_down_says_so(socket: Recorder, transport: Transport) -> None:
    socket.shutdown()
    assert transport.close_codes() == [1012]
    assert transport.is_closed


async def test_a_connection_that_breaks_is_lost(socket: Recorder) -> None:
    others = socket._connections
    assert others == {socket}
    socket.connection_lost(ConnectionResetError())
    assert (socket.code, socket.ends, socket.losses, others) == (1006, 1, 1, set())
