"""Stars: each user's own, the last first, and nothing that can no longer be read."""

from db import participants, stars
from db.log.commit import commit
from db.stars import Star
from db.unsends import Unsend
from db.users import User
from tests.factories import make_conversation, make_departure, make_messages


async def listed(user: User) -> list[int]:
    return [each.position for each in await stars.list_latest(user.id, None, 99)]


async def test_each_has_their_own_the_last_first(ada: User, bob: User, chat: int) -> None:
    await make_messages(ada, chat, 3)
    await stars.add(ada.id, chat, 2, 10)
    await stars.add(ada.id, chat, 1, 20)
    await stars.add(bob.id, chat, 3, 30)
    assert await listed(ada) == [1, 2]
    assert await listed(bob) == [3]
    assert await stars.list_positions(ada.id, chat) == [2, 1]
    assert await stars.has(ada.id, chat, 2)
    assert not await stars.has(bob.id, chat, 2)
    assert await stars.is_any(bob.id, chat)


async def test_a_repeat_changes_nothing(ada: User, chat: int) -> None:
    await make_messages(ada, chat, 1)
    await stars.add(ada.id, chat, 1, 10)
    await stars.add(ada.id, chat, 1, 20)
    assert await stars.list_latest(ada.id, None, 9) == [Star(10, chat, 1)]
    for _ in range(2):
        await stars.remove(ada.id, chat, 1)
        assert await listed(ada) == []
    assert not await stars.is_any(ada.id, chat)


async def test_what_is_unsent_is_not_among_them(ada: User, bob: User, chat: int) -> None:
    await make_messages(ada, chat, 2)
    await stars.add(bob.id, chat, 1, 10)
    await commit([Unsend(chat, ada.id, 1, 5), Unsend(chat, ada.id, 2, 5)])
    await stars.add(bob.id, chat, 2, 10)
    await stars.add(bob.id, chat, 9, 10)
    assert await listed(bob) == []


async def test_a_conversation_that_was_left_is_not_read(ada: User, bob: User) -> None:
    group = await make_conversation([ada, bob], "Tea")
    await make_messages(ada, group, 1)
    await stars.add(bob.id, group, 1, 10)
    await make_departure(bob, group)
    assert await listed(bob) == []
    await participants.add(group, bob.id)
    assert await listed(bob) == [1]


async def test_pages_continue_where_the_one_before_ended(ada: User, chat: int) -> None:
    """Also among those that were starred in the same millisecond."""
    await make_messages(ada, chat, 9)
    for position in range(1, 10):
        await stars.add(ada.id, chat, position, 10 + position // 4)
    found: list[Star] = []
    while page := await stars.list_latest(ada.id, found[-1] if found else None, 2):
        found += page
    assert [each.position for each in found] == list(range(9, 0, -1))
