"""A user's inbox, as pages and streams show it."""

import hashlib
from dataclasses import dataclass

from starlette.exceptions import HTTPException

from db import inbox
from db.inbox import Entry
from db.users import User

PAGE = 30


@dataclass(frozen=True, slots=True)
class Inbox:
    """A page of an inbox, latest activity first. `digest` changes with anything it shows."""

    entries: list[Entry]
    unread: int
    before: str | None
    digest: str
    is_newest: bool


async def load_inbox(user: User, before: str | None = None) -> Inbox:
    """The newest page, or the one that continues at `before`."""
    entries, more, unread = await inbox.list_entries(user.id, parse(before), PAGE)
    digest = hashlib.blake2s(repr((entries, unread)).encode(), digest_size=8).hexdigest()
    return Inbox(
        entries, unread, f"{more[0]}-{more[1]}" if more else None, digest, is_newest=not before
    )


def parse(before: str | None) -> tuple[int, int] | None:
    if not before:
        return None
    active_at, _, id = before.partition("-")
    if not all(part.isascii() and part.isdigit() and len(part) <= 16 for part in (active_at, id)):
        raise HTTPException(400, "“before” must be the end of another page of the inbox.")
    return int(active_at), int(id)
