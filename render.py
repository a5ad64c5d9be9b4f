"""Pages and fragments from templates. Markup is written nowhere else."""

import hashlib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from linkify_it import LinkifyIt
from markupsafe import Markup, escape
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse

import settings

RUN_OF_ONE_AUTHOR = 5 * 60_000
"""Milliseconds within which messages of one author stand together under one name."""

STATIC = settings.ROOT / "static"


class Message(Protocol):
    """What of a message decides how it is shown."""

    author_id: int
    client_id: str
    created_at: int
    previous_author_id: int | None
    previous_created_at: int | None


def page(request: HTTPConnection, name: str, status: int = 200, **context: object) -> HTMLResponse:
    """A whole page, never stored by a cache: what it shows is private."""
    session = request.scope.get("session")
    text = templates.get_template(name).render(
        user=session.user if session else None, path=request.url.path, status=status, **context
    )
    return HTMLResponse(text, status, {"Cache-Control": "no-store"})


def fragment(name: str, **context: object) -> str:
    """A piece of a page as it is sent over the wire, the same for every viewer."""
    return templates.get_template(name).render(**context).strip()


@cache
def static_build(folder: Path = STATIC) -> str:
    """A hash over all static files, a part of their addresses: browsers may keep them for ever."""
    digest = hashlib.blake2s(digest_size=6)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def asset(path: str) -> str:
    """The address of a static file."""
    return f"/static/{static_build()}/{path}"


def linked(text: str) -> Markup:
    """The text, escaped, with its web and mail addresses as links."""
    parts, end = [], 0
    for match in linkify.match(text) or ():
        parts.append(escape(text[end : match.index]))
        parts.append(LINK.format(match.url, match.raw))
        end = match.last_index
    return Markup("").join((*parts, escape(text[end:])))


LINK = Markup('<a href="{}" target="_blank" rel="noopener noreferrer ugc nofollow">{}</a>')

linkify = LinkifyIt()
linkify.add("ftp:", None).add("//", None)


def dom_id(message: Message) -> str:
    """The id of a message's element; with its author in it nobody can overwrite another's."""
    return f"message-{message.author_id}-{message.client_id}"


def is_day_opening(message: Message) -> bool:
    """Whether it is the first message of its day (UTC)."""
    before = message.previous_created_at
    return before is None or moment(before).date() != moment(message.created_at).date()


def is_continued(message: Message) -> bool:
    """Whether it goes on where the same author has just stopped."""
    return (
        message.previous_created_at is not None
        and message.previous_author_id == message.author_id
        and message.created_at - message.previous_created_at < RUN_OF_ONE_AUTHOR
        and not is_day_opening(message)
    )


def moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def iso(milliseconds: int) -> str:
    return moment(milliseconds).strftime("%Y-%m-%dT%H:%M:%SZ")


def clock(milliseconds: int) -> str:
    return moment(milliseconds).strftime("%H:%M")


def day(milliseconds: int) -> str:
    return f"{moment(milliseconds):%A}, {moment(milliseconds).day} {moment(milliseconds):%B %Y}"


def ago_or_day(milliseconds: int) -> str:
    """The time of today's, the date of what is older."""
    then, today = moment(milliseconds), datetime.now(UTC)
    if then.date() == today.date():
        return clock(milliseconds)
    return f"{then.day} {then:%b}" + ("" if then.year == today.year else f" {then.year}")


templates = Environment(
    loader=FileSystemLoader(settings.ROOT / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
    undefined=StrictUndefined,
)
templates.globals["asset"] = asset
templates.filters |= {
    "linked": linked,
    "dom_id": dom_id,
    "iso": iso,
    "clock": clock,
    "day": day,
    "ago_or_day": ago_or_day,
}
templates.tests |= {"continued": is_continued, "day_opening": is_day_opening}
