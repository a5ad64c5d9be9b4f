"""Pages and fragments from templates. Markup is written nowhere else."""

import hashlib
import logging
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
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


UNSHOWABLE = Markup("This message cannot be shown.")

DAY = 24 * 60 * 60_000
LETTERS = "abcdefghijklmnopqrstuvwxyz"

PREVIEW = 120
PREVIEW_LEEWAY = 5
"""Characters of a message that a line of an inbox shows, and how many more make no difference."""

UNREAD_TOLD = 100
"""From so many unread messages on, a line says only that there are more."""

logger = logging.getLogger("parley.render")


class Message(Protocol):
    """What of a message decides how it is shown."""

    @property
    def position(self) -> int: ...
    @property
    def revision(self) -> int: ...
    @property
    def author_id(self) -> int | str: ...
    @property
    def author_name(self) -> str: ...
    @property
    def client_id(self) -> str: ...
    @property
    def body(self) -> str: ...
    @property
    def created_at(self) -> int: ...
    @property
    def previous_author_id(self) -> int | str | None: ...
    @property
    def previous_created_at(self) -> int | None: ...


class Entry(Protocol):
    """What of a line of somebody's inbox decides how it is shown."""

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


def message_fragment(message: Message, *, is_cursor: bool = False) -> str:
    """A message as it is sent over the wire; with a mark, if whoever reads up to here holds
    everything up to its revision."""
    return fragment_pattern(*shape(message), is_cursor) % message_values(message)


def message_element(message: Message) -> Markup:
    """What messages/_message.html makes of a message, at a twentieth of the cost."""
    markup = message_pattern(*shape(message)) % message_values(message)
    return Markup(markup)  # noqa: S704  # all that is not markup was escaped


def shape(message: Message) -> tuple[bool, bool]:
    """Whether it goes on where its author has just stopped, and whether it opens a day."""
    opens_day = is_day_opening(message)
    return not opens_day and is_continued(message), opens_day


