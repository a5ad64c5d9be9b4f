"""What readers should hold, read from the database: for all who look at the same moment at once.

A heartbeat of ten thousand readers, or all of them coming back after a restart, takes some queries
for each few hundred of them instead of some for each.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import render
from actions import sessions
from actions.batching import Batcher
from db import conversations, messages, presence
from db.conversations import Conversation
from db.sessions import Session
from routes.inbox import Inbox, load_inbox
from routes.message_pages import load_page
from routes.presence import Presence, presence_of

TOO_FAR_BEHIND = 500
"""Changes beyond which a reader gets the newest page whole instead of each of them."""

LOOKS_AT_ONCE = 500
CHANGES_AT_ONCE = 1_000


class Reader(Protocol):
    """Who looks: what of a `Stream` decides what there is to see."""

    @property
    def session(self) -> Session: ...
    @property
    def conversation(self) -> Conversation | None: ...
    @property
    def cursor(self) -> int: ...
    @property
    def digest(self) -> str | None: ...
    @property
    def mark(self) -> tuple[int, ...] | None: ...
    @property
    def follows_presence(self) -> bool: ...


@dataclass(slots=True)
class Look:
    """What was seen: the reader's rights, the changes after their cursor (or, where those are too
    many, the newest page as `pane`, with its revision), their inbox where its `mark` is another
    than the one they had, and whether their partner is here."""

    is_session_open: bool = True
    is_participant: bool = True
    changes: Sequence[tuple[int, str]] = ()
    pane: tuple[int, str] | None = None
    mark: tuple[int, ...] | None = None
    inbox: Inbox | None = None
    presence: Presence | None = None


Found = list[tuple[Reader, Look]]
Held = tuple[int, int]
"""A conversation and the revision up to which somebody holds it."""


async def look(readers: list[Reader]) -> list[Look]:
    """What each of them sees. Raises `Unavailable`."""
    found = [(reader, Look()) for reader in readers]
    await look_at_rights(found)
    allowed = [(reader, look) for reader, look in found if look.is_session_open]
    await look_at_logs([pair for pair in allowed if pair[1].is_participant])
    await look_at_inboxes([pair for pair in allowed if pair[0].digest is not None])
    await look_at_presence([pair for pair in allowed if pair[0].follows_presence])
    return [look for _, look in found]


async def look_at_rights(found: Found) -> None:
    still_open = await sessions.list_open({reader.session.token_hash for reader, _ in found})
    for reader, look in found:
        look.is_session_open = reader.session.token_hash in still_open


async def look_at_logs(found: Found) -> None:
    """Places in conversations, and what has changed there since the readers' cursors."""
    placed = [(place, reader.cursor, look) for reader, look in found if (place := place_of(reader))]
    if not placed:
        return
    revisions = await conversations.list_revisions({place for place, _, _ in placed})
    behind: dict[Held, list[Look]] = defaultdict(list)
    missed: dict[Held, int] = {}
    for place, cursor, look in placed:
        look.is_participant = place in revisions
        number = revisions.get(place, 0) - cursor
        if number > TOO_FAR_BEHIND:
            look.pane = await newest_page(*place)
        elif number > 0:
            behind[place[0], cursor].append(look)
            missed[place[0], cursor] = number
    for portion in portions(missed):
        for held, changes in (await messages.list_changed(portion)).items():
            written = [(change.revision, render.message_fragment(change)) for change in changes]
            for look in behind[held]:
                look.changes = written


def place_of(reader: Reader) -> tuple[int, int] | None:
    """Conversation and person."""
    return (reader.conversation.id, reader.session.user.id) if reader.conversation else None


def portions(missed: dict[Held, int]) -> Iterator[list[Held]]:
    """Cursors whose readers together have missed no more than is read at once."""
    portion: list[Held] = []
    size = 0
    for held, number in missed.items():
        if portion and size + number > CHANGES_AT_ONCE:
            yield portion
            portion, size = [], 0
        portion.append(held)
        size += number
    if portion:
        yield portion


async def newest_page(conversation_id: int, user_id: int) -> tuple[int, str] | None:
    conversation = await conversations.get(conversation_id, user_id)
    if conversation is None:
        return None  # gone at this moment: the next look says so
    log = await load_page(conversation)
    text = render.fragment("messages/pane.fragment.html", log=log, conversation=conversation)
    return log.cursor, text


async def look_at_inboxes(found: Found) -> None:
    if not found:
        return
    marks = await conversations.list_marks({reader.session.user.id for reader, _ in found})
    for reader, look in found:
        look.mark = marks.get(reader.session.user.id, ())
        if look.mark != reader.mark:
            look.inbox = await load_inbox(reader.session.user)


async def look_at_presence(found: Found) -> None:
    pairs = {
        (reader.conversation.id, reader.session.user.id)
        for reader, _ in found
        if reader.conversation and reader.conversation.kind == "direct"
    }
    if not pairs:
        return
    visible = await presence.list_visible(pairs)
    for reader, look in found:
        place = place_of(reader)
        if place in pairs:
            look.presence = presence_of(visible.get(place, {}))


looks: Batcher[Reader, Look] = Batcher(look, LOOKS_AT_ONCE)
