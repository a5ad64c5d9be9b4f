"""uvicorn's connections, with an end for peers that take nothing any more, and a short way to those
that only listen.

bin/web starts uvicorn with them. uvicorn waits for ever until a peer has taken what is written to
it: its ping timeout and its shutdown only ask for a close behind that. The kernel can be told not
to wait (RFC 5482).
"""

import asyncio
import logging
import select
import socket
from collections.abc import Callable
from typing import Any, cast

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Opcode
from websockets.http11 import Request

from routes.streams.websocket.connection import Wire, is_between_frames

PATIENCE = 20_000
"""Milliseconds that written data may stay untaken before the connection is dropped."""

USER_TIMEOUT = getattr(socket, "TCP_USER_TIMEOUT", None)  # Linux has it, macOS has not

GONE = getattr(select, "POLLRDHUP", 0) | select.POLLHUP | select.POLLERR  # macOS has no RDHUP

HAND_OVER = "parley.hand_over"

logger = logging.getLogger("parley.handshake")
logger.setLevel(logging.WARNING)  # that a socket was opened or closed, request_log.py says


def hand_over(scope: Scope) -> Callable[[Wire], None] | None:
    """What hands an accepted WebSocket over to a `Wire`, where the server can: the app then
    returns, and neither a task nor a queue is kept for the connection."""
    return cast("Callable[[Wire], None] | None", (scope.get("extensions") or {}).get(HAND_OVER))


class TimeoutHTTPProtocol(HttpToolsProtocol):
    """An HTTP connection, and the WebSocket that it may become, on a socket with an end."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        peer = transport.get_extra_info("socket")
        if peer is None:  # some other kind of connection
            return None
        if is_gone(peer):
            return transport.abort()
        if USER_TIMEOUT and peer.family in (socket.AF_INET, socket.AF_INET6):
            peer.setsockopt(socket.IPPROTO_TCP, USER_TIMEOUT, PATIENCE)
        return None

    def handle_websocket_upgrade(self) -> None:
        super().handle_websocket_upgrade()
        self.parser = None  # type: ignore[assignment]  # the two refer to each other


def is_gone(peer: socket.socket) -> bool:
    """Whether a peer has given up while nobody took its connection, whatever it has asked before.

    When all come back at once many do, and what they asked would keep the others waiting until
    those have given up as well.
    """
    poll = select.poll()
    poll.register(peer.fileno(), GONE)
    return bool(poll.poll(0))


class HandoffWebSocketProtocol(WebSocketsSansIOProtocol):
    """A WebSocket that the app may take over after the handshake, by an extension of its scope."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.logger = self.conn.logger = logger

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.handshake_complete:  # it has not been refused
            cast(dict[str, Any], self.scope["extensions"])[HAND_OVER] = self.hand_over

    def hand_over(self, wire: Wire) -> None:
        """To be called once, after `websocket.accept`. Nothing of the handshake is left then, and
        nothing of it has to be searched for among Python's garbage: ten thousand may come at once.
        """
        self.stop_keepalive()
        del cast(dict[str, Any], self.scope["extensions"])[HAND_OVER]
        transport, self.transport = self.transport, cast(asyncio.Transport, Detached())
        self.connections.discard(self)
        wire.take_over(
            transport, cast(set[object], self.connections), is_paused=not self.writable.is_set()
        )
        if self.disconnected:
            return wire.connection_lost(None)
        if is_between_frames(self.conn):
            self.conn.parser.close()
        else:
            opcode = Opcode.TEXT if self.curr_msg_data_type == "text" else Opcode.BINARY
            wire.go_on(self.conn, opcode, self.frames)
        self._forward(wire)
        return transport.resume_reading()

    def _forward(self, wire: Wire) -> None:
        """What has come since the handshake."""
        while not self.queue.empty() and not wire.is_over:
            message = cast(dict[str, Any], self.queue.get_nowait())
            if message["type"] == "websocket.receive":
                wire.received(message["text"] if "text" in message else message["bytes"])


class Detached:
    """What uvicorn closes when the app has returned: not the connection that was given away."""

    def close(self) -> None:
        pass
