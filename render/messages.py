"""What a message shows."""

import logging
from collections.abc import Sequence
from functools import lru_cache
from types import SimpleNamespace
from typing import Protocol

from markupsafe import Markup, escape

from render.dates import DAY, clock, day, iso
from render.emoji import is_large
from render.excerpts import excerpt
from render.faces import initials, tint
from render.markdown import formatted, names_in
from render.reactions import Reaction
from render.reactions import view as reaction_view

LENGTH = 8_000
"""Characters that a message has at most: a composer says how many are left."""

RUN_OF_ONE_AUTHOR = 5 * 60_000
"""Milliseconds within which messages of one author stand together under one name."""

UNSENT = Markup("Message unsent")
UNSHOWABLE = Markup("This message cannot be shown.")

logger = logging.getLogger("parley.render")


class Message(Protocol):
    """What a view needs to know of a message."""

    @property
    def conversation_id(self) -> int: ...
    @property
    def position(self) -> int: ...
    @property
    def revision(self) -> int: ...
    @property
    def author_id(self) -> int: ...
    @property
    def author_name(self) -> str: ...
    @property
    def author_tint(self) -> int | None: ...
    @property
    def client_id(self) -> str: ...
    @property
    def body(self) -> str: ...
    @property
    def created_at(self) -> int: ...
    @property
    def previous_author_id(self) -> int | None: ...
    @property
    def previous_created_at(self) -> int | None: ...
    @property
    def unsent_at(self) -> int | None: ...
    @property
    def edited_at(self) -> int | None: ...
    @property
    def reply_to(self) -> int | None: ...
    @property
    def quoted_author_id(self) -> int | None: ...
    @property
    def quoted_name(self) -> str | None: ...
    @property
    def quoted_tint(self) -> int | None: ...
    @property
    def quoted_body(self) -> str | None: ...
    @property
    def forwarded_from(self) -> int | None: ...
    @property
    def forwarded_name(self) -> str | None: ...
    @property
    def pinned_at(self) -> int | None: ...
    @property
    def reactions(self) -> Sequence[Reaction] | None: ...
    @property
    def event(self) -> str | None: ...
    @property
    def event_user_id(self) -> int | None: ...
    @property
    def event_about(self) -> str | None: ...
    @property
    def mentions(self) -> Sequence[tuple[str, int]] | None: ...


def view(message: Message) -> SimpleNamespace:
    """All that messages/_message.html shows, escaped: numbers, our own words, and markup."""
    return SimpleNamespace(
        **face(message.author_name, message.author_tint),
        dom_id=escape(dom_id(message)),
        address=address(message),
        position=message.position,
        revision=message.revision,
        author_id=message.author_id,
        created_at=message.created_at,
        iso=iso(message.created_at),
        clock=clock(message.created_at),
        new_day=day(message.created_at) if is_day_opening(message) else None,
        is_continued=is_continued(message),
        is_large=is_alone(message) and is_large(message.body),
        edited=None if message.edited_at is None else iso(message.edited_at),
        is_pinned=message.pinned_at is not None,
        is_unsent=message.unsent_at is not None,
        quote=None if message.reply_to is None else quote(message),
        forwarded=None if message.forwarded_from is None else forwarded(message),
        body=body(message) if message.unsent_at is None else UNSENT,
        reactions=None if message.reactions is None else [*map(reaction_view, message.reactions)],
        event=None if message.event is None else event(message),
    )


@lru_cache(maxsize=4096)
def face(author_name: str, author_tint: int | None) -> dict[str, object]:
    return {
        "author_name": escape(author_name),
        "initials": escape(initials(author_name)),
        "tint": tint(author_name) if author_tint is None else author_tint,
    }


class Event(Protocol):
    """What a view needs to know of an event line, or of one in an inbox."""

    @property
    def author_id(self) -> int | None: ...
    @property
    def author_name(self) -> str | None: ...
    @property
    def event(self) -> str | None: ...
    @property
    def event_user_id(self) -> int | None: ...
    @property
    def event_about(self) -> str | None: ...


def event(line: Event) -> SimpleNamespace:
    """What messages/_event.html makes a sentence of."""
    return SimpleNamespace(
        kind=line.event,
        author_id=line.author_id,
        author_name=escape(line.author_name or ""),
        user_id=line.event_user_id,
        about=escape(line.event_about or ""),
    )


def quote(message: Message) -> SimpleNamespace | None:
    """What a message quotes, unless it was unsent itself."""
    if message.unsent_at is not None:
        return None
    return SimpleNamespace(
        **face(message.quoted_name or "", message.quoted_tint),
        address=f"/chat/{message.conversation_id}/{message.reply_to}/",
        position=message.reply_to,
        author_id=message.quoted_author_id,
        text=escape(excerpt(message.quoted_body)) if message.quoted_body else UNSENT,
    )


def forwarded(message: Message) -> SimpleNamespace | None:
    """Whose words they are, if that is told."""
    if message.unsent_at is not None:
        return None
    name = escape(message.forwarded_name or "")
    return SimpleNamespace(author_id=message.forwarded_from, name=name)


def is_alone(message: Message) -> bool:
    """Whether its words are all that stands in its bubble."""
    return message.reply_to is None and message.forwarded_from is None


def quoted(original: Message) -> SimpleNamespace:
    """The same for a message that is to be quoted."""
    return SimpleNamespace(
        **face(original.author_name, original.author_tint),
        address=address(original),
        position=original.position,
        author_id=original.author_id,
        text=escape(excerpt(original.body)),
    )


def address(message: Message) -> str:
    """The address of a message's own page."""
    return f"/chat/{message.conversation_id}/{message.position}/"


class Placed(Protocol):
    """What the address of a message in its conversation needs to know of it."""

    @property
    def conversation_id(self) -> int: ...
    @property
    def position(self) -> int: ...
    @property
    def author_id(self) -> int: ...
    @property
    def client_id(self) -> str: ...


def address_in_conversation(message: Placed, parameter: str = "at") -> str:
    """The address at which its conversation shows a message."""
    query = f"{parameter}={message.position}"
    return f"/chat/{message.conversation_id}/?{query}#{dom_id(message)}"


def dom_id(message: Placed) -> str:
    """The id of a message's element; with its author in it nobody can overwrite another's."""
    return f"message-{message.author_id}-{message.client_id}"


def is_day_opening(message: Message) -> bool:
    """Whether it is the first message of its day (UTC)."""
    before = message.previous_created_at
    return before is None or before // DAY != message.created_at // DAY


def is_continued(message: Message) -> bool:
    """Whether it goes on where the same author has just stopped."""
    return (
        message.previous_created_at is not None
        and message.previous_author_id == message.author_id
        and message.created_at - message.previous_created_at < RUN_OF_ONE_AUTHOR
        and not is_day_opening(message)
    )


def body(message: Message) -> Markup:
    """The text with its Markdown and links, or a sentence in its place: one that cannot be rendered
    must not keep the other messages back."""
    try:
        return formatted(message.body, dict(message.mentions) if message.mentions else None)
    except Exception:
        logger.exception("message %s of %s", message.position, message.author_id)
        return UNSHOWABLE


def usernames(text: str) -> frozenset[str]:
    """The usernames in a text that are shown as mentions if they are participants'."""
    if "@" not in text:
        return NO_NAMES
    try:
        return names_in(text)
    except Exception:
        logger.exception("the names in a text")
        return NO_NAMES


NO_NAMES: frozenset[str] = frozenset()
