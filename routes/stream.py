"""What a page follows: one conversation from a cursor on, and its reader's inbox.

The same frames leave through WebSocket, Server-Sent Events and long poll (live.py).
"""

import time
from collections.abc import AsyncGenerator
from dataclasses import asdict, dataclass

import render
import settings
from actions import sessions
from db import conversations, messages
from db.conversations import Conversation
from db.engine import Unavailable
from db.sessions import Session
from live import metrics, publication
from live.hub import Subscription
from live.publication import ENDING, RESYNC, Publication
from routes.inbox import load_inbox
from routes.log import load_log
from routes.presence import Presence, load_presence

TOO_FAR_BEHIND = 500
"""Changes beyond which a reader gets the newest page whole instead of each of them."""

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


@dataclass
class Stream:
    """A reader, and how far they are.

    `cursor` is the revision up to which the reader holds all of `conversation`; `digest` is that of
    the inbox they hold, None where they show none.
    """

    session: Session
    conversation: Conversation | None = None
    cursor: int = 0
    digest: str | None = None
    is_behind: bool = False
    presence: Presence | None = None

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
        yield self.cursor_mark() + await self.look()
        looked_at = time.monotonic()
        while True:
            pause = RETRY if self.is_behind else settings.HEARTBEAT
            batch = await subscription.next(looked_at + pause - time.monotonic())
            if batch and (frame := await self.frame(batch)):
                yield frame
            if time.monotonic() >= looked_at + pause:
                yield await self.look()
                looked_at = time.monotonic()

    async def look(self) -> str:
        """What no publication tells: what was missed, and who has come or gone."""
        return await self.missed_if_possible() + await self.changed_presence()

    async def changed_presence(self) -> str:
        """Whether the other one of two is here, where that is not what the reader saw last."""
        if self.conversation is None or self.conversation.kind != "direct":
            return ""
        try:
            found = await load_presence(self.conversation, self.session.user)
        except Unavailable:
            return ""
        if found == self.presence:
            return ""
        self.presence = found
        return render.fragment("conversations/presence.fragment.html", **asdict(found))

    async def missed_if_possible(self) -> str:
        """What the reader should hold and doesn't; where the database is away, soon again."""
        try:
            await self.check_rights()
            frame = await self.missed()
        except Unavailable:
            self.is_behind = True
            return ""
        self.is_behind = False
        return frame

    async def frame(self, batch: list[Publication]) -> str:
        """What a batch of publications means for this reader; empty where it is nothing new."""
        self.check_end(batch)
        texts = []
        if RESYNC in batch:
            texts.append(await self.missed_if_possible())
        changes = [p for p in batch if p.topic.startswith("conversation/")]
        texts += [await self.change(published) for published in changes]
        lines = [p.text for p in batch if p.topic.startswith("inbox/")]
        self.is_behind = self.is_behind or "" in lines
        return "".join(texts + lines)

    async def change(self, published: Publication) -> str:
        """A change of the conversation, in its order: a repeat is dropped, a gap is mended,
        and what came without its text is read."""
        if published.revision is None:
            return published.text
        if published.revision <= self.cursor:
            return ""
        if published.revision > self.cursor + 1 or not published.text:
            metrics.gaps.inc()
            return await self.missed_if_possible()
        self.cursor = published.revision
        return published.text

    def ephemeral(self, batch: list[Publication]) -> str:
        """What of a batch cannot be read from the database. Raises `Ended`."""
        self.check_end(batch)
        if self.conversation is None:
            return ""
        topic = publication.conversation(self.conversation.id)
        return "".join(p.text for p in batch if p.topic == topic and p.revision is None)

    def check_end(self, batch: list[Publication]) -> None:
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

    async def check_rights(self) -> None:
        """Raise `Ended` where the session is over or the reader is no participant any more."""
        if not await sessions.is_open(self.session):
            raise Ended(SESSION_ENDED)
        if self.conversation is not None:
            found = await conversations.get(self.conversation.id, self.session.user.id)
            if found is None:
                raise Ended(NO_LONGER_A_PARTICIPANT)
            self.conversation = found

    async def missed(self) -> str:
        """Everything that the reader should hold and doesn't, read from the database."""
        return await self.missed_messages() + await self.missed_inbox()

    async def missed_messages(self) -> str:
        if self.conversation is None:
            return ""
        changed = await messages.changed_after(
            self.conversation.id, self.cursor, TOO_FAR_BEHIND + 1
        )
        if len(changed) > TOO_FAR_BEHIND:
            return await self.newest_page()
        if not changed:
            return ""
        self.cursor = changed[-1].revision
        metrics.caught_up.inc(len(changed))
        return "".join(map(render.message_fragment, changed)) + self.cursor_mark()

    async def newest_page(self) -> str:
        assert self.conversation is not None
        await self.check_rights()
        log = await load_log(self.conversation)
        self.cursor = log.cursor
        text = render.fragment(
            "messages/pane.fragment.html", log=log, conversation=self.conversation
        )
        return text + self.cursor_mark()

    async def missed_inbox(self) -> str:
        if self.digest is None:
            return ""
        inbox = await load_inbox(self.session.user)
        if inbox.digest == self.digest:
            return ""
        self.digest = inbox.digest
        return render.fragment("conversations/inbox.fragment.html", inbox=inbox)

    def cursor_mark(self) -> str:
        if self.conversation is None:
            return ""
        return render.fragment("messages/cursor.fragment.html", revision=self.cursor)
