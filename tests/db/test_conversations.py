"""Conversations as their participants see them, and no outsider."""

import pytest

from db import conversations, participants
from db.conversations import UNREAD_COUNTED
from tests.factories import make_conversation, make_message, make_messages, make_user

pytestmark = pytest.mark.usefixtures("database")


async def test_only_a_participant_gets_a_conversation() -> None:
    ada, bob, stranger = await make_user(), await make_user(), await make_user()
    id = await make_conversation([ada, bob])
    assert await conversations.get(id, ada.id) is not None
    assert await conversations.get(id, bob.id) is not None
    assert await conversations.get(id, stranger.id) is None
    assert await conversations.get(id + 1, ada.id) is None
    assert (await conversations.list_lines([(stranger.id, id)])).get((stranger.id, id)) is None


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


async def test_messages_of_others_after_the_read_position_are_unread() -> None:
    ada, bob = await make_user(), await make_user()
    id = await make_conversation([ada, bob])
    other = await make_conversation([ada, bob], "Tea")
    await make_messages(bob, id, 3)
    await make_message(ada, id)
    await make_message(bob, other)

    async def unread(person: int) -> tuple[int, int]:
        found = await conversations.get(id, person)
        assert found is not None
        return found.unread, await conversations.count_unread(person)

    assert await unread(ada.id) == (3, 4)
    assert await unread(bob.id) == (1, 1)
    assert await participants.update_read([(id, ada.id, 2)])
    assert await unread(ada.id) == (1, 2)
    assert await participants.update_read([(id, ada.id, 4)])
    assert await unread(ada.id) == (0, 1)


async def test_unread_messages_are_counted_up_to_a_limit() -> None:
    ada, bob = await make_user(), await make_user()
    id = await make_conversation([ada, bob])
    await make_messages(bob, id, UNREAD_COUNTED + 5)
    found = await conversations.get(id, ada.id)
    assert found is not None
    assert found.unread == UNREAD_COUNTED
    assert await conversations.count_unread(ada.id) == UNREAD_COUNTED
    assert await conversations.count_unread(bob.id) == 0


async def test_the_inbox_has_the_latest_activity_first_page_by_page() -> None:
    ada = await make_user()
    made = [await make_conversation([ada], f"Tea {n}", active_at=n // 2) for n in range(7)]
    entries, more, _ = await conversations.list_entries(ada.id, None, 3)
    found = [entry.id for entry in entries]
    while more:
        assert len(entries) == 3
        entries, more, _ = await conversations.list_entries(ada.id, more, 3)
        found += [entry.id for entry in entries]
    # Those of the same moment come in any order, each once.
    assert len(found) == len(made)
    assert [made.index(id) // 2 for id in found] == [3, 2, 2, 1, 1, 0, 0]


async def test_a_page_that_ends_with_the_inbox_has_no_next_page() -> None:
    ada = await make_user()
    for n in range(3):
        await make_conversation([ada], f"Tea {n}")
    assert (await conversations.list_entries(ada.id, None, 3))[1] is None
    assert (await conversations.list_entries(ada.id, None, 2))[1] is not None


async def test_an_entry_shows_the_last_message() -> None:
    ada, bob = await make_user(name="Ada"), await make_user(name="Bob")
    id = await make_conversation([ada, bob])
    await make_message(ada, id, "First", created_at=1000)
    await make_message(bob, id, "Last", created_at=2000)
    entry = (await conversations.list_lines([(ada.id, id)])).get((ada.id, id))
    assert entry is not None
    assert (entry.title, entry.author_id, entry.author_name) == ("Bob", bob.id, "Bob")
    assert (entry.body, entry.created_at, entry.active_at, entry.unread) == ("Last", 2000, 2000, 1)
    assert (await conversations.list_entries(ada.id, None, 3))[0] == [entry]


async def test_a_direct_conversation_appears_to_the_other_with_its_first_message() -> None:
    ada, bob = await make_user(), await make_user()
    direct = await make_conversation([ada, bob])
    group = await make_conversation([ada, bob], "Tea")

    async def inbox(person: int) -> set[int]:
        return {entry.id for entry in (await conversations.list_entries(person, None, 9))[0]}

    assert await inbox(ada.id) == {direct, group}
    assert await inbox(bob.id) == {group}
    entry = (await conversations.list_lines([(ada.id, direct)])).get((ada.id, direct))
    assert entry is not None
    assert (entry.author_id, entry.body, entry.unread) == (None, None, 0)
    await make_message(ada, direct)
    assert await inbox(bob.id) == {direct, group}
