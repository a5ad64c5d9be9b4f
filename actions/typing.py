"""Telling others that somebody is typing. Never stored."""

import render
from db.users import User
from live import broker, publication
from live.publication import Publication


async def publish(user: User, conversation_id: int) -> None:
    """Show at everybody for 3 s (the style sheet takes it away) that `user` is typing."""
    text = render.fragment("typing/typing.fragment.html", user=user)
    await broker.publish(Publication(publication.conversation(conversation_id), text))
