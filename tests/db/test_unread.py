"""How much is unread, of a conversation and in all."""

import pytest

from db import conversations, participants, unread
from db.unread import UNREAD_COUNTED
from tests.factories import make_conversation, make_message, make_messages, make_user

pytestmark = pytest.mark.usefixtures("database")


async def test_messages_of_others_after_the_read_position_are_unread() -> None:
    ada, bob = await make_user(), await make_user()
    id = await make_conversation([ada, bob])
    other = await make_conversation([ada, bob], "Tea")
    await make_messages(bob, id, 3)
    await make_message(ada, id)
    await make_message(bob, other)

    async def counted(person: int) -> tuple[int, int]:
        found = await conversations.get(id, person)
        assert found is not None
        return found.unread, await unread.count(person)

    assert await counted(ada.id) == (3, 4)
    assert await counted(bob.id) == (1, 1)
    assert await participants.update_read([(id, ada.id, 2)])
    assert await counted(ada.id) == (1, 2)
    assert await participants.update_read([(id, ada.id, 4)])
    assert await counted(ada.id) == (0, 1)


async def test_unread_messages_are_counted_up_to_a_limit() -> None:
    ada, bob = await make_user(), await make_user()
    id = await make_conversation([ada, bob])
    await make_messages(bob, id, UNREAD_COUNTED + 5)
    found = await conversations.get(id, ada.id)
    assert found is not None
    assert found.unread == UNREAD_COUNTED
    assert await unread.count(ada.id) == UNREAD_COUNTED
    assert await unread.count(bob.id) == 0
