"""Where a time stands in a log, compared with a look at each message."""

import random

import pytest

from db import days
from db.edits import Edit
from db.log.commit import commit
from db.users import User
from tests.factories import make_message

START = 1_000_000


@pytest.mark.parametrize("number", [0, 1, 2, 3, 17, 64])
async def test_it_is_the_first_message_of_that_time_or_later(
    ada: User, chat: int, number: int
) -> None:
    """Edits leave gaps between the positions."""
    chance = random.Random(number)  # noqa: S311
    log: list[tuple[int, int]] = []
    at = START
    for _ in range(number):
        at += chance.choice([0, 0, 1, 5])
        message = await make_message(ada, chat, created_at=at)
        log.append((message.position, at))
        for n in range(chance.randrange(3)):
            await commit([Edit(chat, ada.id, message.position, f"Words {n}", 10**9, at)])
    last = log[-1][0] if log else 0
    for since in range(START - 1, at + 2):
        wanted = next((position for position, sent in log if sent >= since), None)
        assert await days.find_position(chat, last, since) == wanted
