"""Participants, and how far they have read."""

import pytest

from db import participants
from tests.factories import (
    make_conversation,
    make_departure,
    make_message,
    make_messages,
    make_user,
)

pytestmark = pytest.mark.usefixtures("database")


async def test_participants_are_listed_by_name() -> None:
    people = [await make_user(name=name) for name in ("bea", "Cem", "Åsa", "Ada")]
    id = await make_conversation(people)
    await make_conversation([people[0]])
    assert [p.name for p in await participants.list_people(id)] == ["Ada", "Åsa", "bea", "Cem"]
    assert await participants.list_ids([id]) == {id: {person.id for person in people}}


async def test_the_first_eight_in_a_conversation_have_colours_of_their_own() -> None:
    people = [await make_user(name="Same") for _ in range(12)]
    id = await make_conversation(people)
    tints = {person.id: person.tint for person in await participants.list_people(id)}
    assert [tints[person.id] for person in people[:8]] == list(participants.TINTS)
    assert [tints[person.id] for person in people[8:]] == list(participants.TINTS[:4])


async def test_who_comes_after_somebody_has_left_has_the_colour_that_is_free() -> None:
    ada, bob, cem = await make_user(), await make_user(), await make_user()
    id = await make_conversation([ada, bob], "Tea")
    await make_departure(ada, id)
    await participants.add(id, cem.id)
    tints = {person.id: person.tint for person in await participants.list_people(id)}
    assert tints == {bob.id: participants.TINTS[1], cem.id: participants.TINTS[0]}


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
