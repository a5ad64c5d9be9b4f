"""The state machine of one page that follows a conversation or an inbox, whatever carries it.

A reader subscribes to the hub and applies each delivery to its cursor at once. What it cannot apply
(a gap, a change published without its text) and what may have been lost (at each heartbeat) it
reads from the database. Its frames go to a sink, and it ends with a close code.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Protocol

import render
from db.conversations import Conversation
from db.engine import Unavailable
from db.sessions import Session
from live import hub, metrics, publication
from live import presence as connections
from live.delivery import Delivery
from live.publication import ENDING, RESYNC, Publication
from live.subscription import SlowConsumer
from routes.presence import Presence
from routes.streams import catch_up, heartbeats
from routes.streams.catch_up import NOTHING, Snapshot
from routes.streams.close_codes import CloseCode, Ended
from routes.streams.limits import RETRY_DELAY

UNKNOWN = "?"
"""The digest of receipts that a page may hold and may not see any more."""

UNASKED = "-"
"""The digest of a program that polls and does not say which receipts it holds: it gets those that
move while it waits."""

logger = logging.getLogger("parley.reader")


class Sink(Protocol):
    """What carries a reader's frames. None of its methods waits."""

    @property
    def tier(self) -> str: ...

    def send(self, text: str) -> None:
        """Send a frame, or hold it until the other side takes more. Raises `SlowConsumer`."""

    def deliver(self, delivery: Delivery) -> None:
        """`send` the text of a delivery, which many readers share."""

    def heartbeat(self) -> None:
        """Show that the server is alive."""

    def close(self, code: CloseCode) -> None:
        """Close with this code; nothing is sent after it."""


