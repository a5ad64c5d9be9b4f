"""uvicorn's connections with limits, and its WebSockets handed over after the handshake.

bin/web starts uvicorn with them. uvicorn waits without a limit for a peer to take what is written:
its ping timeout and its shutdown only queue a close frame behind that. The kernel can enforce one
(RFC 5482). Nor does uvicorn bound how long and how much a peer says before its request is complete.
"""

import asyncio
import logging
import select
import socket
from typing import Any, cast

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from routes.streams.limits import (
    FRAME_BYTES,
    HEAD_BYTES,
    HEAD_TIMEOUT,
    SEND_TIMEOUT,
    SLICE_BYTES,
)
from routes.streams.reader import Reader
from routes.streams.transports import HAND_OVER
from routes.streams.websocket.connection import WebSocketConnection
from routes.streams.websocket.fast_socket import FastSocket

USER_TIMEOUT = getattr(socket, "TCP_USER_TIMEOUT", None)  # Linux has it, macOS has not

HUNG_UP = getattr(select, "POLLRDHUP", 0) | select.POLLHUP | select.POLLERR  # macOS has no RDHUP

logger = logging.getLogger("parley.handshake")
logger.setLevel(logging.WARNING)  # request_log.py logs that a socket was opened or closed


class TimeoutHTTPProtocol(HttpToolsProtocol):
    """An HTTP connection, and the WebSocket it may become, on a socket with a send timeout; the
    head of a request is limited in its bytes and its time."""

    _head_timeout: asyncio.TimerHandle | None = None
    """Runs while a request's head is expected, or has arrived in part."""

    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head_timeout = self.loop.call_later(HEAD_TIMEOUT, transport.close)
        peer = transport.get_extra_info("socket")
        if peer is None:  # not a socket's transport
            return None
        if has_hung_up(peer):
            return transport.abort()
        if USER_TIMEOUT and peer.family in (socket.AF_INET, socket.AF_INET6):
            peer.setsockopt(socket.IPPROTO_TCP, USER_TIMEOUT, int(SEND_TIMEOUT * 1000))
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._head_bytes += len(data) if self._head_timeout else 0
        super().data_received(data)
        if self._head_timeout and self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The head of this request is too large.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._head_timeout is None:
            self._head_timeout = self.loop.call_later(HEAD_TIMEOUT, self.transport.close)

    def on_headers_complete(self) -> None:
        self._end_head()
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > HEAD_BYTES:  # all of it came at once
            raise ValueError("the head of a request is too large")
        super().on_headers_complete()

    def _end_head(self) -> None:
        if self._head_timeout:
            self._head_timeout.cancel()
        self._head_timeout, self._head_bytes = None, 0

    def handle_websocket_upgrade(self) -> None:
        super().handle_websocket_upgrade()
        self.parser = None  # type: ignore[assignment]  # the two refer to each other


def has_hung_up(peer: socket.socket) -> bool:
    """Whether a peer has given up while its connection waited to be accepted. When all clients
    reconnect at once many do, and serving their requests would make the others time out as well."""
    poll = select.poll()
    poll.register(peer.fileno(), HUNG_UP)
    return bool(poll.poll(0))


class HandoffWebSocketProtocol(WebSocketsSansIOProtocol):
    """A WebSocket that the app may hand over after the handshake: an extension of its scope.

    uvicorn parses all that comes, without a limit for the number of frames. So what comes early is
    kept until then; and where the app closes the socket itself, little of it is parsed, to find the
    answer to the close frame. A client that sends more than that has no use for an answer.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.logger = self.conn.logger = logger
        self.early = b""
        """What has come after the handshake request."""
        self.parsed = 0
        """How much of it uvicorn has been given."""

    def data_received(self, data: bytes) -> None:
        if not self.handshake_initiated:
            super().data_received(data)
            if self.conn.handshake_exc and not self.handshake_initiated:
                # The parser has an answer, which uvicorn does not send.
                self.transport.write(b"".join(self.conn.data_to_send()))
                self.transport.close()
            return
        self.early += data
        if len(self.early) > (SLICE_BYTES if self.close_sent else FRAME_BYTES):
            self.early = b""
            self.transport.abort()
        elif self.close_sent:
            unparsed, self.parsed = self.early[self.parsed :], len(self.early)
            super().data_received(unparsed)

    async def send(self, message: Any) -> None:
        await super().send(message)
        if self.close_sent:  # else uvicorn takes a handshake that the app refuses for an error
            self.handshake_complete = True

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.handshake_complete:  # it was not refused
            cast(dict[str, Any], self.scope["extensions"])[HAND_OVER] = self.hand_over

    def hand_over(self, reader: Reader, scope: Scope) -> bool:
        """To be called once, after `websocket.accept`. The app then returns, and nothing of this
        object is kept. False if the client has gone meanwhile."""
        if self.disconnected:
            return False
        self.give(FastSocket(reader, scope))
        return True

    def give(self, connection: WebSocketConnection) -> None:
        self.stop_keepalive()
        self.conn.parser.close()  # it would keep the whole handshake in memory
        del cast(dict[str, Any], self.scope["extensions"])[HAND_OVER]  # it refers to the scope
        transport, self.transport = self.transport, cast(asyncio.Transport, Detached())
        self.connections.discard(self)
        connections = cast(set[object], self.connections)
        connection.take_over(transport, connections, is_paused=not self.writable.is_set())
        if self.early:
            connection.data_received(self.early)


class Detached:
    """What uvicorn closes when the app returns, instead of the connection that was handed over."""

    def close(self) -> None: ...
