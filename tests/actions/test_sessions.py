"""Signing in and out."""

import asyncio
import threading

import pytest

from actions import passwords, sessions
from actions.errors import Invalid, TooMany
from actions.sessions import AGE_AT_MOST, ATTEMPTS, ATTEMPTS_WITHIN, IDLE_AT_MOST, SEEN_EVERY
from actions.users import change_password
from db import users
from db.sessions import Session
from live import hub, publication
from tests.factories import HASH, PASSWORD, make_session, make_user, stored_session
from tests.waiting import PATIENCE, eventually

pytestmark = pytest.mark.usefixtures("live")

DOES_NOT_FIT = {"form": "Wrong username or password."}


class Clock:
    """The time, as far as sessions know."""

    def __init__(self) -> None:
        self.time = 1_800_000_000_000

    def __call__(self) -> int:
        return self.time


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(sessions, "now", clock)
    return clock


async def found(token: str) -> Session:
    session = await sessions.find(token)
    assert session is not None
    return session


async def refusal(username: str, password: str, address: str = "here") -> Invalid:
    with pytest.raises(Invalid) as raised:
        await sessions.sign_in(username, password, address)
    return raised.value


async def test_a_session_belongs_to_the_user_who_signed_in() -> None:
    ada = await make_user("ada")
    token = await sessions.sign_in(" ADA ", PASSWORD, "here")
    session = await found(token)
    assert session.user == ada
    assert await sessions.list_open([session.token_hash])


async def test_each_sign_in_is_a_session_of_its_own() -> None:
    await make_user("ada")
    first = await sessions.sign_in("ada", PASSWORD, "here")
    second = await sessions.sign_in("ada", PASSWORD, "here")
    assert first != second
    assert len(first) >= 43  # 256 bits
    await sessions.sign_out(await found(first))
    assert await sessions.find(second) is not None


async def test_only_the_hash_of_a_token_is_stored() -> None:
    token = await make_session(await make_user())
    session = await found(token)
    assert token not in session.token_hash
    assert await stored_session(token, 0, 0) is None
    assert await sessions.find(session.token_hash) is None


@pytest.mark.parametrize("token", ["", "x", "x" * 5000, "\ud800", "\x00", "'; DROP TABLE users"])
async def test_an_invalid_token_opens_no_session(token: str) -> None:
    assert await sessions.find(token) is None


@pytest.mark.parametrize("username", ["ada", "nobody", "", "a\x00b", "a\ud800", "a" * 5000])
async def test_an_unknown_username_and_a_wrong_password_get_the_same_answer(username: str) -> None:
    await make_user("ada")
    assert (await refusal(username, "wrong one")).errors == DOES_NOT_FIT


async def test_ten_wrong_passwords_block_sign_in_for_15_minutes(clock: Clock) -> None:
    await make_user("ada")
    begun = clock.time
    for _ in range(ATTEMPTS):
        assert (await refusal("ada", "wrong one")).errors == DOES_NOT_FIT
        clock.time += 30_000
    refused = await refusal("Ada ", PASSWORD)
    assert isinstance(refused, TooMany)
    assert refused.wait == (begun + ATTEMPTS_WITHIN - clock.time) // 1000 == 600
    assert refused.errors == {"form": "Too many wrong passwords. Try again in 10 minutes."}
    clock.time = begun + ATTEMPTS_WITHIN - 1000
    refused = await refusal("ada", PASSWORD)
    assert isinstance(refused, TooMany)
    assert refused.wait == 1
    assert "in 1 second." in refused.errors["form"]
    clock.time = begun + ATTEMPTS_WITHIN
    assert await sessions.sign_in("ada", PASSWORD, "here")


async def test_wrong_passwords_count_for_one_account_and_one_address() -> None:
    await make_user("ada")
    await make_user("bob")
    for _ in range(ATTEMPTS):
        await refusal("ada", "wrong one")
    assert isinstance(await refusal("ada", PASSWORD), TooMany)
    assert await sessions.sign_in("ada", PASSWORD, "there")
    assert await sessions.sign_in("bob", PASSWORD, "here")


async def test_wrong_passwords_from_one_address_count_whatever_the_account(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "ATTEMPTS_FROM", 5)
    await make_user("ada")
    begun = clock.time
    for number in range(5):
        assert (await refusal(f"guess{number}", "wrong one")).errors == DOES_NOT_FIT
    refused = await refusal("ada", PASSWORD)
    assert isinstance(refused, TooMany)
    assert refused.wait == 60 * 60
    assert await sessions.sign_in("ada", PASSWORD, "there")
    clock.time = begun + sessions.ATTEMPTS_FROM_WITHIN
    assert await sessions.sign_in("ada", PASSWORD, "here")


async def test_a_correct_password_resets_the_count_of_wrong_ones() -> None:
    await make_user("ada")
    for _ in range(2):
        for _ in range(ATTEMPTS - 1):
            await refusal("ada", "wrong one")
        await sessions.sign_in("ada", PASSWORD, "here")


async def test_many_attempts_at_once_do_not_slip_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "ATTEMPTS", 3)
    await make_user("ada")
    attempts = [refusal("ada", f"guess {n}") for n in range(8)]
    refusals = await asyncio.gather(*attempts)
    assert sum(isinstance(each, TooMany) for each in refusals) == 5


