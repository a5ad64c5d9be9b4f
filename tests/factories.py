"""People, conversations and messages in the open database: one line each, sensible defaults."""

import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import argon2

import db.sessions
from actions import sessions
from actions.clock import now
from actions.conversations import NOTE_TO_SELF
from db import conversations, engine, participants, scheduled, users
from db.events import Departure
from db.folding import folded
from db.log.commit import Stored, commit
from db.messages import Message, Send
from db.scheduled import Scheduled
from db.sessions import Session
from db.users import User
from live import presence

PASSWORD = "correct horse battery"
HASH = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
"""As quick to check as one can be: tests sign in a thousand times."""

NUMBERS = count(1)


def new_id() -> str:
    """A client_id that no message has yet."""
    return str(uuid.uuid4())


async def make_user(username: str | None = None, name: str | None = None) -> User:
    """A person who signs in with `PASSWORD`."""
    username = username or f"person{next(NUMBERS)}"
    name = name or username.title()
    async with engine.transaction():
        user = await users.add(secrets.randbits(53), username, name, folded(name), HASH, now())
    assert user is not None, f"{username} is taken"
    return user


async def make_session(user: User) -> str:
    """The token of a session of theirs."""
    return await sessions.start(user)


async def make_conversation(
    people: list[User], title: str = "", active_at: int | None = None
) -> int:
    """The id of a conversation that the first of the people has started."""
    id = secrets.randbits(53)
    kind = "group" if title or len(people) > 2 else ("direct" if len(people) == 2 else "self")
    title = title or NOTE_TO_SELF
    pair = None if kind == "group" else "-".join(sorted(str(person.id) for person in people))
    async with engine.transaction():
        await conversations.add(
            id,
            kind,
            pair,
            title or NOTE_TO_SELF,
            people[0].id,
            now() if active_at is None else active_at,
        )
        for person in people:
            await participants.add(id, person.id)
    return id


async def make_answered_conversation(people: list[User]) -> int:
    """The same, in which each of them has said something: so they see when the others are here."""
    id = await make_conversation(people)
    for person in people:
        await make_message(person, id)
    return id


async def make_message(
    author: User,
    conversation_id: int,
    body: str = "Hello",
    client_id: str | None = None,
    created_at: int | None = None,
    reply_to: int | None = None,
) -> Message:
    """A message that is stored, and not published."""
    moment = now() if created_at is None else created_at
    sent = Send(conversation_id, author.id, client_id or new_id(), body, moment, reply_to)
    [stored] = await commit([sent])
    assert isinstance(stored, Stored), stored
    return stored.message


async def make_messages(author: User, conversation_id: int, number: int) -> None:
    """Many at once: Message 1, Message 2, …"""
    await commit(
        [
            Send(conversation_id, author.id, new_id(), f"Message {n}", now())
            for n in range(1, number + 1)
        ]
    )


async def make_scheduled(author: User, conversation_id: int, waits: list[int]) -> list[str]:
    """The client_ids of messages (0, 1, …) that are due in so many milliseconds."""
    ids = [new_id() for _ in waits]
    async with engine.transaction():
        for n, wait in enumerate(waits):
            message = Scheduled(ids[n], conversation_id, None, f"{n}", None, now() + wait, None)
            await scheduled.put(author.id, message)
    return ids


async def stored_session(token_hash: str, created_after: int, seen_after: int) -> Session | None:
    """The session, unless it expired: it must have started and been seen after these times."""
    found = await db.sessions.list_open([token_hash], created_after, seen_after)
    return found.get(token_hash)


async def make_departure(person: User, conversation_id: int) -> Message:
    """The line of a person who has left a group."""
    [stored] = await commit([Departure(conversation_id, person.id, "left", now(), person.id)])
    assert isinstance(stored, Stored), stored
    return stored.message


@contextmanager
def connected(user_id: int, *, shows_inbox: bool) -> Iterator[None]:
    """One more connection of a user while the block runs."""
    presence.come(user_id, shows_inbox=shows_inbox)
    try:
        yield
    finally:
        presence.go(user_id, shows_inbox=shows_inbox)
