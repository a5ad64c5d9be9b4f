"""Starting conversations."""

import re
import secrets

from actions.changes import transaction
from actions.clock import now
from actions.errors import Invalid
from actions.text import clean, is_blank
from actions.users import USERNAME
from db import conversations, participants, users
from db.users import User
from live import publication

TITLE_LENGTH = 100
PEOPLE = 100
"""The most participants that a group can be started with."""

NOTE_TO_SELF = "Note to self"


async def start(creator: User, to: list[str], title: str) -> int:
    """The id of the conversation with the people named in `to`.

    `to` holds usernames, each item one or several separated by commas. Several people, or a title,
    make a new group. The same two people always get the same direct conversation; oneself alone
    is the note to self. Raises `Invalid`; where usernames are unknown the sentence names them.
    """
    title = clean(title).replace("\n", " ").strip()
    if len(title) > TITLE_LENGTH:
        raise Invalid(
            title=f"A group name has at most {TITLE_LENGTH} characters. This one has {len(title)}."
        )
    others = await named(to)
    people = {person.id: person for person in (creator, *others)}
    if len(people) > 2 or not is_blank(title):
        names = ", ".join(person.name for person in people.values())
        return await add(creator, list(people), "group", title or shortened(names))
    pair = "-".join(str(id) for id in sorted(people))
    return await add(creator, list(people), "direct" if len(people) == 2 else "self", pair=pair)


async def named(to: list[str]) -> list[User]:
    """The users with these usernames, each once, in the order given. Raises `Invalid`."""
    usernames = dict.fromkeys(split(",".join(to)))
    if not usernames:
        raise Invalid(to="Type at least one username.")
    if len(usernames) > PEOPLE:
        raise Invalid(to=f"A group starts with at most {PEOPLE} people.")
    found = {
        username: await users.get_by_username(username) if USERNAME.fullmatch(username) else None
        for username in usernames
    }
    unknown = [username for username, user in found.items() if user is None]
    if unknown:
        raise Invalid(to=f"Nobody here is called {' or '.join(unknown)}.")
    return [user for user in found.values() if user is not None]


def split(to: str) -> list[str]:
    """The usernames in a list as people type it: with commas or spaces between, and @ or not."""
    pieces = (piece.removeprefix("@").lower() for piece in re.split(r"[,\s]+", clean(to)))
    return [piece for piece in pieces if piece]


async def add(
    creator: User,
    people: list[int],
    kind: str,
    title: str = NOTE_TO_SELF,
    pair: str | None = None,
) -> int:
    """The id of a new conversation, or of the one that this pair has already."""
    conversation_id = secrets.randbits(53)
    async with transaction() as publications:
        if not await conversations.add(conversation_id, kind, pair, title, creator.id, now()):
            existing = await conversations.get_id_by_pair(pair or "")
            assert existing is not None
            return existing
        for person in people:
            await participants.add(conversation_id, person)
        shown_to = None if kind == "group" else creator.id
        publications.append(publication.activity(conversation_id, shown_to))
    return conversation_id


def shortened(title: str) -> str:
    return title if len(title) <= TITLE_LENGTH else title[: TITLE_LENGTH - 1] + "…"
