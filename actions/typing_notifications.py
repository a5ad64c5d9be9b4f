"""Telling others that somebody is typing. Never stored."""

import asyncio
from collections.abc import Sequence

import render
from actions.batching import Batcher
from db.users import User
from live import broker, publication
from live.publication import Publication

TOLD_AT_ONCE = 500


def publish(user: User, conversation_id: int) -> asyncio.Future[None]:
    """Show at everybody for 3 s (the style sheet takes it away) that `user` is typing."""
    return typings.submit((user, conversation_id))


async def tell(batch: list[tuple[User, int]]) -> Sequence[None]:
    await broker.publish(
        *(
            Publication(
                publication.conversation(conversation_id),
                render.fragment("typing/typing.fragment.html", user=user),
            )
            for user, conversation_id in dict.fromkeys(batch)
        )
    )
    return [None] * len(batch)


typings = Batcher(tell, TOLD_AT_ONCE)
