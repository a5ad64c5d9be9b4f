"""uvicorn's connections, with an end for peers that take nothing any more.

    uvicorn --http routes.protocol:EndingProtocol app:app

uvicorn waits for ever until a peer has taken what is written to it: its ping timeout and its
shutdown only ask for a close behind that. The kernel can be told not to wait (RFC 5482).
"""

import asyncio
import socket

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

PATIENCE = 20_000
"""Milliseconds that written data may stay untaken before the connection is dropped."""

USER_TIMEOUT = getattr(socket, "TCP_USER_TIMEOUT", None)  # Linux has it, macOS has not


class EndingProtocol(HttpToolsProtocol):
    """An HTTP connection, and the WebSocket that it may become, on a socket with an end."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        peer = transport.get_extra_info("socket")
        if USER_TIMEOUT and peer is not None and peer.family in (socket.AF_INET, socket.AF_INET6):
            peer.setsockopt(socket.IPPROTO_TCP, USER_TIMEOUT, PATIENCE)
