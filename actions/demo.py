"""Users and conversations to try Parley with: `python -m actions.demo` fills an empty database."""

import asyncio
import json
import uuid
from pathlib import Path
from typing import Any

import db.users
import render
import settings
from actions import changes, conversations, participants, users
from actions.clock import now
from db import engine, messages
from db.messages import Send
from db.pins import Pin
from db.reactions import React
from db.users import User

PASSWORD = "parley-demo"  # noqa: S105  # printed for everybody
DEMO = json.loads(Path(__file__).with_suffix(".json").read_text())
PEOPLE: dict[str, str] = DEMO["people"]
CONVERSATIONS: list[dict[str, Any]] = DEMO["conversations"]

MINUTE = 60_000


async def fill() -> None:
    """Fill an empty database and print how to sign in; one with other users stays as it is."""
    await engine.connect(
        settings.DATABASE_URL, settings.DATABASE_POOL_SIZE, settings.DATABASE_TIMEOUT
    )
    try:
        if await is_filled():
            print("The people of the demonstration are here already.")
        elif await db.users.exist():
            print("This database is in use, so it is left as it is: no demonstration.")
            return
        else:
            await add_all()
    finally:
        await engine.disconnect()
    print(f"Sign in as {', '.join(PEOPLE)}; everybody's password is {PASSWORD}")


async def is_filled() -> bool:
    found = [await db.users.get_by_username(username) for username in PEOPLE]
    return None not in found


async def add_all() -> None:
    people = {name: await users.join(name, PEOPLE[name], PASSWORD) for name in PEOPLE}
    for conversation in CONVERSATIONS:
        await add(conversation, [people[name] for name in conversation["people"]])


async def add(conversation: dict[str, Any], people: list[User]) -> None:
    """Add a conversation. Each author has read what stands above their last message."""
    to = [person.username for person in people[1:]] or [people[0].username]
    id = await conversations.start(people[0], to, conversation["title"])
    for message in conversation["messages"]:
        sent_at = now() - message["minutes_ago"] * MINUTE
        await say(id, message, {person.username: person.id for person in people}, sent_at)
    log = await messages.after(id, 0, 100)
    for person in people:
        own = [message.position for message in log if message.author_id == person.id]
        if own:
            await participants.read(person, id, own[-1])


async def say(id: int, message: dict[str, Any], people: dict[str, int], sent_at: int) -> None:
    """A message, with what others have done with it."""
    body, author_id = message["body"], people[message["author"]]
    send = Send(
        id,
        author_id,
        str(uuid.uuid4()),
        body,
        sent_at,
        reply_to=message.get("reply_to"),
        names=render.usernames(body),
    )
    position = (await changes.submit(send)).message.position
    for username, emoji in message.get("reactions", {}).items():
        await changes.submit(React(id, people[username], position, emoji, True, sent_at))
    if pinned_by := message.get("pinned_by"):
        await changes.submit(Pin(id, people[pinned_by], position, True, sent_at))


if __name__ == "__main__":
    asyncio.run(fill())
