"""Participants, and how far they have read."""

import pytest

from db import participants
from tests.factories import make_conversation, make_message, make_messages, make_user

pytestmark = pytest.mark.usefixtures("database")


async def test_participants_are_listed_by_name() -> None:
    people = [await make_user(name=name) for name in ("bea", "Cem", "Åsa", "Ada")]
    id = await make_conversation(people)
    await make_conversation([people[0]])
    assert [p.name for p in await participants.list_people(id)] == ["Ada", "Åsa", "bea", "Cem"]
    assert await participants.list_ids([id]) == {id: {person.id for person in people}}


async def test_a_read_position_only_moves_forward_to_existing_messages() -> None:
    ada, bob, stranger = await make_user(), await make_user(), await make_user()
    id, other = await make_conversation([ada, bob]), await make_conversation([ada, bob], "Tea")
    await make_messages(bob, id, 3)
    await make_message(bob, other)
    assert await participants.update_read([(id, ada.id, 2)]) == [(id, ada.id)]
    assert not await participants.update_read([(id, ada.id, 2)])
    assert not await participants.update_read([(id, ada.id, 1)])
    assert not await participants.update_read([(id, ada.id, 4)])
    assert not await participants.update_read([(other, ada.id, 3)])
    assert not await participants.update_read([(id, stranger.id, 3)])
    assert await participants.update_read([(id, ada.id, 3)])
