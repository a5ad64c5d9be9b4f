"""Users, and the search for them."""

import pytest

from db import users
from tests.factories import HASH, make_user

pytestmark = pytest.mark.usefixtures("database")


async def test_a_username_is_unique() -> None:
    ada = await make_user("ada", "Ada")
    assert await users.add(1, "ada", "Another", "another", "hash", 0) is None
    assert await users.get_by_username("ada") == ada
    assert await users.get_by_username("eve") is None
    assert await users.get_password(ada.id) == HASH
    assert await users.get_password(1) is None


async def test_a_change_of_a_user_leaves_the_others_alone() -> None:
    ada, bob = await make_user("ada", "Ada"), await make_user("bob", "Bob")
    await users.update_name(ada.id, "Ada L.", "ada l.")
    await users.update_password(ada.id, "other")
    changed = await users.get_by_username("ada")
    assert changed is not None
    assert changed.name == "Ada L."
    assert await users.get_password(ada.id) == "other"
    assert await users.get_by_username("bob") == bob
    assert await users.get_password(bob.id) == HASH


async def test_users_are_found_by_username_and_folded_name() -> None:
    await make_user("ada", "Countess")
    await make_user("bob", "Straße")
    assert [u.username for u in await users.search("%ad%", 9)] == ["ada"]
    assert [u.username for u in await users.search("%count%", 9)] == ["ada"]
    assert [u.username for u in await users.search("%strasse%", 9)] == ["bob"]
    assert [u.username for u in await users.search("%o%", 9)] == ["ada", "bob"]
    assert [u.username for u in await users.search("%o%", 1)] == ["ada"]


async def test_an_escaped_pattern_is_taken_literally() -> None:
    await make_user("a_b", "100 %")
    await make_user("acb", "100 years")
    assert [u.username for u in await users.search("%a!_b%", 9)] == ["a_b"]
    assert [u.username for u in await users.search("%100 !%%", 9)] == ["a_b"]
