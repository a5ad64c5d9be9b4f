"""What the people of a conversation are called now, for pages that show an older name."""

import hashlib
import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from typing import Protocol

import render
from db import conversations, participants, users
from db.engine import Unavailable
from db.participants import Participant
from live import hub, publication
from live.publication import PEOPLE, Publication
from live.subscription import SlowConsumer

IDLE_TIMEOUT = 3600.0

logger = logging.getLogger("parley.people")


class Named(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...


def digest_of(people: Iterable[Named]) -> str:
    """It changes with who is among these people, and what they are called."""
    names = sorted((person.id, person.name) for person in people)
    return hashlib.blake2s(repr(names).encode(), digest_size=6).hexdigest()


async def run() -> None:
    while True:
        with hub.subscribe(PEOPLE) as subscription:
            try:
                while True:
                    batch = await subscription.next(IDLE_TIMEOUT)
                    await push(p.text for p in batch if p.topic == PEOPLE)
            except (SlowConsumer, Unavailable):  # open pages have older names until they reload
                logger.warning("people could not be pushed")
            except Exception:
                logger.exception("people could not be pushed")


async def push(changes: Iterable[str]) -> None:
    """Push names that have changed, and the heads of groups, to open conversations."""
    for conversation_id, user_ids in shown(changes).items():
        people = await participants.list_people(conversation_id)
        found = await users.list_by_ids(user_ids)
        text = await fragment(conversation_id, people, found.values())
        hub.deliver(Publication(publication.conversation(conversation_id), text))


def shown(changes: Iterable[str]) -> dict[int, set[int]]:
    """The users who have changed, by conversation, for those with readers in this process."""
    users_in: dict[int, set[int]] = defaultdict(set)
    for conversation_id, user_id in (map(int, change.split()) for change in changes):
        if hub.subscriber_count(publication.conversation(conversation_id)):
            users_in[conversation_id].add(user_id)
    return users_in


async def fragment(
    conversation_id: int, people: list[Participant], renamed: Iterable[Named]
) -> str:
    """The names of those renamed, and the head of a group, for a page that shows these people."""
    names = render.fragment(
        "users/names.fragment.html", users=list(renamed), digest=digest_of(people)
    )
    return names + await head(conversation_id, people)


async def head(conversation_id: int, people: list[Participant]) -> str:
    """The head of a group, the same for every viewer; empty for a direct conversation."""
    seen = await conversations.get(conversation_id, people[0].id) if people else None
    if seen is None or seen.kind != "group":
        return ""
    conversation = asdict(seen) | {"people": people}
    return render.fragment("conversations/heading.fragment.html", conversation=conversation)
