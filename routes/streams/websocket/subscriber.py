"""A page that follows a conversation or an inbox over a WebSocket of its own, without a task.

What is published is written to it in the same turn of the event loop, as one frame that all readers
of a conversation share. Only where the database has to be asked does it wait for something.
"""

import asyncio
import logging

from db.engine import Unavailable
from live import hub, metrics
from live import presence as connections
from live.delivery import Delivery
from live.subscription import BACKLOG, BACKLOG_CHARACTERS
from routes.middleware.request_log import Exchange
from routes.rate_limit import TokenBucket
from routes.streams import catch_up, heartbeats
from routes.streams.catch_up import Look
from routes.streams.frames import receive
from routes.streams.stream import RETRY, Ended, Stream
from routes.streams.websocket.connection import EMPTY, PING, WITHOUT_CLOSE, Wire, text_frame

SILENCE = 10.0
"""Seconds without a pong after which, at the next heartbeat, a reader is taken for gone."""

TOO_SLOW = 1013
BROKEN = 1011

logger = logging.getLogger("parley.reader")


class Reader(Wire):
    """Who is connected. Does what `Stream.frames` does, as it is told instead of as it asks."""

    __slots__ = (
        "_allowance",
        "_characters",
        "_exchange",
        "_greeting",
        "_is_looking",
        "_part",
        "_pinged_at",
        "_untaken",
        "stream",
    )

    def __init__(self, stream: Stream, exchange: Exchange) -> None:
        super().__init__()
        self.stream = stream
        self._exchange = exchange
        self._allowance = TokenBucket()
        self._greeting: str | None = stream.cursor_mark()
        self._is_looking = False
        self._untaken = 0
        self._characters = 0
        self._part = 0
        self._pinged_at = 0.0

    def began(self) -> None:
        """Read what the reader does not hold; the first frame comes at once, also without any."""
        stream = self.stream
        connections.come(stream.session.user.id, shows_inbox=stream.digest is not None)
        metrics.connections.labels("ws").inc()
        self._part = heartbeats.join(self)
        hub.join(self, *stream.topics)
        if not self.is_over:
            self.look()

    def ended(self) -> None:
        stream = self.stream
        hub.leave(self, *stream.topics)
        connections.go(stream.session.user.id, shows_inbox=stream.digest is not None)
        metrics.connections.labels("ws").dec()
        heartbeats.leave(self, self._part)

    def lost(self) -> None:
        if self.is_paused and self.code == WITHOUT_CLOSE:
            metrics.slow_consumers.inc()
        self._exchange.code = self.code
        self._exchange.end()

    def put(self, delivery: Delivery) -> None:
        """What is published, in its order; where the reader holds what is before it, as it is."""
        if self.is_over:
            return None
        stream = self.stream
        is_next = delivery.to_revision is None or delivery.from_revision == stream.cursor
        if self.is_paused or self._is_looking or not is_next:
            return self._take(delivery)
        if delivery.to_revision is not None:
            stream.cursor = delivery.to_revision
        if delivery.frame is None:
            delivery.frame = text_frame(delivery.text)
        return self.transport.write(delivery.frame)

    def _take(self, delivery: Delivery) -> None:
        """What of a turn is news to this reader. Who does not keep up is told what they have missed
        once they do, from the database."""
        stream = self.stream
        try:
            if self.is_paused:
                stream.check_end(delivery.publications)
                return self._leave_out(delivery)
            text = stream.take(delivery.publications)
        except Ended as end:
            return self.end(end.code)
        if text:
            self._tell(text)
        if delivery.topic.startswith("inbox/"):
            stream.is_behind = True  # what is being read may be older than this line
        if stream.is_behind:
            self.look()
        return None

    def _leave_out(self, delivery: Delivery) -> None:
        self._untaken += len(delivery.publications)
        self._characters += len(delivery.text)
        if self._untaken > BACKLOG or self._characters > BACKLOG_CHARACTERS:
            metrics.slow_consumers.inc()
            self.end(TOO_SLOW)

    def resumed(self) -> None:
        if self._untaken:
            self._untaken = self._characters = 0
            self.look()

    def beat(self) -> None:
        moment = asyncio.get_running_loop().time()
        if self.heard_at < self._pinged_at < moment - SILENCE:
            return self.transport.abort()
        if self.is_paused or self._greeting is not None:
            return None
        self.transport.write(EMPTY + PING)
        if self.heard_at >= self._pinged_at:
            self._pinged_at = moment
        return self.look()

    def look(self) -> None:
        """Read what the reader should hold and doesn't; once more, where it is already being read:
        that may have begun too early."""
        self.stream.is_behind = self._is_looking
        if not self._is_looking:
            self._is_looking = True
            catch_up.looks.submit(self.stream).add_done_callback(self._looked)

    def _looked(self, outcome: asyncio.Future[Look]) -> None:
        self._is_looking = False
        if self.is_over:
            return
        try:
            text = self.stream.seen(outcome.result())
        except Unavailable:
            self._tell("")
            asyncio.get_running_loop().call_later(RETRY, self._look_again)
        except Ended as end:
            self.end(end.code)
        except Exception:
            logger.exception("a reader could not be told what it missed")
            self.end(BROKEN)
        else:
            self._tell(text)
            if self.stream.is_behind:
                self.look()

    def _look_again(self) -> None:
        if not self.is_over:
            self.look()

    def received(self, message: str | bytes) -> None:
        try:
            receive(message, self.stream, self._allowance, self._tell)
        except Ended as end:
            self.end(end.code)

    def _tell(self, text: str) -> None:
        """Say a text, if it is one; the first time the reader's cursor with it, or even alone."""
        if self.is_over:
            return
        if self._greeting is not None:
            self.say(self._greeting + text)
            self._greeting = None
        elif text:
            self.say(text)
