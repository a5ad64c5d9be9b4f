"""What a message is in the end: as the database has it, and as a reader holds it."""

import html
import re
import sqlite3
from collections import Counter
from contextlib import closing
from typing import NamedTuple

import asyncpg

from tests.pages import Shown

UNSENT = "Message unsent"


class State(NamedTuple):
    body: str
    is_edited: bool = False
    is_unsent: bool = False
    is_pinned: bool = False
    reactions: tuple[tuple[str, int], ...] = ()
    """Each emoji, and how many have reacted with it."""


class Held(NamedTuple):
    """A message that a reader holds: what it needs to change it, and its state."""

    author_id: int
    position: int
    revision: int
    state: State


class Record(NamedTuple):
    """A message that is stored. `client_id`: the one that its first words name, so that a message
    stored again under another client_id shows as well."""

    client_id: str
    state: State
    texts: tuple[str, ...]
    """All that it has said, in order; none where it was unsent."""
    reactors: tuple[tuple[int, str], ...] = ()
    """Each user who has reacted, and with which emoji."""


ELEMENT = re.compile(
    r'<li class="(?P<classes>message[^"]*)"'
    r' id="message-(?P<author>\d+)-(?P<client_id>[0-9a-f-]{36})"'
    r'\s+data-position="(?P<position>\d+)" data-revision="(?P<revision>\d+)".*?'
    r'<div class="body"[^>]*>(?P<body>.*?)</div>(?P<meta>.*?)</li>',
    re.DOTALL,
)

REACTION = re.compile(r'<a (?=[^>]*data-emoji="([^"]*)")(?=[^>]*data-count="(\d+)")')


def held_in(frame: str) -> dict[str, Held]:
    """The messages of a frame, by client_id. By patterns: to parse thousands takes long."""
    return {
        each["client_id"]: Held(
            int(each["author"]),
            int(each["position"]),
            int(each["revision"]),
            State(
                html.unescape(each["body"]),
                'class="edited"' in each["meta"],
                "unsent" in each["classes"].split(),
                'class="pinned' in each["meta"],
                tuple((emoji, int(number)) for emoji, number in REACTION.findall(each["meta"])),
            ),
        )
        for each in ELEMENT.finditer(frame)
    }


def held(message: Shown) -> Held:
    """A message of a page."""
    state = State(
        message.body,
        message.is_edited,
        message.is_unsent,
        message.is_pinned,
        message.reactions,
    )
    return Held(message.author_id, message.position, message.revision, state)


MESSAGES = """
    SELECT m.position, m.client_id, m.body, m.unsent_at, (
        SELECT COUNT(*) FROM pins p
        WHERE p.conversation_id = m.conversation_id AND p.position = m.position
    ) AS pinned
    FROM messages m WHERE m.conversation_id = {} ORDER BY m.position
"""
REACTIONS = """
    SELECT position, user_id, emoji FROM reactions WHERE conversation_id = {} ORDER BY revision
"""
VERSIONS = "SELECT position, body FROM versions WHERE conversation_id = {} ORDER BY revision"


async def records(database_url: str, conversation_id: int) -> list[Record]:
    """What is stored, in its order. Read without the application."""
    if database_url.startswith("sqlite"):
        with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as file:
            messages = file.execute(MESSAGES.format("?"), [conversation_id]).fetchall()
            versions = file.execute(VERSIONS.format("?"), [conversation_id]).fetchall()
            reactions = file.execute(REACTIONS.format("?"), [conversation_id]).fetchall()
    else:
        connection = await asyncpg.connect(database_url)
        try:
            async with connection.transaction(isolation="repeatable_read"):
                messages = await connection.fetch(MESSAGES.format("$1"), conversation_id)
                versions = await connection.fetch(VERSIONS.format("$1"), conversation_id)
                reactions = await connection.fetch(REACTIONS.format("$1"), conversation_id)
        finally:
            await connection.close()
    later: dict[int, list[str]] = {}
    for position, body in versions:
        later.setdefault(position, []).append(body)
    under: dict[int, list[tuple[int, str]]] = {}
    for position, user_id, emoji in reactions:
        under.setdefault(position, []).append((user_id, emoji))
    return [
        record(tuple(row), later.get(row[0], []), tuple(under.get(row[0], ()))) for row in messages
    ]


def record(
    row: tuple[int, str, str, int | None, int],
    later: list[str],
    reactors: tuple[tuple[int, str], ...],
) -> Record:
    _, client_id, body, unsent_at, pinned = row
    if unsent_at is not None:
        return Record(client_id, State(UNSENT, is_unsent=True, is_pinned=bool(pinned)), ())
    texts = (body, *later)
    numbers = tuple(Counter(emoji for _, emoji in reactors).items())
    state = State(texts[-1], is_edited=bool(later), is_pinned=bool(pinned), reactions=numbers)
    return Record(body.split()[3], state, texts, reactors)