@dataclass(slots=True, eq=False)
class Reader:
    """What a page holds, and how it is kept complete.

    The page holds everything of `conversation` up to the revision `cursor`, and the inbox with
    `digest` (None: it shows no inbox), which it was given when the inbox had `mark`. `people`
    is the digest of its people's names, until they have been compared once, and `receipts` that of
    its receipts. `is_behind` says that it lacks something only the database knows.

    A poll is answered from the database alone, because the next one has to know the cursor and the
    digest; and without presence, because it cannot say which it was told.
    """

    session: Session
    conversation: Conversation | None = None
    cursor: int = 0
    digest: str | None = None
    is_poll: bool = False
    address: str = ""
    people: str | None = None
    receipts: str | None = field(default=None, init=False)
    mark: tuple[int, ...] | None = field(default=None, init=False)
    presence: Presence | None = field(default=None, init=False)
    is_behind: bool = field(default=False, init=False)
    is_closed: bool = field(default=False, init=False)
    _sees_receipts: bool = field(default=True, init=False)
    _is_catching_up: bool = field(default=False, init=False)
    _greeting: str | None = field(default=None, init=False)
    _sink: Sink = field(init=False)
    _slot: int = field(init=False)

    @property
    def topics(self) -> list[str]:
        topics = [publication.rights(self.session.user.id)]
        if self.conversation is not None:
            topics.append(publication.conversation(self.conversation.id))
            if self._sees_receipts:
                topics.append(publication.receipts(self.conversation.id))
        if self.digest is not None:
            topics.append(publication.inbox(self.session.user.id))
        return topics

    def open(self, sink: Sink) -> None:
        """Follow from now on. The first frame comes with the first catch-up, also when there is
        nothing to catch up. Ends at once where the person, or the address, has too many
        connections."""
        self._sink = sink
        if not connections.has_room(self.session.user.id, self.address):
            self.is_closed = True
            sink.close(CloseCode.TOO_FAST)
            return
        self._greeting = "" if self.is_poll else self._cursor_mark()
        self._slot = heartbeats.add(self)
        metrics.connections.labels(sink.tier).inc()
        connections.come(self.session.user.id, self.address, shows_inbox=self.digest is not None)
        hub.join(self, *self.topics)
        if not self.is_closed:
            self.catch_up()

    def close(self) -> None:
        """The connection is gone, or about to be. Harmless when repeated."""
        if self.is_closed:
            return
        self.is_closed = True
        hub.leave(self, *self.topics)
        connections.go(self.session.user.id, self.address, shows_inbox=self.digest is not None)
        metrics.connections.labels(self._sink.tier).dec()
        heartbeats.remove(self, self._slot)

    def end(self, code: CloseCode) -> None:
        """Close the connection with a code. Not a frame is sent after it."""
        if not self.is_closed:
            self.close()
            self._sink.close(code)

    def put(self, delivery: Delivery) -> None:
        """Apply a delivery of the hub; where its text follows on what the page holds, as it is."""
        if self.is_closed:
            return
        is_next = delivery.from_revision in (None, self.cursor)
        if self.is_poll or self._is_catching_up or not is_next:
            self._apply(delivery.publications)
            return
        if delivery.to_revision is not None:
            self.cursor = delivery.to_revision
        try:
            self._sink.deliver(delivery)
        except SlowConsumer:
            self._give_up()

    def send(self, text: str) -> None:
        """Send a text, if there is one; the first frame in any case, with the cursor."""
        if self.is_closed or not (text or self._greeting is not None):
            return
        text, self._greeting = (self._greeting or "") + text, None
        try:
            self._sink.send(text)
        except SlowConsumer:
            self._give_up()

    def beat(self) -> None:
        if self._greeting is None:
            self._sink.heartbeat()
            self.catch_up()

    def catch_up(self) -> None:
        """Read what the page should hold and doesn't; once more if that is being read already,
        because it may have been read too early."""
        self.is_behind = self._is_catching_up
        if not self._is_catching_up:
            self._is_catching_up = True
            self._read()

    def _read(self) -> None:
        if not self.is_closed:
            self.is_behind = False
            catch_up.snapshots.submit(self).add_done_callback(self._caught_up)

    def _caught_up(self, snapshot: asyncio.Future[Snapshot]) -> None:
        if self.is_closed:
            return
        try:
            text = self._apply_snapshot(snapshot.result())
        except Unavailable:
            self.is_behind = True
            self.send("")
            asyncio.get_running_loop().call_later(RETRY_DELAY, self._read)
            return
        except Ended as end:
            self.end(end.code)
        except Exception:
            logger.exception("a reader could not catch up")
            self.end(CloseCode.ERROR)
        else:
            self._is_catching_up = False
            self.send(text)
            if self.is_behind:
                self.catch_up()

    def _give_up(self) -> None:
        metrics.slow_consumers.inc()
        self.end(CloseCode.SLOW_CONSUMER)

    def _apply(self, publications: Sequence[Publication]) -> None:
        code = self._end_among(publications)
        if code is not None:
            self.end(code)
            return
        if text := "".join([self._apply_one(each) for each in publications]):
            self.send(text)
        if self.is_behind:
            self.catch_up()

    def _end_among(self, publications: Sequence[Publication]) -> CloseCode | None:
        user = self.session.user
        if publication.session_end(user.id, self.session.token_hash) in publications:
            return CloseCode.SESSION_ENDED
        chat = self.conversation
        if chat is not None and publication.removal(user.id, chat.id) in publications:
            return CloseCode.REMOVED
        return CloseCode.RESTARTING if ENDING in publications else None

    def _apply_one(self, published: Publication) -> str:
        """The text of a publication, if it is the next one. A repeat is dropped; what else does not
        follow on what the page holds has to be read."""
        if published in (RESYNC, publication.receipts_hidden(self.session.user.id)):
            self.is_behind = True
            self.receipts = UNKNOWN  # compared anew, and until then none is passed on
        elif published.topic.startswith("inbox/"):
            self.is_behind = True  # what is being read may be older than this line
            return "" if self.is_poll else published.text
        elif published.topic.startswith("conversation/"):
            return self._apply_change(published)
        elif published.topic.startswith("receipts/"):
            if self.receipts is None:
                return published.text
            self.is_behind = True  # what is being read may be older
        return ""

    def _apply_change(self, published: Publication) -> str:
        if published.revision is None:
            return published.text
        if published.revision <= self.cursor:
            return ""
        if published.base == self.cursor and published.text and not self.is_poll:
            self.cursor = published.revision
            return published.text
        if not (self.is_behind or self._is_catching_up or self.is_poll):
            metrics.gaps.inc()
        self.is_behind = True
        return ""

    def _apply_snapshot(self, snapshot: Snapshot) -> str:
        """What a snapshot holds and the page doesn't. Raises `Ended`."""
        if not snapshot.is_session_open:
            raise Ended(CloseCode.SESSION_ENDED)
        if not snapshot.is_participant:
            raise Ended(CloseCode.REMOVED)
        self.people = None
        pinned = self._new_pinned(snapshot)
        log, inbox = self._new_in_log(snapshot), self._new_inbox(snapshot)
        others = self._new_receipts(snapshot) + self._new_presence(snapshot)
        return pinned + log + snapshot.people + inbox + others

    def _new_pinned(self, snapshot: Snapshot) -> str:
        revision, text = snapshot.pinned or (NOTHING, "")
        return text if revision > self.cursor else ""

    def _new_in_log(self, snapshot: Snapshot) -> str:
        if snapshot.pane is not None:
            revision, text = snapshot.pane
            if revision <= self.cursor:
                return ""
            self.cursor = revision
            return text + self._cursor_mark()
        missed = [text for revision, text in snapshot.changes if revision > self.cursor]
        if not missed:
            return ""
        self.cursor = snapshot.changes[-1][0]
        metrics.caught_up.inc(len(missed))
        return "".join(missed) + self._cursor_mark()

    def _new_inbox(self, snapshot: Snapshot) -> str:
        self.mark = snapshot.mark
        if snapshot.inbox is None or snapshot.inbox.digest == self.digest:
            return ""
        self.digest = snapshot.inbox.digest
        return render.fragment("conversations/inbox.fragment.html", inbox=snapshot.inbox)

    def _new_receipts(self, snapshot: Snapshot) -> str:
        if snapshot.receipts is None or self.receipts is None:
            return ""
        digest, text = snapshot.receipts
        is_new = self.receipts not in (digest, UNASKED)
        self.receipts = digest if self.is_behind else None
        self._follow_receipts(bool(digest))
        return text if is_new else ""

    def _follow_receipts(self, sees_receipts: bool) -> None:
        if sees_receipts != self._sees_receipts:
            hub.leave(self, *self.topics)
            self._sees_receipts = sees_receipts
            hub.join(self, *self.topics)

    def _new_presence(self, snapshot: Snapshot) -> str:
        if snapshot.presence is None or snapshot.presence == self.presence:
            return ""
        self.presence = snapshot.presence
        return render.fragment("conversations/presence.fragment.html", **asdict(snapshot.presence))

    def _cursor_mark(self) -> str:
        if self.conversation is None or self.cursor == NOTHING:
            return ""
        return render.cursor_fragment(self.cursor, self.conversation.epoch)
