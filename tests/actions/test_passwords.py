"""Passwords: slow on purpose, and never in the event loop."""

import asyncio
import threading

import pytest

from actions import passwords
from actions.errors import TooMany
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
    monkeypatch.setattr(passwords, "_checks", None)
    checks = [passwords.matches(PASSWORD, HASH) for _ in range(3 * passwords.AT_ONCE)]
    assert await asyncio.gather(*checks) == [True] * len(checks)
    assert most == passwords.AT_ONCE


async def test_the_line_is_bounded_and_sign_ups_never_take_the_place_of_sign_ins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = threading.Event()
    monkeypatch.setattr(passwords, "HASHER", SlowHasher(held))
    monkeypatch.setattr(passwords, "_checks", None)
    monkeypatch.setattr(passwords, "_hashes", None)
    hashing = [asyncio.create_task(passwords.make_hash("pass word")) for _ in range(1000)]
    try:
        done, waiting = await asyncio.wait(hashing, timeout=1)
        assert len(waiting) == passwords.WAITING + 1
        for task in done:
            with pytest.raises(TooMany) as refused:
                await task
            assert refused.value.wait == passwords.WAIT
        async with asyncio.timeout(PATIENCE):
            assert await passwords.matches(PASSWORD, HASH), "while one hashes and 30 wait for it"
    finally:
        held.set()
    assert await asyncio.gather(*waiting) == ["hash"] * len(waiting)


class SlowHasher:
    """Hashes nothing until it is let go; checks at once."""

    def __init__(self, held: threading.Event) -> None:
        self.held = held

    def hash(self, password: str) -> str:
        assert self.held.wait(PATIENCE)
        return "hash"

    def verify(self, password_hash: str, password: str) -> bool:
        return True


async def test_a_line_of_sign_ins_is_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    held = threading.Event()
    monkeypatch.setattr(passwords, "check", lambda *_: held.wait(PATIENCE))
    monkeypatch.setattr(passwords, "_checks", None)

    async def checked() -> bool:
        with passwords.admitted():
            return await passwords.matches(PASSWORD, HASH)

    checking = [asyncio.create_task(checked()) for _ in range(100)]
    done, waiting = await asyncio.wait(checking, return_when=asyncio.FIRST_EXCEPTION)
    held.set()
    assert len(waiting) == passwords.WAITING + passwords.AT_ONCE
    assert all(isinstance(task.exception(), TooMany) for task in done)
    assert all(await asyncio.gather(*waiting))
