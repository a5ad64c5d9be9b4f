"""What a page follows: one conversation from a cursor on, and its reader's inbox.

The same text leaves through WebSocket, Server-Sent Events and long poll.
"""

import random
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import asdict, dataclass, field

import render
import settings
from db.conversations import Conversation
from db.engine import Unavailable
from db.sessions import Session
from live import metrics, publication
from live.publication import ENDING, RESYNC, Publication
from live.subscription import Subscription
from routes.presence import Presence
from routes.streams import catch_up
from routes.streams.catch_up import Look

RETRY = 1.0
"""Seconds after which a reader whom the database could not serve is served again."""

RESTARTING = 1012
SESSION_ENDED = 4401
NO_LONGER_A_PARTICIPANT = 4403


class Ended(Exception):
    """The reader may not go on. `code` is the close code that says why."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(slots=True, eq=False)
class Stream:
    """A reader, and how far they are.

    `cursor` is the revision up to which the reader holds all of `conversation`; `digest` is that of
    the inbox they hold, None where they show none. `is_behind` says that something has been
    published which only the database can tell: it has to be looked at.
    """

    session: Session
    conversation: Conversation | None = None
    cursor: int = 0
    digest: str | None = None
    follows_presence: bool = True
    is_behind: bool = field(default=False, init=False)
    mark: tuple[int, ...] | None = field(default=None, init=False)
    presence: Presence | None = field(default=None, init=False)

    @property
    def topics(self) -> list[str]:
        topics = [publication.rights(self.session.user.id)]
        if self.conversation is not None:
            topics.append(publication.conversation(self.conversation.id))
        if self.digest is not None:
            topics.append(publication.inbox(self.session.user.id))
        return topics

    async def frames(self, subscription: Subscription) -> AsyncGenerator[str, None]:
        """Frames without end: what was missed, at once; then what happens; `""` as heartbeat.

        Each durable change once, in the order of revisions, without a gap. Raises `Ended`, and
        `SlowConsumer` where the reader does not keep up.
        """
        yield self.cursor_mark() + await self.look_if_possible()
        # Those who came at the same moment, after a restart, do not all look at the same moment.
        looked_at = time.monotonic() - random.uniform(0, settings.HEARTBEAT)  # noqa: S311
        while True:
            pause = RETRY if self.is_behind else settings.HEARTBEAT
            batch = await subscription.next(looked_at + pause - time.monotonic())
            text = self.take(batch)
            if batch and self.is_behind:
                text += await self.look_if_possible()
            if text:
                yield text
            if time.monotonic() >= looked_at + pause:
                yield await self.look_if_possible()
                looked_at = time.monotonic()

    def take(self, batch: Sequence[Publication]) -> str:
        """What publications mean for this reader, as far as it can be said without the database.
        Raises `Ended`."""
        if not batch:
            return ""
        self.check_end(batch)
        return "".join([self.said(each) for each in batch])

    def said(self, published: Publication) -> str:
        """A change in its order: a repeat is dropped; a gap, and what came without its text, has
        to be read."""
        if published == RESYNC:
            self.is_behind = True
        elif published.topic.startswith("inbox/"):
            self.is_behind = self.is_behind or not published.text
            return published.text
        elif published.topic.startswith("conversation/"):
            if published.revision is None:
                return published.text
            if published.base == self.cursor and published.text:
                self.cursor = published.revision
                return published.text
            if published.revision > self.cursor and not self.is_behind:
                metrics.gaps.inc()
                self.is_behind = True
        return ""

    def ephemeral(self, batch: Sequence[Publication]) -> str:
        """What of a batch cannot be read from the database. Raises `Ended`."""
        self.check_end(batch)
        if self.conversation is None:
            return ""
        topic = publication.conversation(self.conversation.id)
        return "".join(p.text for p in batch if p.topic == topic and p.revision is None)

    def check_end(self, batch: Sequence[Publication]) -> None:
        """Raise `Ended` where the batch says that the reader may not go on, or this process."""
        rights = [p for p in batch if p.topic.startswith("rights/")]
        if rights:
            user = self.session.user
            if publication.session_end(user.id, self.session.token_hash) in rights:
                raise Ended(SESSION_ENDED)
            if self.conversation and publication.removal(user.id, self.conversation.id) in rights:
                raise Ended(NO_LONGER_A_PARTICIPANT)
        if ENDING in batch:
            raise Ended(RESTARTING)

    async def look_if_possible(self) -> str:
        """What the reader should hold and doesn't; where the database is away, soon again."""
        try:
            return await self.look()
        except Unavailable:
            self.is_behind = True
            return ""

    async def look(self) -> str:
        """What no publication tells: what was missed, and who has come or gone.

        Raises `Ended` and `Unavailable`.
        """
        self.is_behind = False
        return self.seen(await catch_up.looks.submit(self))

    def seen(self, look: Look) -> str:
        """What a look has found and the reader does not hold. Raises `Ended`."""
        if not look.is_session_open:
            raise Ended(SESSION_ENDED)
        if not look.is_participant:
            raise Ended(NO_LONGER_A_PARTICIPANT)
        return self.seen_log(look) + self.seen_inbox(look) + self.seen_presence(look)

    def seen_log(self, look: Look) -> str:
        if look.pane is not None:
            revision, text = look.pane
            if revision <= self.cursor:
                return ""
            self.cursor = revision
            return text + self.cursor_mark()
        missed = [text for revision, text in look.changes if revision > self.cursor]
        if not missed:
            return ""
        self.cursor = look.changes[-1][0]
        metrics.caught_up.inc(len(missed))
        return "".join(missed) + self.cursor_mark()

    def seen_inbox(self, look: Look) -> str:
        self.mark = look.mark
        if look.inbox is None or look.inbox.digest == self.digest:
            return ""
        self.digest = look.inbox.digest
        return render.fragment("conversations/inbox.fragment.html", inbox=look.inbox)

    def seen_presence(self, look: Look) -> str:
        """Whether the other one of two is here, where that is not what the reader saw last."""
        if look.presence is None or look.presence == self.presence:
            return ""
        self.presence = look.presence
        return render.fragment("conversations/presence.fragment.html", **asdict(look.presence))

    def cursor_mark(self) -> str:
        if self.conversation is None:
            return ""
        return render.cursor_fragment(self.cursor)
