"""An inbox, page by page, and its lines."""

import pytest

from db import inbox
from tests.factories import make_conversation, make_message, make_user

pytestmark = pytest.mark.usefixtures("database")


async def test_the_inbox_has_the_latest_activity_first_page_by_page() -> None:
    ada = await make_user()
    made = [await make_conversation([ada], f"Tea {n}", active_at=n // 2) for n in range(7)]
    entries, more, _ = await inbox.list_entries(ada.id, None, 3)
    found = [entry.id for entry in entries]
    while more:
        assert len(entries) == 3
        entries, more, _ = await inbox.list_entries(ada.id, more, 3)
        found += [entry.id for entry in entries]
    # Those of the same moment come in any order, each once.
    assert len(found) == len(made)
    assert [made.index(id) // 2 for id in found] == [3, 2, 2, 1, 1, 0, 0]


async def test_a_page_that_ends_with_the_inbox_has_no_next_page() -> None:
    ada = await make_user()
    for n in range(3):
        await make_conversation([ada], f"Tea {n}")
    assert (await inbox.list_entries(ada.id, None, 3))[1] is None
    assert (await inbox.list_entries(ada.id, None, 2))[1] is not None


async def test_an_entry_shows_the_last_message() -> None:
    ada, bob = await make_user(name="Ada"), await make_user(name="Bob")
    id = await make_conversation([ada, bob])
    await make_message(ada, id, "First", created_at=1000)
    await make_message(bob, id, "Last", created_at=2000)
    entry = (await inbox.list_lines([(ada.id, id)])).get((ada.id, id))
    assert entry is not None
    assert (entry.title, entry.author_id, entry.author_name) == ("Bob", bob.id, "Bob")
    assert (entry.body, entry.created_at, entry.active_at, entry.unread) == ("Last", 2000, 2000, 1)
    assert (await inbox.list_entries(ada.id, None, 3))[0] == [entry]


async def test_a_direct_conversation_appears_to_the_other_with_its_first_message() -> None:
    ada, bob = await make_user(), await make_user()
    direct = await make_conversation([ada, bob])
    group = await make_conversation([ada, bob], "Tea")

    async def shown(person: int) -> set[int]:
        return {entry.id for entry in (await inbox.list_entries(person, None, 9))[0]}

    assert await shown(ada.id) == {direct, group}
    assert await shown(bob.id) == {group}
    entry = (await inbox.list_lines([(ada.id, direct)])).get((ada.id, direct))
    assert entry is not None
    assert (entry.author_id, entry.body, entry.unread) == (None, None, 0)
    await make_message(ada, direct)
    assert await shown(bob.id) == {direct, group}
