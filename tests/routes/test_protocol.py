"""Connections whose peer takes nothing any more have an end, or not even a beginning."""

import asyncio
import socket
import struct
from urllib.parse import urlsplit

import pytest

from routes import protocol
from routes.protocol import PATIENCE, EndingProtocol
from tests.applications import Site


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Connections don't ask the database."""
    return sqlite_url


async def timeout_of_a_connection(site: Site, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many milliseconds the kernel keeps what the peer does not take; 0 means its own idea."""
    found: list[int] = []
    connection_made = EndingProtocol.connection_made

    def noting(self: EndingProtocol, transport: asyncio.Transport) -> None:
        connection_made(self, transport)
        peer = transport.get_extra_info("socket")
        found.append(peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT))

    monkeypatch.setattr(EndingProtocol, "connection_made", noting)
    stranger = await site.stranger()
    assert (await stranger.get("/login/")).status_code == 200
    return found[0]


async def test_untaken_data_is_given_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await timeout_of_a_connection(site, monkeypatch) == PATIENCE


async def test_a_system_that_knows_no_such_end_serves_as_well(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "USER_TIMEOUT", None)
    assert await timeout_of_a_connection(site, monkeypatch) == 0


@pytest.mark.parametrize("resets", [False, True])
async def test_who_gave_up_before_they_were_taken_is_not_served(
    site: Site, monkeypatch: pytest.MonkeyPatch, resets: bool
) -> None:
    heard: list[bytes] = []
    data_received = EndingProtocol.data_received

    def noting(self: EndingProtocol, data: bytes) -> None:
        heard.append(data)
        data_received(self, data)

    monkeypatch.setattr(EndingProtocol, "data_received", noting)
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
