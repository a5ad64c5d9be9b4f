"""Reacting to messages."""

import asyncio
from operator import attrgetter

from emoji import EMOJI_DATA, STATUS

from actions import changes
from actions.clock import now
from actions.errors import Invalid
from actions.pacing import Pacer
from db import engine
from db.log.commit import Stored
from db.messages import Message
from db.reactions import React
from db.users import User

REST = 0.1
"""Seconds from one fragment to the next that the reactions to a message cause: what comes in
between is stored together, so a thousand people cause no more of them than two."""

AT_ONCE = 250
"""Reactions to a message that are stored together."""

VARIATION = "\ufe0f"


async def react(
    user: User, conversation_id: int, position: int, emoji: str, *, on: bool
) -> Message:
    """React to a message, or no longer do, and publish that; the message as it is then, after the
    commit.

    A repeat changes nothing. Raises `Invalid` where it cannot be stored; `engine.Unavailable` where
    nothing was acknowledged and it may be tried again.
    """
    async with engine.waiting():
        stored = await submit(user, conversation_id, position, emoji, on=on)
    return stored.message


def submit(
    user: User, conversation_id: int, position: int, emoji: str, *, on: bool
) -> asyncio.Future[Stored]:
    """The same without waiting."""
    return pacer.submit(React(conversation_id, user.id, position, validate(emoji), on, now()))


pacer = Pacer[React, Stored](attrgetter("place"), changes.submit, REST, AT_ONCE)


def validate(text: str) -> str:
    """The one emoji that a text is, as it is stored: of its variants the one that is drawn as an
    emoji. Raises `Invalid`."""
    emoji = EMOJI.get(text.strip().replace(VARIATION, ""))
    if emoji is None:
        raise Invalid(body="A reaction is one emoji.")
    return emoji


EMOJI = {
    emoji.replace(VARIATION, ""): emoji
    for emoji, about in EMOJI_DATA.items()
    if about["status"] == STATUS["fully_qualified"]
}