def message_values(message: Message) -> dict[str, object]:
    """What is filled in, escaped.

    A text that cannot be rendered is a sentence in its place: it must not keep the others back.
    """
    face = faced(message.author_name)
    try:
        body = linked(message.body)
    except Exception:
        logger.exception("message %s of %s", message.position, message.author_id)
        body = UNSHOWABLE
    return {
        **times(message.created_at // 1000),
        **face,
        "author_id": message.author_id,
        "author_name": face["name"],
        "body": body,
        "client_id": message.client_id,
        "created_at": message.created_at,
        "position": message.position,
        "revision": message.revision,
    }


@cache
def message_pattern(continued: bool, opens_day: bool) -> str:
    """What the template makes of all messages like this, for the % operator. It is rendered once,
    with values that appear nowhere else, and has places to fill in where those appeared."""
    stand_in = StandIn.like(continued, opens_day)
    face = {name: mark() for name in ("initials", "tint")}
    template = templates.get_template("messages/_message.html")
    markup = template.render(message=stand_in, **face).strip().replace("%", "%%")
    written = times(stand_in.created_at // 1000)
    places = {str(getattr(stand_in, name)): name for name in StandIn.PLACES}
    places |= {str(written[name]): name for name in ("iso", "day", "date", "clock")}
    places |= {place: name for name, place in face.items()}
    for value, name in places.items():
        markup = markup.replace(value, f"%({name})s")
    return markup


def cursor_fragment(revision: int) -> str:
    """A mark that says: whoever reads this holds everything up to a revision."""
    return cursor_pattern() % {"revision": revision}


@cache
def cursor_pattern() -> str:
    return fragment("messages/cursor.fragment.html", revision="%(revision)s")


@cache
def fragment_pattern(continued: bool, opens_day: bool, is_cursor: bool) -> str:
    """The same of what is sent over the wire."""
    element, revision = mark(), mark()
    text = fragment(
        "messages/message.fragment.html", element=element, revision=revision if is_cursor else None
    )
    text = text.replace("%", "%%").replace(element, message_pattern(continued, opens_day))
    return text.replace(revision, "%(revision)s")


def mark() -> str:
    """A word that stands nowhere else."""
    return f"mark{secrets.token_hex(8)}"


def entry_line(entry: Entry, is_current: bool = False) -> Markup:
    """A line of an inbox, by a pattern that conversations/_entry.html has made once for all lines
    of its shape."""
    face = faced(entry.title)
    pattern = entry_pattern(entry.kind, named_author(entry), entry.unread > 0, is_current)
    values: dict[str, object] = {
        **face,
        "title": face["name"],
        "active_at": entry.active_at,
        "ago_or_day": ago_or_day(entry.active_at),
        "author_id": entry.author_id,
        "author_name": escape(entry.author_name),
        "body": escape(shortened(entry.body or "")),
        "counted": entry.unread if entry.unread < UNREAD_TOLD else f"{UNREAD_TOLD - 1}+",
        "id": entry.id,
        "iso": times(entry.active_at // 1000)["iso"],
        "unread": entry.unread,
    }
    return Markup(pattern % values)  # noqa: S704  # all that people chose was escaped


@lru_cache(maxsize=4096)
def faced(name: str) -> Mapping[str, object]:
    """A name, and the face that follows from it."""
    return {"initials": escape(initials(name)), "tint": tint(name), "name": escape(name)}


def named_author(entry: Entry) -> str:
    """Whether a line names who wrote last: "nobody" did, "named", or "known" without that."""
    if entry.author_id is None:
        return "nobody"
    return "known" if entry.author_name == entry.title or entry.kind == "self" else "named"


@cache
def entry_pattern(kind: str, author: str, is_unread: bool, is_current: bool) -> str:
    """What the template makes of all lines of a shape, for the % operator."""
    marks = {name: mark() for name in IN_LINE}
    template = templates.get_template("conversations/_entry.html")
    markup = template.render(
        kind=kind, author=author, is_unread=is_unread, is_current=is_current, **marks
    )
    markup = markup.strip().replace("%", "%%")
    for name, place in marks.items():
        markup = markup.replace(place, f"%({name})s")
    return markup


IN_LINE = (
    *("active_at", "ago_or_day", "author_id", "author_name", "body", "counted", "id"),
    *("initials", "iso", "tint", "title", "unread"),
)
"""What differs between two lines of one shape."""


@dataclass(frozen=True)
class StandIn:
    """A message whose values can be found again in its markup: nobody can guess them."""

    PLACES = ("author_id", "author_name", "body", "client_id", "created_at", "position", "revision")

    author_name: str
    author_id: str
    body: str
    client_id: str
    position: str
    revision: str
    created_at: int
    previous_author_id: str | None
    previous_created_at: int | None

    @classmethod
    def like(cls, continued: bool, opens_day: bool) -> "StandIn":
        marks = {name: mark() for name in cls.PLACES}
        created_at = (100_000 + secrets.randbelow(1_000_000)) * DAY + DAY // 2
        return cls(
            marks["author_name"],
            marks["author_id"],
            marks["body"],
            marks["client_id"],
            marks["position"],
            marks["revision"],
            created_at,
            previous_author_id=marks["author_id"] if continued else None,
            previous_created_at=None if opens_day else created_at - 1,
        )


@lru_cache(maxsize=128)
def times(second: int) -> Mapping[str, object]:
    """A time (seconds since 1970) as the filters write it. Few are kept: each second brings one."""
    moment = second * 1000
    written = iso(moment)
    return {
        "iso": written,
        "date": written[:10],
        "clock": clock(moment),
        "day": long_day(second // (24 * 60 * 60)),
    }


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
    if ADDRESS_CHARACTER.search(text) is None:
        return unlinked(text)
    parts: list[str] = []
    end = 0
    for word in ADDRESSES.finditer(text):
        parts += unlinked(text[end : word.start()]), linked_word(word[0])
        end = word.end()
    return Markup("".join((*parts, unlinked(text[end:]))))  # noqa: S704  # parts of markup


def unlinked(text: str) -> Markup:
    escaped = escape(text)
    return escaped.replace("\n", BREAK) if "\n" in text else escaped


@lru_cache(maxsize=4096)
def linked_word(word: str) -> Markup:
    if len(word) > LONGEST_ADDRESS or word.count(":") > MOST_COLONS or MISLEADING.search(word):
        return escape(word)
    parts, end = [], 0
    for match in linkify.match(word) or ():
        parts.append(escape(word[end : match.index]))
        parts.append(LINK.format(match.url, match.raw))
        end = match.last_index
    return Markup("").join((*parts, escape(word[end:])))


BREAK = Markup("<br>\n")  # the mark for text browsers, the character for style sheets and programs
ADDRESS_CHARACTER = re.compile(r"[.:@/]\S")
ADDRESSES = re.compile(r"(?<!\S)[^\s.:@/]*+[.:@/]\S+")
"""Words that may hold an address: something follows one of these characters. Takes linear time;
few texts have such a character at all, which is seen in a quarter of it."""

LONGEST_ADDRESS = 2_000
MOST_COLONS = 10
MISLEADING = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""What turns the direction of a text, and so could make an address look like another one."""

LINK = Markup('<a href="{}" target="_blank" rel="noopener noreferrer ugc nofollow">{}</a>')

linkify = LinkifyIt()
linkify.add("ftp:", None).add("//", None)


def shortened(body: str) -> str:
    """How a message begins, as far as a line of an inbox shows it."""
    if len(body) <= PREVIEW + PREVIEW_LEEWAY:
        return body
    return body[: PREVIEW - 1] + "…"


def tint(name: str) -> int:
    """The colour of a face, of eight."""
    words = name.split() or ["?"]
    first, last = (LETTERS.find(letter.lower()) for letter in (words[0][0], words[-1][-1]))
    return (first * 5 + last * 3 + len(name)) % 8


def initials(name: str) -> str:
    """What is written on a face."""
    words = name.split() or ["?"]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def dom_id(message: Message) -> str:
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


def moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def iso(milliseconds: int) -> str:
    return moment(milliseconds).strftime("%Y-%m-%dT%H:%M:%SZ")


def clock(milliseconds: int) -> str:
    minutes = milliseconds // 60_000 % (24 * 60)
    return f"{minutes // 60:02}:{minutes % 60:02}"


def day(milliseconds: int) -> str:
    return long_day(milliseconds // DAY)


@lru_cache(maxsize=512)
def long_day(number: int) -> str:
    """The day so many days after 1 January 1970."""
    date = moment(number * DAY)
    return f"{date:%A}, {date.day} {date:%B %Y}"


def ago_or_day(milliseconds: int) -> str:
    """The time of today's, the date of what is older."""
    if milliseconds // DAY == int(time.time() * 1000) // DAY:
        return clock(milliseconds)
    then, today = moment(milliseconds), datetime.now(UTC)
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
    "element": message_element,
    "line": entry_line,
    "tint": tint,
    "initials": initials,
    "ago_or_day": ago_or_day,
}
templates.tests |= {"continued": is_continued, "day_opening": is_day_opening}
