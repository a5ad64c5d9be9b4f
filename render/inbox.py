"""What a line of an inbox shows."""

from types import SimpleNamespace
from typing import Protocol

from render.dates import ago_or_day, iso
from render.excerpts import excerpt
from render.faces import initials, tint
from render.messages import UNSENT, event


class Entry(Protocol):
    """What a view needs of a line. The author is None while there is no message."""

    @property
    def id(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def active_at(self) -> int: ...
    @property
    def author_id(self) -> int | None: ...
    @property
    def author_name(self) -> str | None: ...
    @property
    def body(self) -> str | None: ...
    @property
    def unread(self) -> int: ...
    @property
    def is_unread_capped(self) -> bool: ...
    @property
    def is_mentioned(self) -> int: ...
    @property
    def unsent_at(self) -> int | None: ...
    @property
    def last_position(self) -> int: ...
    @property
    def draft(self) -> str | None: ...
    @property
    def draft_saved_at(self) -> int | None: ...
    @property
    def event(self) -> str | None: ...
    @property
    def event_user_id(self) -> int | None: ...
    @property
    def event_about(self) -> str | None: ...


def view(entry: Entry) -> SimpleNamespace:
    """All that conversations/_entry.html shows. The template escapes it."""
    return SimpleNamespace(
        id=entry.id,
        kind=entry.kind,
        title=entry.title,
        tint=tint(entry.title),
        initials=initials(entry.title),
        active_at=entry.active_at,
        iso=iso(entry.active_at),
        ago_or_day=ago_or_day(entry.active_at),
        unread=entry.unread,
        last_position=entry.last_position,
        counted=f"{entry.unread - 1}+" if entry.is_unread_capped else entry.unread,
        is_mentioned=entry.is_mentioned,
        author_id=entry.author_id,
        author_name=entry.author_name,
        is_author_named=is_author_named(entry),
        preview=preview(entry),
        draft=None if entry.draft is None else lines(excerpt(entry.draft)),
        draft_saved_at=entry.draft_saved_at,
        event=None if entry.event is None else event(entry),
    )


def preview(entry: Entry) -> list[str]:
    """The beginning of its last message, without the marks of its Markdown, in lines."""
    if entry.unsent_at is not None:
        return [UNSENT]
    return lines(excerpt(entry.body or ""))


def is_author_named(entry: Entry) -> bool:
    """Whether a line names the last author: not if its title or kind already does."""
    return entry.author_name != entry.title and entry.kind != "self"


def lines(text: str) -> list[str]:
    """The lines of a text in which something stands: each has its own direction."""
    return [line for line in text.split("\n") if line.strip()] or [""]
