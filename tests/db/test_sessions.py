"""Sign-ins."""

import pytest

from db import sessions
from tests.factories import make_user, stored_session

pytestmark = pytest.mark.usefixtures("database")


async def test_a_session_is_found_until_it_expires() -> None:
    ada = await make_user()
    await sessions.add("hash", ada.id, 100)
    found = await stored_session("hash", 99, 99)
    assert found is not None
    assert (found.user, found.seen_at) == (ada, 100)
    assert await stored_session("hash", 100, 99) is None
    assert await stored_session("hash", 99, 100) is None
    assert await stored_session("hush", 99, 99) is None
    await sessions.update_seen(["hash"], 200)
    assert await stored_session("hash", 99, 199) is not None


async def test_a_removed_session_is_gone() -> None:
    ada = await make_user()
    await sessions.add("hash", ada.id, 100)
    await sessions.remove("hash")
    await sessions.remove("hash")
    assert await stored_session("hash", 0, 0) is None


async def test_all_other_sessions_of_a_user_can_be_removed() -> None:
    ada, bob = await make_user(), await make_user()
    for token_hash, person in (("one", ada), ("two", ada), ("three", ada), ("bobs", bob)):
        await sessions.add(token_hash, person.id, 100)
    assert set(await sessions.remove_all(ada.id, "two")) == {"one", "three"}
    assert await stored_session("two", 0, 0) is not None
    assert await stored_session("bobs", 0, 0) is not None
    assert await stored_session("one", 0, 0) is None
