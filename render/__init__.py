"""Pages and fragments from templates. Markup is written nowhere else."""

from collections.abc import Sequence
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse

from render import assets, dates, faces, inbox, links, markdown, messages, pins, reactions
from render.inbox import Entry
from render.messages import Message
from render.pins import Line
from render.receipts import Receipt


def page(request: HTTPConnection, name: str, status: int = 200, **context: object) -> HTMLResponse:
    """A whole page, never stored by a cache: what it shows is private."""
    session = getattr(request.state, "session", None)
    text = templates.get_template(name).render(
        user=session.user if session else None, path=request.url.path, status=status, **context
    )
    return HTMLResponse(text, status, {"Cache-Control": "no-store"})


def fragment(name: str, **context: object) -> str:
    """A piece of a page as it is sent over the wire, the same for every viewer."""
    return templates.get_template(name).render(context).strip()


def message_fragment(message: Message, *, is_cursor: bool = False) -> str:
    """A message as it is sent over the wire. As a cursor, it also says that its reader now holds
    everything up to its revision."""
    return str(macros("messages/message.fragment.html").fragment(messages.view(message), is_cursor))


def message_element(message: Message) -> Markup:
    """A message inside a page."""
    element: Markup = macros("messages/_message.html").element(messages.view(message))
    return element


def has_link(text: str) -> bool:
    """Whether a message of this text shows a link."""
    return "</a>" in markdown.formatted(text)


def receipts_fragment(
    receipts: Sequence[Receipt],
    counts: Sequence[tuple[int, int]] | None,
    digest: str | None = None,
) -> str:
    """Receipts that have moved; or, with the digest of all, those that a page shows from then on.
    Where there are many, only how many have read how far."""
    if digest is None:
        return str(macros("receipts/moved.fragment.html").fragment(receipts, counts))
    return str(macros("receipts/whole.fragment.html").fragment(receipts, counts, digest))


def usernames(text: str) -> frozenset[str]:
    """The usernames that a message of this text mentions, if those are participants."""
    return messages.usernames(text)


def macros(name: str) -> Any:
    """A template's macros, to be called without a context: to make one takes longer than a
    message."""
    return templates.get_template(name).module


def cursor_fragment(revision: int, epoch: str = "") -> str:
    """A mark that says: its reader holds everything up to a revision, of this epoch if given."""
    return fragment("messages/cursor.fragment.html", revision=revision, epoch=epoch)


def pinned_fragment(line: Line) -> str:
    """What a conversation shows as pinned, as it is sent over the wire."""
    return fragment("pins/line.fragment.html", line=line)


def entry_fragment(entry: Entry, unread: int) -> str:
    """A line of an inbox as it is sent over the wire, with how much is unread in all of it."""
    return fragment("conversations/entry.fragment.html", entry=inbox.view(entry), unread=unread)


templates = Environment(
    loader=FileSystemLoader(assets.TEMPLATES),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
    undefined=StrictUndefined,
)
templates.globals |= {
    "asset": assets.asset,
    "mine": assets.mine,
    "message_length": messages.LENGTH,
    "run_of_one_author": messages.RUN_OF_ONE_AUTHOR,
    "quick_reactions": reactions.QUICK,
}
templates.filters |= {
    "element": message_element,
    "address": messages.address,
    "in_conversation": messages.address_in_conversation,
    "linked": links.linked,
    "line_view": pins.view,
    "entry_view": inbox.view,
    "iso": dates.iso,
    "clock": dates.clock,
    "full": dates.full,
    "in_zone": dates.in_zone,
    "ago_or_day": dates.ago_or_day,
    "tint": faces.tint,
    "initials": faces.initials,
    "emoji_name": reactions.emoji_name,
}
