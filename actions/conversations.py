"""Starting conversations."""

import hashlib
import re
import secrets

from actions.changes import transaction
from actions.clock import now
from actions.errors import Invalid
from actions.text import clean, clean_label
from actions.users import USERNAME
from db import conversations, participants, users
from db.conversations import SearchResult
from db.folding import contains, folded
from db.labels import is_blank
from db.users import User
from live import publication

TITLE_LENGTH = 100
PEOPLE = 100
"""The most participants that a group can be started with."""

SEARCH_RESULTS = 10

NOTE_TO_SELF = "Note to self"


async def start(creator: User, to: list[str], title: str, client_id: str = "") -> int:
    """The id of the conversation with the people named in `to`.

    `to` holds usernames, each item one or several separated by commas. Several people, or a title,
    make a new group, which without a title is named after its participants. A repeat, the same
    people and title under the same `client_id`, returns the same group. The same two people always
    get the same direct conversation; oneself alone is the note to self.

    Raises `Invalid`; where usernames are unknown the sentence names them.
    """
    title = clean_label(title)
    if len(title) > TITLE_LENGTH:
        raise Invalid(
            title=f"A group name has at most {TITLE_LENGTH} characters. This one has {len(title)}."
        )
    others = await named(to)
    people = {person.id: person for person in (creator, *others)}
    if len(people) > 2 or title:
        id = group_id(creator, list(people), title, client_id)
        return await add(id, creator, list(people), "group", title)
    pair = "-".join(str(id) for id in sorted(people))
    kind = "direct" if len(people) == 2 else "self"
    return await add(secrets.randbits(53), creator, list(people), kind, pair=pair)


async def search(user: User, query: str) -> list[SearchResult]:
    """At most `SEARCH_RESULTS` of a user's conversations whose title or partner's name contains
    `query`."""
    query = clean(query)[:TITLE_LENGTH].strip().removeprefix("@")
    if is_blank(query):
        return []
    patterns = contains(query), contains(folded(query))
    return await conversations.search(user.id, *patterns, SEARCH_RESULTS)


async def named(to: list[str]) -> list[User]:
    """The users with these usernames, each once, in the order given. Raises `Invalid`."""
    usernames = dict.fromkeys(split(",".join(to)))
    if not usernames:
        raise Invalid(to="Type at least one username.")
    if len(usernames) > PEOPLE:
        raise Invalid(to=f"A group starts with at most {PEOPLE} people.")
    found = await users.list_named(filter(USERNAME.fullmatch, usernames))
    unknown = [username for username in usernames if username not in found]
    if unknown:
        raise Invalid(to=f"Nobody here is called {' or '.join(unknown)}.")
    return [found[username] for username in usernames]


async def known(to: list[str]) -> tuple[list[User], list[str]]:
    """The users with these usernames, each once, in the order given; and what is no username."""
    usernames = list(dict.fromkeys(split(",".join(to))))
    found = await users.list_named(usernames[:PEOPLE])
    people = [found[username] for username in usernames if username in found]
    return people, [username for username in usernames if username not in found]


def split(to: str) -> list[str]:
    """The usernames in a list as people type it: with commas or spaces between, and @ or not."""
    pieces = (piece.removeprefix("@").lower() for piece in re.split(r"[,\s]+", clean(to)))
    return [piece for piece in pieces if piece]


def group_id(creator: User, people: list[int], title: str, client_id: str) -> int:
    """A new id; for a repeat the same one."""
    if not client_id:
        return secrets.randbits(53)
    form = repr((creator.id, client_id, title, sorted(people)))
    return int.from_bytes(hashlib.sha256(form.encode()).digest()) >> (256 - 53)


async def add(
    id: int,
    creator: User,
    people: list[int],
    kind: str,
    title: str = NOTE_TO_SELF,
    pair: str | None = None,
) -> int:
    """Store a conversation; its id, or that of the one that this pair has already."""
    async with transaction() as publications:
        if not await conversations.add(id, kind, pair, title, creator.id, now()):
            return (await conversations.get_id_by_pair(pair) if pair else None) or id
        for person in people:
            await participants.add(id, person)
        shown_to = None if kind == "group" else creator.id
        publications.append(publication.activity(id, shown_to))
    return id
