"""Pages and fragments from templates. Markup is written nowhere else."""

import hashlib
import re
from datetime import UTC, datetime
from functools import cache, lru_cache
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
TEMPLATES = settings.ROOT / "templates"
MINE = "users/mine.css.j2"
"""The style sheet that is made for each person; its address changes with the static files'."""


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
    digest = hashlib.blake2s((TEMPLATES / MINE).read_bytes(), digest_size=6)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def asset(path: str) -> str:
    """The address of a static file."""
    return f"/static/{static_build()}/{path}"


def mine(user_id: int) -> str:
    """The address of the style sheet that says what is this person's own."""
    return f"/users/{user_id}/mine.css?{static_build()}"


def linked(text: str) -> Markup:
    """The text, escaped, with its web and mail addresses as links and its line breaks marked.

    The work is bounded: linkify takes quadratic time on addresses that are glued together.
    """
    return Markup("").join(linked_word(word) for word in WORDS.split(text))


@lru_cache(maxsize=4096)
def linked_word(word: str) -> Markup:
    if word.isspace():
        return escape(word).replace("\n", BREAK)
    if len(word) > LONGEST_ADDRESS or word.count(":") > MOST_COLONS or MISLEADING.search(word):
        return escape(word)
    parts, end = [], 0
    for match in linkify.match(word) or ():
        parts.append(escape(word[end : match.index]))
        parts.append(LINK.format(match.url, match.raw))
        end = match.last_index
    return Markup("").join((*parts, escape(word[end:])))


BREAK = Markup("<br>\n")  # the mark for text browsers, the character for style sheets and programs
WORDS = re.compile(r"(\s+)")
LONGEST_ADDRESS = 2_000
MOST_COLONS = 10
MISLEADING = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""What turns the direction of a text, and so could make an address look like another one."""

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
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
    undefined=StrictUndefined,
)
templates.globals |= {"asset": asset, "mine": mine}
templates.filters |= {
    "linked": linked,
    "dom_id": dom_id,
    "iso": iso,
    "clock": clock,
    "day": day,
    "ago_or_day": ago_or_day,
}
templates.tests |= {"continued": is_continued, "day_opening": is_day_opening}