async def test_what_is_refused_because_too_many_wait_is_no_wrong_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ada = await make_user("ada")
    session = await found(await make_session(ada))
    held = threading.Event()
    places = passwords.AT_ONCE + passwords.WAITING
    with monkeypatch.context() as slow:
        slow.setattr(passwords, "check", lambda *_: held.wait(PATIENCE) and False)
        others = [asyncio.create_task(refusal(f"other{n}", "no", f"{n}")) for n in range(places)]
        try:
            await eventually(lambda: passwords._admitted == places)
            for _ in range(ATTEMPTS):
                for attempt in (
                    sessions.sign_in("ada", PASSWORD, "here"),
                    sessions.confirm(ada, PASSWORD, "delete"),
                ):
                    with pytest.raises(TooMany, match="very busy"):
                        await attempt
        finally:
            held.set()
        await asyncio.gather(*others)
    assert (await refusal("ada", "wrong one")).errors == DOES_NOT_FIT
    assert await sessions.sign_in("ada", PASSWORD, "here")
    await sessions.confirm(session.user, PASSWORD, "delete")


async def test_a_correct_password_is_no_wrong_one_whatever_is_wrong_besides() -> None:
    session = await found(await make_session(await make_user("ada")))
    for _ in range(ATTEMPTS + 1):
        with pytest.raises(Invalid, match="needs 8 to 128"):
            await change_password(session, PASSWORD, "short")
    await change_password(session, PASSWORD, "another one")


async def test_a_session_ends_after_a_long_time(clock: Clock) -> None:
    token = await make_session(await make_user())
    session = await found(token)
    for _ in range(AGE_AT_MOST // IDLE_AT_MOST):
        clock.time += IDLE_AT_MOST - 1
        assert await sessions.find(token) is not None
    clock.time += IDLE_AT_MOST - 1
    assert await sessions.find(token) is None
    assert not await sessions.list_open([session.token_hash])


async def test_a_session_that_is_not_used_ends_earlier(clock: Clock) -> None:
    token = await make_session(await make_user())
    clock.time += IDLE_AT_MOST - 1
    assert await sessions.find(token) is not None  # and with that it has been used
    clock.time += IDLE_AT_MOST - 1
    assert await sessions.find(token) is not None
    clock.time += IDLE_AT_MOST
    assert await sessions.find(token) is None


async def test_session_use_is_recorded_only_now_and_then(clock: Clock) -> None:
    token = await make_session(await make_user())
    begun = clock.time
    clock.time += SEEN_EVERY
    assert (await found(token)).seen_at == begun
    assert (await found(token)).seen_at == begun
    clock.time += 1
    await found(token)
    assert (await found(token)).seen_at == clock.time


async def test_signing_out_ends_this_session_and_publishes_its_end() -> None:
    ada = await make_user()
    here, there = await make_session(ada), await make_session(ada)
    session = await found(here)
    with hub.subscribe(publication.rights(ada.id)) as subscription:
        await sessions.sign_out(session)
        told = await subscription.next(5)
    assert told == [publication.session_end(ada.id, session.token_hash)]
    assert await sessions.find(here) is None
    assert not await sessions.list_open([session.token_hash])
    assert await sessions.find(there) is not None


async def test_signing_out_everywhere_ends_every_session_of_one_person() -> None:
    ada, bob = await make_user(), await make_user()
    tokens = [await make_session(ada) for _ in range(3)]
    other = await make_session(bob)
    with hub.subscribe(publication.rights(ada.id)) as subscription:
        await sessions.sign_out_everywhere(ada)
        told = await subscription.next(5)
    ends = [publication.session_end(ada.id, sessions.token_hash(token)) for token in tokens]
    assert sorted(each.text for each in told) == sorted(each.text for each in ends)
    assert [await sessions.find(token) for token in tokens] == [None] * 3
    assert await sessions.find(other) is not None


async def test_guesses_from_everywhere_are_slowed_down_and_nobody_is_locked_out(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "ATTEMPTS_ANYWHERE", 5)
    await make_user("ada")
    for n in range(5):
        assert (await refusal("ada", "no", f"address {n}")).errors == DOES_NOT_FIT
    slowed = await refusal("ada", PASSWORD, "home")
    assert isinstance(slowed, TooMany)
    assert slowed.errors == {"form": "Too many wrong passwords. Try again in 5 seconds."}
    assert slowed.wait == 5
    assert (await refusal("bob", "no", "home")).errors == DOES_NOT_FIT, "only that account is"
    clock.time += sessions.PACE
    assert await sessions.sign_in("ada", PASSWORD, "home")
    assert await sessions.sign_in("ada", PASSWORD, "home"), "the owner has been here"


async def test_a_hash_of_former_parameters_is_renewed_at_sign_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ada = await make_user("ada")
    with pytest.raises(Invalid):
        await sessions.sign_in("ada", "wrong one", "here")
    assert await users.get_password(ada.id) == HASH
    assert await sessions.sign_in("ada", PASSWORD, "here")
    renewed = await users.get_password(ada.id)
    assert renewed is not None
    assert renewed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await sessions.sign_in("ada", PASSWORD, "here")
    assert await users.get_password(ada.id) == renewed, "once is enough"


async def test_a_full_line_renews_no_hash_and_keeps_nobody_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def full(password: str) -> str:
        raise TooMany(2, form="Busy")

    monkeypatch.setattr(passwords, "renew_hash", full)
    await make_user("ada")
    assert await sessions.sign_in("ada", PASSWORD, "here")
