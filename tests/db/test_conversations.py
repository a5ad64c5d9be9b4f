"""Conversations as their participants see them, and no outsider."""

import pytest

from db import conversations, inbox
from tests.factories import make_conversation, make_user

pytestmark = pytest.mark.usefixtures("database")


async def test_only_a_participant_gets_a_conversation() -> None:
    ada, bob, stranger = await make_user(), await make_user(), await make_user()
    id = await make_conversation([ada, bob])
    assert await conversations.get(id, ada.id) is not None
    assert await conversations.get(id, bob.id) is not None
    assert await conversations.get(id, stranger.id) is None
    assert await conversations.get(id + 1, ada.id) is None
    assert (await inbox.list_lines([(stranger.id, id)])).get((stranger.id, id)) is None


async def test_a_direct_conversation_is_named_after_the_other_participant() -> None:
    ada, bob = await make_user(name="Ada"), await make_user(name="Bob")
    direct = await make_conversation([ada, bob])
    group = await make_conversation([ada, bob], "Tea")
    for person, title in ((ada, "Bob"), (bob, "Ada")):
        found = await conversations.get(direct, person.id)
        assert found is not None
        assert (found.kind, found.title) == ("direct", title)
        found = await conversations.get(group, person.id)
        assert found is not None
        assert (found.kind, found.title) == ("group", "Tea")


async def test_a_pair_has_one_conversation() -> None:
    ada = await make_user()
    assert await conversations.get_id_by_pair("1-2") is None
    assert await conversations.add(1, "direct", "1-2", "", ada.id, 0)
    assert not await conversations.add(2, "direct", "1-2", "", ada.id, 0)
    assert await conversations.get_id_by_pair("1-2") == 1
    assert await conversations.add(3, "group", None, "", ada.id, 0)
    assert await conversations.add(4, "group", None, "", ada.id, 0)
