"""Searching one's messages."""

from collections.abc import Iterable
from dataclasses import dataclass

from actions import excerpts
from actions.errors import Invalid
from actions.excerpts import Piece
from actions.queries import Name, Query, parse
from db import conversations, participants, users
from db.conversations import SearchResult
from db.engine import TooSlow
from db.folding import contains, folded
from db.messages import Message
from db.search import fts5, hits
from db.search.hits import LAST, Term
from db.search.index import first_id, of_author
from db.users import User

PAGE = 20
NAMED = 100
"""People and conversations that one name can stand for."""


@dataclass(frozen=True, slots=True)
class Found:
    """A message that matches, where it stands, and what is shown of it."""

    message: Message
    conversation: SearchResult
    excerpt: list[Piece]


@dataclass(frozen=True, slots=True)
class Results:
    """A page of them, newest first; and before what the next one begins, if there is more."""

    found: list[Found]
    before: int | None = None


async def search(
    user: User, text: str, conversation_id: int | None = None, before: int | None = None
) -> Results:
    """The messages in a user's conversations, or in one of them, that match.

    Raises `Invalid` where the text asks for nothing, for too much, or cannot be read.
    """
    query = parse(text)
    if query.is_empty():
        return Results([])
    if await fts5.is_missing():
        raise Invalid(q="Messages cannot be searched on this server.")
    ids = await conversation_ids(user, query, conversation_id)
    terms = [*query.terms, *[await author_term(user, name) for name in query.authors]]
    limit = LAST if query.until is None else first_id(query.until)
    try:
        page = await hits.find(
            user.id,
            ids,
            terms,
            first_id(query.since),
            min(before or LAST, limit),
            PAGE,
        )
    except TooSlow:
        raise Invalid(q="Too many messages match. Add a word.") from None
    return Results(await shown(user, page.messages, query), page.before)


async def shown(user: User, messages: list[Message], query: Query) -> list[Found]:
    titles = await conversations.list_titled({m.conversation_id for m in messages}, user.id)
    phrases = query.phrases()
    return [
        Found(message, titles[message.conversation_id], excerpts.excerpt(message.body, phrases))
        for message in messages
        if message.conversation_id in titles  # the user has just left it
    ]


async def conversation_ids(user: User, query: Query, only: int | None) -> list[int]:
    """Those of the user's that are meant."""
    ids = set(await participants.list_conversation_ids(user.id))
    if only is not None:
        ids &= {only}
    for name in query.conversations:
        named = await ids_named(user, name)
        ids = ids - named if name.is_excluded else ids & named
    return sorted(ids)


async def ids_named(user: User, name: Name) -> set[int]:
    value = name.value.removeprefix("@")
    patterns = contains(value), contains(folded(value))
    return {found.id for found in await conversations.search(user.id, *patterns, NAMED)}


async def author_term(user: User, name: Name) -> Term:
    """Matches authors whose name or username contains `name` among the people the user knows, and
    any author with exactly that username or name. Only the user's own conversations are searched
    either way."""
    value = folded(name.value.removeprefix("@"))
    ids = {user.id} if value == "me" else set(await people_named(user, value))
    return Term(tuple((of_author(id),) for id in sorted(ids)), is_excluded=name.is_excluded)


async def people_named(user: User, value: str) -> Iterable[int]:
    exact = await users.get_by_username(value)
    known = await participants.list_named(user.id, contains(value), NAMED)
    return [*([exact.id] if exact else []), *known]
