"""Connections whose peer takes nothing time out, and those it has given up are not served."""

import asyncio
import gc
import socket
import struct
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from starlette.requests import HTTPConnection
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from websockets.server import ServerProtocol

from bench import visitors
from routes.middleware.request_log import Exchange
from routes.streams import transports
from routes.streams.limits import SEND_TIMEOUT
from routes.streams.reader import Reader
from routes.streams.websocket import uvicorn_protocols
from routes.streams.websocket.fast_socket import FastSocket
from routes.streams.websocket.uvicorn_protocols import (
    HandoffWebSocketProtocol,
    TimeoutHTTPProtocol,
)
from tests.applications import Site
from tests.clients import TIERS
from tests.factories import make_conversation, make_user

OF_A_CONNECTION = (
    TimeoutHTTPProtocol,
    Exchange,
    HandoffWebSocketProtocol,
    HTTPConnection,
    RequestResponseCycle,
    ServerProtocol,
    Reader,
    FastSocket,
)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Connections don't ask the database."""
    return sqlite_url


async def timeout_of_a_connection(site: Site, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many milliseconds the kernel keeps what the peer does not take; 0 means its own idea."""
    found: list[int] = []
    connection_made = TimeoutHTTPProtocol.connection_made

    def noting(self: TimeoutHTTPProtocol, transport: asyncio.Transport) -> None:
        connection_made(self, transport)
        peer = transport.get_extra_info("socket")
        found.append(peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT))

    monkeypatch.setattr(TimeoutHTTPProtocol, "connection_made", noting)
    stranger = await site.stranger()
    assert (await stranger.get("/login/")).status_code == 200
    return found[0]


async def test_the_kernel_knows_the_send_timeout(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await timeout_of_a_connection(site, monkeypatch) == SEND_TIMEOUT * 1000


async def test_a_system_without_that_option_serves_as_well(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uvicorn_protocols, "USER_TIMEOUT", None)
    assert await timeout_of_a_connection(site, monkeypatch) == 0


@pytest.mark.parametrize("resets", [False, True])
async def test_a_client_that_gave_up_before_it_was_accepted_is_not_served(
    site: Site, monkeypatch: pytest.MonkeyPatch, resets: bool
) -> None:
    heard: list[bytes] = []
    data_received = TimeoutHTTPProtocol.data_received

    def noting(self: TimeoutHTTPProtocol, data: bytes) -> None:
        heard.append(data)
        data_received(self, data)

    monkeypatch.setattr(TimeoutHTTPProtocol, "data_received", noting)
    address = urlsplit(site.url)
    gone = socket.create_connection((address.hostname, address.port))  # in one turn of the loop
    gone.sendall(b"GET /gone/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    if resets:
        gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    gone.close()
    stranger = await site.stranger()
    assert (await stranger.get("/login/")).status_code == 200
    assert heard
    assert not [data for data in heard if b"/gone/" in data]


@pytest.fixture
def no_search() -> Iterator[None]:
    """Python does not search for garbage: what refers to itself stays."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def left_of_connections() -> int:
    """How many objects there are that were made for one."""
    return sum(issubclass(type(each), OF_A_CONNECTION) for each in gc.get_objects())


@pytest.mark.parametrize("tier", TIERS)
async def test_a_closed_connection_leaves_nothing_to_the_garbage_collector(
    site: Site, tier: str, no_search: None
) -> None:
    ada = await make_user("ada", "Ada")
    chat = await make_conversation([ada, await make_user("bob", "Bob")])
    visitor = await site.visitor(ada)
    before = left_of_connections()
    async with visitor.tab(tier, chat) as tab:
        await tab.send("Hello")
        await tab.wait_for_bodies("Hello")
        assert left_of_connections() > before
    await site.visitors.aclose()
    async with asyncio.timeout(10):
        while left_of_connections() > before:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_frame_that_comes_before_the_handshake_is_over_is_not_lost(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await make_user("ada", "Ada")
    chat = await make_conversation([ada, await make_user("bob", "Bob")])
    visitor = await site.visitor(ada)
    is_asked, has_received = asyncio.Event(), asyncio.Event()
    open_reader, data_received = transports.open_reader, HandoffWebSocketProtocol.data_received

    async def waiting(connection: HTTPConnection) -> Reader:
        is_asked.set()
        await has_received.wait()
        return await open_reader(connection)

    def noting(self: HandoffWebSocketProtocol, data: bytes) -> None:
        data_received(self, data)
        if self.early:
            has_received.set()

    monkeypatch.setattr(transports, "open_reader", waiting)
    monkeypatch.setattr(HandoffWebSocketProtocol, "data_received", noting)
    address = urlsplit(site.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    request = visitors.request("GET", address.netloc, f"/ws/chat/{chat}/", visitor.cookie, "")
    writer.write(request)
    await is_asked.wait()
    writer.write(visitors.frame(1, visitors.message().encode()))
    async with asyncio.timeout(10):
        await reader.readuntil(visitors.BODY.encode())
    writer.close()
    await writer.wait_closed()


HANDSHAKE = (
    b"GET /ws/inbox/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
)


async def answer_to(site: Site, *parts: bytes) -> bytes:
    """All that is answered until the connection is closed."""
    address = urlsplit(site.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    for part in parts:
        writer.write(part)
        await writer.drain()
    try:
        async with asyncio.timeout(10):
            return await reader.read()
    finally:
        writer.close()


@pytest.mark.parametrize(
    "field", [b"X: " + b"y" * 40_000, b"X: y\r\n" * 10_000], ids=["one", "all"]
)
@pytest.mark.parametrize("comes_at_once", [True, False])
async def test_a_head_that_is_too_large_is_refused(
    site: Site, field: bytes, comes_at_once: bool
) -> None:
    head = b"GET /login/ HTTP/1.1\r\nHost: 127.0.0.1\r\n" + field
    parts = [head + b"\r\n\r\n"] if comes_at_once else [head[:20_000], head[20_000:]]
    assert b" 400 " in (await answer_to(site, *parts)).splitlines()[0]


@pytest.mark.parametrize("said", [b"", b"GET /login/ HTTP/1.1\r\nHost: 127."], ids=["none", "half"])
async def test_a_head_that_does_not_come_is_not_waited_for(
    site: Site, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(uvicorn_protocols, "HEAD_TIMEOUT", 0.1)
    assert await answer_to(site, said) == b""


async def test_a_complete_request_may_take_longer_than_its_head(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uvicorn_protocols, "HEAD_TIMEOUT", 0.1)
    ada = await make_user("ada", "Ada")
    async with (await site.visitor(ada)).tab("ws", await make_conversation([ada])) as tab:
        assert await answer_to(site, b"") == b"", "a connection of the same age is closed by now"
        await tab.send("Still here")
        await tab.wait_for_bodies("Still here")


@pytest.mark.parametrize("field", [b"X: " + b"y" * 9_000, b"X: y\r\n" * 200], ids=["long", "many"])
async def test_a_handshake_with_too_many_headers_is_answered(site: Site, field: bytes) -> None:
    answer = await answer_to(site, HANDSHAKE + field.strip() + b"\r\n\r\n")
    assert b" 431 " in answer.splitlines()[0]


async def test_a_refused_handshake_is_one_line_of_the_log(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await answer_to(site, HANDSHAKE + b"Origin: http://elsewhere.example\r\n\r\n")
    assert b" 403 " in answer.splitlines()[0]
    [record] = caplog.records
    assert (record.name, record.exc_info) == ("parley.access", None)
