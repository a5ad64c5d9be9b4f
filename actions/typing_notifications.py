"""Showing others that a user is typing. Never stored."""

import asyncio
from collections.abc import Sequence

import render
from actions.batching import Batcher
from db.users import User
from live import broker, publication
from live.publication import Publication

BATCH_LIMIT = 500


def publish(user: User, conversation_id: int) -> asyncio.Future[None]:
    """Show every reader that `user` is typing, for 3 s: the style sheet hides it then."""
    return typings.submit((user, conversation_id))


async def publish_batch(batch: list[tuple[User, int]]) -> Sequence[None]:
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


typings = Batcher(publish_batch, BATCH_LIMIT)
