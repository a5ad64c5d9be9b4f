"""Passwords: slow on purpose, and never in the event loop."""

import asyncio
import threading

import pytest

from actions import passwords
from actions.passwords import HASHER
from tests.factories import HASH, PASSWORD
from tests.waiting import PATIENCE


async def test_only_the_password_itself_matches() -> None:
    assert await passwords.matches(PASSWORD, HASH)
    assert not await passwords.matches(PASSWORD + " ", HASH)
    assert not await passwords.matches("", HASH)


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("pässwörd", "pa\u0308sswo\u0308rd"),
        ("pa\u0308sswo\u0308rd", "pässwörd"),
        ("pass word", "pass\u00a0word"),
        ("한글 비밀", "한글\u3000비밀"),
    ],
)
async def test_a_password_is_the_same_from_every_keyboard(stored: str, typed: str) -> None:
    assert await passwords.matches(typed, await passwords.make_hash(stored))


@pytest.mark.parametrize(
    ("one", "other"), [("password", "Password"), ("ｐassword", "password"), ("👍🏽👍🏽", "👍👍")]
)
async def test_passwords_that_look_alike_are_not_the_same(one: str, other: str) -> None:
    assert not await passwords.matches(other, await passwords.make_hash(one))


async def test_a_hash_from_before_passwords_were_normalized_still_matches_what_is_typed() -> None:
    before = HASHER.hash("pa\u0308sswo\u0308rd")
    assert await passwords.matches("pa\u0308sswo\u0308rd", before)
    assert not await passwords.matches("pässwörd", before)


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
