"""Passwords: slow on purpose, and never in the event loop."""

import asyncio
import threading

import pytest

from actions import passwords
from tests.factories import HASH, PASSWORD
from tests.waiting import PATIENCE


async def test_only_the_password_itself_matches() -> None:
    assert await passwords.matches(PASSWORD, HASH)
    assert not await passwords.matches(PASSWORD + " ", HASH)
    assert not await passwords.matches("", HASH)


async def test_no_password_matches_an_unknown_user_or_a_deleted_account() -> None:
    assert not await passwords.matches(PASSWORD, None)
    assert not await passwords.matches("!", "!")


async def test_a_hash_is_argon2id_and_salted() -> None:
    first, second = await passwords.make_hash("pass word"), await passwords.make_hash("pass word")
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert first != second
    assert await passwords.matches("pass word", second)


async def test_unknown_people_are_checked_as_long_as_known_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checked = []
    monkeypatch.setattr(passwords, "check", lambda _, stored: checked.append(stored))
    await passwords.matches(PASSWORD, None)
    await passwords.matches(PASSWORD, HASH)
    assert checked == [passwords.NO_USER, HASH]


async def test_few_are_checked_at_once_and_none_in_the_event_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lock, loop_thread = threading.Lock(), threading.get_ident()
    together = threading.Barrier(passwords.AT_ONCE)
    inside = most = 0

    def check(password: str, password_hash: str) -> bool:
        nonlocal inside, most
        assert threading.get_ident() != loop_thread
        with lock:
            inside += 1
            most = max(most, inside)
        together.wait(PATIENCE)
        with lock:
            inside -= 1
        return True

    monkeypatch.setattr(passwords, "check", check)
    monkeypatch.setattr(passwords, "_limiter", None)
    checks = [passwords.matches(PASSWORD, HASH) for _ in range(3 * passwords.AT_ONCE)]
    assert await asyncio.gather(*checks) == [True] * len(checks)
    assert most == passwords.AT_ONCE
