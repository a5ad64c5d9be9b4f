"""The sink of a reader whose WebSocket was handed over: frames are written to it at once."""

import asyncio
from typing import Final

from starlette.types import Scope
from websockets.frames import Frame, Opcode

from live import metrics
from live.delivery import Delivery
from live.subscription import Backlog
from routes.frames import receive
from routes.middleware import request_log
from routes.rate_limit import frames_and_posts
from routes.streams.close_codes import CloseCode, Ended
from routes.streams.limits import PONG_TIMEOUT
from routes.streams.reader import Reader
from routes.streams.websocket.connection import WebSocketConnection, text_frame

HEARTBEAT = text_frame("") + Frame(Opcode.PING, b"").serialize(mask=False)


class FastSocket(WebSocketConnection):
    __slots__ = ("_backlog", "_exchange", "_pinged_at", "_reader")

    tier: Final = "ws"

    def __init__(self, reader: Reader, scope: Scope) -> None:
        super().__init__()
        self._reader = reader
        self._exchange = request_log.outlive(scope)
        self._backlog: Backlog[str] | None = None
        """What waits while the other side takes no more."""
        self._pinged_at = 0.0

    def send(self, text: str) -> None:
        if not self.is_paused:
            self.transport.write(text_frame(text))
            return
        if self._backlog is None:
            self._backlog = Backlog()
        self._backlog.add(text, len(text))

    def deliver(self, delivery: Delivery) -> None:
        if self.is_paused:
            self.send(delivery.text)
            return
        if delivery.frame is None:
            delivery.frame = text_frame(delivery.text)
        self.transport.write(delivery.frame)

    def heartbeat(self) -> None:
        """Also ping: who has not answered the ping before is gone."""
        now = asyncio.get_running_loop().time()
        if self.heard_at < self._pinged_at < now - PONG_TIMEOUT:
            self.transport.abort()
        elif not self.is_paused:
            self.transport.write(HEARTBEAT)
            if self.heard_at >= self._pinged_at:
                self._pinged_at = now

    def on_open(self) -> None:
        self._reader.open(self)

    def on_message(self, message: str | bytes) -> None:
        try:
            receive(message, self._reader)
        except Ended as end:
            self._reader.end(end.code)

    def on_control(self) -> None:
        if not frames_and_posts.take(self._reader.session.user):
            self._reader.end(CloseCode.TOO_FAST)

    def on_drain(self) -> None:
        if self._backlog is not None:
            texts, self._backlog = self._backlog.take(), None
            self.send("".join(texts))

    def on_close(self) -> None:
        self._reader.close()

    def on_lost(self) -> None:
        if self.is_paused and self.code == CloseCode.LOST:
            metrics.slow_consumers.inc()
        self._exchange.code = self.code
        self._exchange.end()
        del self._reader  # the two refer to each other
