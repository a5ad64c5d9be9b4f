"""Starring messages: keeping them for oneself."""

from actions.changes import SENTENCES, transaction
from actions.clock import now
from actions.errors import Invalid
from db import stars
from db.log.change import Refusal
from db.messages import Message
from db.users import User


async def star(user: User, message: Message, is_starred: bool) -> None:
    """Keep a message, or keep it no longer. A repeat changes nothing. Raises `Invalid` for one that
    was unsent."""
    place = (user.id, message.conversation_id, message.position)
    if not is_starred:
        async with transaction():
            await stars.remove(*place)
    elif message.unsent_at is not None:
        raise Invalid(form=SENTENCES[Refusal.UNSENT])
    elif message.event is not None:
        raise Invalid(form=SENTENCES[Refusal.EVENT])
    else:
        async with transaction():
            await stars.add(*place, now())
