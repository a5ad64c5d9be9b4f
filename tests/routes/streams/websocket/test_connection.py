"""A WebSocket after its handshake, byte by byte (RFC 6455)."""

import pytest
from websockets.frames import Frame, Opcode

from routes.streams.websocket import connection as wires
from routes.streams.websocket.connection import MESSAGE_BYTES, Wire
from tests.wires import Transport


class Noting(Wire):
    """Notes what comes, and how it ends."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str | bytes] = []
        self.ends = 0
        self.losses = 0

    def received(self, message: str | bytes) -> None:
        self.heard.append(message)
        if message == "end":
            self.end(4400)

    def ended(self) -> None:
        self.ends += 1

    def lost(self) -> None:
        self.losses += 1


@pytest.fixture
async def transport() -> Transport:
    return Transport()


@pytest.fixture
async def wire(transport: Transport) -> Noting:
    wire = Noting()
    wire.take_over(transport, set(), is_paused=False)
    return wire


def frame(data: str | bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True) -> bytes:
    data = data.encode() if isinstance(data, str) else data
    return Frame(opcode, data, fin).serialize(mask=True)


async def test_texts_arrive_however_their_bytes_are_split(wire: Noting) -> None:
    texts = ["", "Hello", "x" * 126, "漢" * 1000, "y" * MESSAGE_BYTES]
    data = b"".join(frame(text) for text in texts)
    wire.data_received(data)
    assert wire.heard == texts
    wire.heard.clear()
    for start in range(0, len(data), 7):
        wire.data_received(data[start : start + 7])
    assert wire.heard == texts
    wire.heard.clear()
    for byte in frame("Hello"):
        wire.data_received(bytes([byte]))
    assert wire.heard == ["Hello"]


async def test_fragments_make_one_message_with_pings_in_between(
    wire: Noting, transport: Transport
) -> None:
    whole = "漢字".encode()
    wire.data_received(frame(whole[:2], fin=False))
    wire.data_received(frame("ping", Opcode.PING))
    wire.data_received(frame(whole[2:5], Opcode.CONT, fin=False))
    wire.data_received(frame(whole[5:], Opcode.CONT) + frame(b"\0\1", Opcode.BINARY))
    assert wire.heard == ["漢字", b"\0\1"]
    [pong] = transport.frames()
    assert (pong.opcode, pong.data) == (Opcode.PONG, b"ping")


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 70_000])
def test_a_text_is_framed_as_by_websockets(size: int) -> None:
    text = "x" * size
    assert wires.text_frame(text) == Frame(Opcode.TEXT, text.encode()).serialize(mask=False)


OTHERS = {
    "a part of a message": frame("Hello", fin=False),
    "a binary message": frame("Hello", Opcode.BINARY),
    "a ping": frame("Hello", Opcode.PING),
    "no UTF-8": frame(b"\xff\xfe"),
    "not all of it": frame("Hello")[:-1],
    "more than it": frame("Hello") + b"\x81",
    "half a length": frame("x" * 126)[:3],
    "a long one": frame("x" * 70_000),
    "no mask": Frame(Opcode.TEXT, b"Hello").serialize(mask=False),
    "no mask and more": Frame(Opcode.TEXT, b"Hello").serialize(mask=False) + bytes(132),
    "a reserved bit": b"\xc1" + frame("Hello")[1:],
    "a length in eight bytes": b"\x81\xff" + bytes(131),
}


@pytest.mark.parametrize("data", OTHERS.values(), ids=OTHERS)
def test_all_but_one_whole_text_is_left_to_the_parser(data: bytes) -> None:
    assert wires.lone_text(data) is None


@pytest.mark.parametrize("text", ["", "Hello", "漢" * 41, "x" * 125, "x" * 126, "x" * 65_535])
def test_one_whole_text_needs_no_parser(text: str) -> None:
    assert wires.lone_text(frame(text)) == text


async def test_a_parser_is_kept_only_while_a_message_is_under_way(wire: Noting) -> None:
    wires._parsers.clear()
    data = frame("Hello")
    wire.data_received(data[:3])
    assert wires._parsers == []
    wire.data_received(data[3:])
    assert len(wires._parsers) == 1
    wire.data_received(frame("Hel", fin=False))
    assert wires._parsers == [], "the message goes on"
    wire.data_received(frame("lo", Opcode.CONT))
    assert len(wires._parsers) == 1
    assert wire.heard == ["Hello", "Hello"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (frame(b"\xff"), 1007),
        (frame("x" * (MESSAGE_BYTES + 1)), 1009),
        (frame("x", fin=False) + frame("x"), 1002),
        (frame("x", Opcode.CONT), 1002),
        (Frame(Opcode.TEXT, b"not masked").serialize(mask=False), 1002),
        (b"\xff\xff\xff", 1002),
    ],
    ids=["no UTF-8", "too large", "a text in a text", "no beginning", "no mask", "nonsense"],
)
async def test_who_breaks_the_rules_is_told_which(
    wire: Noting, transport: Transport, data: bytes, code: int
) -> None:
    wire.data_received(data)
    assert transport.close_codes() == [code]
    assert (wire.heard, wire.ends, wire.code) == ([], 1, code)


async def test_a_close_is_answered_once(wire: Noting, transport: Transport) -> None:
    wire.data_received(frame("Bye") + frame((1001).to_bytes(2, "big"), Opcode.CLOSE))
    assert wire.heard == ["Bye"]
    assert transport.close_codes() == [1001]
    assert transport.is_closed
    wire.connection_lost(None)
    wire.connection_lost(None)
    assert (wire.code, wire.ends, wire.losses) == (1001, 1, 1)


async def test_nothing_is_heard_or_said_after_the_end(wire: Noting, transport: Transport) -> None:
    wire.data_received(frame("end") + frame("more"))
    wire.data_received(frame("and more") + frame("", Opcode.PING))
    wire.end(1012)
    assert wire.heard == ["end"]
    assert transport.close_codes() == [4400]
    wire.data_received(frame((4400).to_bytes(2, "big"), Opcode.CLOSE))
    assert transport.written == []
    assert transport.is_closed


async def test_who_answers_no_close_is_dropped(
    wire: Noting, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wires, "FAREWELL", 0.01)
    wire.end(1012)
    await transport.aborted.wait()


async def test_who_takes_nothing_is_dropped_and_who_takes_it_after_all_is_not(
    wire: Noting, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wires, "PATIENCE", 0.01)
    wire.pause_writing()
    wire.resume_writing()
    assert wire._timer is None
    wire.pause_writing()
    await transport.aborted.wait()


async def test_a_server_that_ends_says_so(wire: Noting, transport: Transport) -> None:
    wire.shutdown()
    assert transport.close_codes() == [1012]
    assert transport.is_closed


async def test_a_connection_that_breaks_is_lost(wire: Noting) -> None:
    connections = wire._connections
    assert connections == {wire}
    wire.connection_lost(ConnectionResetError())
    assert (wire.code, wire.ends, wire.losses, connections) == (1006, 1, 1, set())
