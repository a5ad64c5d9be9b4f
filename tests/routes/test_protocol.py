"""Connections whose peer takes nothing any more have an end."""

import asyncio
import socket

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
