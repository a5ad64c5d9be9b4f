"""A user's inbox, as pages and streams show it."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse

import render
from actions import receipts
from db import inbox
from db.conversations import Conversation
from db.engine import Unavailable
from db.inbox import Entry
from db.users import User
from routes import access

PAGE = 30


@dataclass(frozen=True, slots=True)
class Inbox:
    """A page of an inbox, latest activity first. `current`: the conversation that the user has
    open, where its line is on a further page. `digest` changes with anything it shows."""

    entries: list[Entry]
    unread: int
    before: str | None
    current: Entry | None
    digest: str
    is_newest: bool


async def page_with_inbox(
    request: HTTPConnection, name: str, status: int = 200, **context: object
) -> HTMLResponse:
    """A page with the inbox beside it."""
    beside = await load_shown_inbox(await access.current_user(request))
    return render.page(request, name, status, inbox=beside, **context)


async def load_inbox_if_possible(connection: HTTPConnection) -> Inbox | None:
    """The same for a page that says what went wrong: None where nobody is signed in, or without a
    database. Makes it look the same wherever the error was raised."""
    with suppress(Unavailable):
        session = await access.find_session(connection)
        return await load_shown_inbox(session.user) if session else None
    return None


async def load_shown_inbox(
    user: User, before: str | None = None, current: Conversation | None = None
) -> Inbox:
    """An inbox for a page that shows it: the messages in its lines are delivered."""
    inbox = await load_inbox(user, before, current)
    unread = {entry.id: entry.last_position for entry in inbox.entries if entry.unread}
    receipts.deliver(user.id, unread)
    return inbox


async def load_inbox(
    user: User, before: str | None = None, current: Conversation | None = None
) -> Inbox:
    """The newest page, or the one that continues at `before`."""
    entries, more, unread = await inbox.list_entries(user.id, parse(before), PAGE)
    beyond = None
    if more and current and all(entry.id != current.id for entry in entries):
        place = (user.id, current.id)
        beyond = (await inbox.list_lines([place])).get(place)
    digest = hashlib.blake2s(repr((entries, beyond, unread)).encode(), digest_size=8).hexdigest()
    return Inbox(
        entries,
        unread,
        before=f"{more[0]}-{more[1]}" if more else None,
        current=beyond,
        digest=digest,
        is_newest=not before,
    )


def parse(before: str | None) -> tuple[int, int] | None:
    if not before:
        return None
    active_at, _, id = before.partition("-")
    if not all(part.isascii() and part.isdigit() and len(part) <= 16 for part in (active_at, id)):
        raise HTTPException(400, "“before” must be the end of another page of the inbox.")
    return int(active_at), int(id)
