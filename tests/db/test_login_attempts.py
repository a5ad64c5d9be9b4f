"""Sign-in attempts."""

import pytest

from db import login_attempts

pytestmark = pytest.mark.usefixtures("database")


async def test_attempts_are_counted_by_account_and_address() -> None:
    for username, address, at in (
        ("ada", "here", 3),
        ("ada", "here", 1),
        ("ada", "there", 2),
        ("bob", "here", 2),
    ):
        await login_attempts.add(username, address, at)
    assert await login_attempts.after("ada", "here", 0) == [1, 3]
    assert await login_attempts.after("ada", "here", 1) == [3]
    assert await login_attempts.after_from("here", 0) == [1, 2, 3]
    assert await login_attempts.after_from("here", 2) == [3]
    await login_attempts.remove("ada", "here")
    assert await login_attempts.after("ada", "here", 0) == []
    assert await login_attempts.after("ada", "there", 0) == [2]
    assert await login_attempts.after("bob", "here", 0) == [2]


async def test_old_attempts_are_forgotten() -> None:
    await login_attempts.add("ada", "here", 1)
    await login_attempts.add("ada", "here", 2)
    await login_attempts.remove_before(2)
    assert await login_attempts.after("ada", "here", 0) == [2]
