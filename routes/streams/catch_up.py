"""What readers are missing, read from the database in batches.

A heartbeat of ten thousand readers, or all of them coming back after a restart, takes a few queries
for each few hundred readers instead of a few for each one.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import render
from actions import people_updates, receipt_updates, sessions
from actions.batching import Batcher
from db import conversations, inbox, messages, participants, pins, presence, receipts
from db.conversations import Conversation
from db.sessions import Session
from routes.inbox import Inbox, load_inbox
from routes.message_pages import load_page
from routes.presence import Presence, presence_of

TOO_FAR_BEHIND = 500
"""Changes beyond which a reader gets the newest page whole instead of each of them."""

NOTHING = -1
"""The cursor of a reader whose page holds nothing that counts: it gets the newest page whole."""

READERS_AT_ONCE = 500
CHANGES_AT_ONCE = 1_000


class Follower(Protocol):
    """What of a `Reader` decides what it is missing."""

    session: Session
    conversation: Conversation | None
    cursor: int
    digest: str | None
    mark: tuple[int, ...] | None
    people: str | None
    receipts: str | None
    is_poll: bool


@dataclass(slots=True)
class Snapshot:
    """What the database holds for a reader: its rights; the changes after its cursor (or, when they
    are too many, the newest page as `pane`, with its revision); its inbox, if that has another
    `mark` than the reader's; what its people are called, if their digest is another; what the
    conversation shows as pinned, with the revision at which that last changed, if it is after the
    cursor; the digest of the receipts that it may see, and all of them; and whether the partner of
    a direct conversation is here."""

    is_session_open: bool = True
    is_participant: bool = True
    changes: Sequence[tuple[int, str]] = ()
    pane: tuple[int, str] | None = None
    mark: tuple[int, ...] | None = None
    inbox: Inbox | None = None
    people: str = ""
    pinned: tuple[int, str] | None = None
    receipts: tuple[str, str] | None = None
    presence: Presence | None = None


Pairs = list[tuple[Follower, Snapshot]]
Cursor = tuple[int, int]
"""A conversation, and the revision up to which a reader holds it."""


async def read_snapshots(readers: list[Follower]) -> list[Snapshot]:
    """One for each reader. Raises `Unavailable`."""
    pairs = [(reader, Snapshot()) for reader in readers]
    await read_sessions(pairs)
    allowed = [(reader, snapshot) for reader, snapshot in pairs if snapshot.is_session_open]
    await read_logs([pair for pair in allowed if pair[1].is_participant])
    await read_inboxes([pair for pair in allowed if pair[0].digest is not None])
    await read_people([pair for pair in allowed if pair[0].people is not None])
    await read_receipts([pair for pair in allowed if pair[0].receipts is not None])
    await read_presence([pair for pair in allowed if not pair[0].is_poll])
    return [snapshot for _, snapshot in pairs]


async def read_sessions(pairs: Pairs) -> None:
    still_open = await sessions.list_open({reader.session.token_hash for reader, _ in pairs})
    for reader, snapshot in pairs:
        snapshot.is_session_open = reader.session.token_hash in still_open


async def read_logs(pairs: Pairs) -> None:
    """Whether the readers are participants, and the changes after their cursors."""
    placed = [(place, reader.cursor, s) for reader, s in pairs if (place := place_of(reader))]
    if not placed:
        return
    revisions = await conversations.list_revisions({place for place, _, _ in placed})
    behind: dict[Cursor, list[Snapshot]] = defaultdict(list)
    missed: dict[Cursor, int] = {}
    for place, cursor, snapshot in placed:
        snapshot.is_participant = place in revisions
        number = revisions[place].log - cursor if place in revisions else 0
        if cursor == NOTHING or number > TOO_FAR_BEHIND:
            snapshot.pane = await newest_page(*place)
        elif number > 0:
            behind[place[0], cursor].append(snapshot)
            missed[place[0], cursor] = number
    for portion in portions(missed):
        for held, changes in (await messages.list_changed(portion)).items():
            rendered = [(change.revision, render.message_fragment(change)) for change in changes]
            for snapshot in behind[held]:
                snapshot.changes = rendered
    await read_pinned(
        (place[0], snapshot)
        for place, cursor, snapshot in placed
        if place in revisions and cursor < revisions[place].pinned
    )


async def read_pinned(lacking: Iterable[tuple[int, Snapshot]]) -> None:
    """What conversations show as pinned, for the readers who lack it."""
    readers: dict[int, list[Snapshot]] = defaultdict(list)
    for conversation_id, snapshot in lacking:
        readers[conversation_id].append(snapshot)
    lines = await pins.list_lines(readers) if readers else {}
    for id, line in lines.items():
        text = render.pinned_fragment(line)
        for snapshot in readers[id]:
            snapshot.pinned = line.revision, text


def place_of(reader: Follower) -> tuple[int, int] | None:
    """Conversation and user."""
    return (reader.conversation.id, reader.session.user.id) if reader.conversation else None


def portions(missed: dict[Cursor, int]) -> Iterator[list[Cursor]]:
    """Cursors whose readers together have missed no more than is read at once."""
    portion: list[Cursor] = []
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
        return None  # removed at this moment: the next snapshot says so
    page = await load_page(conversation)
    text = render.fragment("messages/pane.fragment.html", page=page, conversation=conversation)
    return page.cursor, text


async def read_inboxes(pairs: Pairs) -> None:
    if not pairs:
        return
    marks = await inbox.list_marks({reader.session.user.id for reader, _ in pairs})
    for reader, snapshot in pairs:
        snapshot.mark = marks.get(reader.session.user.id, ())
        if snapshot.mark != reader.mark:
            snapshot.inbox = await load_inbox(reader.session.user, current=reader.conversation)


async def read_people(pairs: Pairs) -> None:
    places = {reader.conversation.id for reader, _ in pairs if reader.conversation}
    found = await participants.list_users(places) if places else {}
    digests = {id: people_updates.digest_of(people) for id, people in found.items()}
    texts: dict[int, str] = {}
    for reader, snapshot in pairs:
        id = reader.conversation.id if reader.conversation else 0
        if id in digests and digests[id] != reader.people:
            if id not in texts:
                people = await participants.list_people(id)
                texts[id] = await people_updates.fragment(id, people, people)
            snapshot.people = texts[id]


async def read_receipts(pairs: Pairs) -> None:
    places = {reader.conversation.id for reader, _ in pairs if reader.conversation}
    found = await receipts.list_shown(places) if places else {}
    texts: dict[tuple[int, bool], tuple[str, str]] = {}
    for reader, snapshot in pairs:
        if reader.conversation is None:
            continue
        id = reader.conversation.id
        seen = receipt_updates.seen_by(reader.session.user.id, found.get(id, []))
        if (id, bool(seen)) not in texts:
            texts[id, bool(seen)] = receipt_updates.digest_of(seen), receipt_updates.whole(seen)
        snapshot.receipts = texts[id, bool(seen)]


async def read_presence(pairs: Pairs) -> None:
    places = {
        (reader.conversation.id, reader.session.user.id)
        for reader, _ in pairs
        if reader.conversation and reader.conversation.kind == "direct"
    }
    if not places:
        return
    visible = await presence.list_visible(places)
    for reader, snapshot in pairs:
        place = place_of(reader)
        if place in places:
            snapshot.presence = presence_of(visible.get(place, {}))


snapshots: Batcher[Follower, Snapshot] = Batcher(read_snapshots, READERS_AT_ONCE)
