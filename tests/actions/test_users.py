"""Joining, and changing what others see."""

import asyncio

import pytest

from actions import passwords, sessions, users
from actions.clock import now
from actions.errors import Invalid, TooMany
from db import inbox, participants
from db import users as stored_users
from db.sessions import Session
from live import hub, publication
from tests.factories import (
    PASSWORD,
    make_conversation,
    make_message,
    make_session,
    make_user,
    stored_session,
)

pytestmark = pytest.mark.usefixtures("live")

USERNAME_SENTENCE = "A username has 2 to 30 letters (a–z), digits, dots or underscores."
NAME_SENTENCE = "Type your name."
PASSWORD_SENTENCE = "A password needs 8 to 128 characters. A few words work well."


async def session_of(token: str) -> Session:
    session = await sessions.find(token)
    assert session is not None
    return session


async def errors(username: str = "ada", name: str = "Ada", password: str = PASSWORD) -> object:
    with pytest.raises(Invalid) as refusal:
        await users.join(username, name, password)
    assert await stored_users.get_by_username(username) is None
    return refusal.value.errors


async def test_the_same_form_sent_again_is_the_same_user(monkeypatch: pytest.MonkeyPatch) -> None:
    ada = await users.join("ada", "Ada", PASSWORD)
    assert await users.join("ada", " Ada", PASSWORD) == ada
    taken = {"username": "This username is taken."}
    for other in (("ada", "Ada", PASSWORD + "!"), ("ada", "Eve", PASSWORD)):
        with pytest.raises(Invalid) as refusal:
            await users.join(*other)
        assert refusal.value.errors == taken
    later = now() + users.REPEATED_WITHIN
    monkeypatch.setattr(users, "now", lambda: later)
    with pytest.raises(Invalid) as refusal:
        await users.join("ada", "Ada", PASSWORD)
    assert refusal.value.errors == taken


async def test_guesses_by_signing_up_again_are_counted() -> None:
    await users.join("ada", "Ada", PASSWORD)
    for _ in range(sessions.ATTEMPTS):
        with pytest.raises(Invalid):
            await users.join("ada", "Ada", PASSWORD + "!")
    with pytest.raises(Invalid, match="taken"):
        await users.join("ada", "Ada", PASSWORD)


async def test_a_password_that_is_changed_and_an_account_that_is_deleted_already() -> None:
    session = await session_of(await make_session(await make_user("ada")))
    for _ in range(2):
        await users.change_password(session, PASSWORD, "another one")
    with pytest.raises(Invalid, match="not your current password"):
        await users.change_password(session, PASSWORD, "a third one")
    for _ in range(2):
        await users.delete(session, "another one")


async def test_a_new_user_can_sign_in() -> None:
    user = await users.join("ada.l_1", "  Ada Lovelace\r\n", "pass word ☂")
    assert (user.username, user.name) == ("ada.l_1", "Ada Lovelace")
    assert user.id < 2**53
    assert await sessions.sign_in("ada.l_1", "pass word ☂", "here")


@pytest.mark.parametrize("username", ["", "a", "a" * 31, "ad a", "a-b", "ädä", "@ada", "٣٣"])
async def test_an_invalid_username_is_refused(username: str) -> None:
    assert await errors(username=username) == {"username": USERNAME_SENTENCE}


@pytest.mark.parametrize("username", ["Mira ", "mira\n", " MI\x01RA"])
async def test_a_username_is_joined_with_as_it_is_signed_in_with(username: str) -> None:
    assert (await users.join(username, "Mira", PASSWORD)).username == "mira"
    assert await sessions.sign_in(username, PASSWORD, "here")


@pytest.mark.parametrize("name", ["", "  ", "\u200b", "\u3164", "\ufe0f", "\u0301", "\u0378"])
async def test_an_invisible_name_is_refused(name: str) -> None:
    assert await errors(name=name) == {"name": NAME_SENTENCE}


async def test_a_name_that_is_too_long_is_refused() -> None:
    assert await errors(name="a" * 51) == {
        "name": "A name has at most 50 characters. This one has 51."
    }


@pytest.mark.parametrize("password", ["", "1234567", "a" * 129, "a\u0308" * 7])
async def test_a_password_of_the_wrong_length_is_refused(password: str) -> None:
    assert await errors(password=password) == {"password": PASSWORD_SENTENCE}


@pytest.mark.parametrize("password", ["password", "PassWord1", "qwertyuiop", "iloveyou"])
async def test_a_password_that_is_guessed_first_is_refused(password: str) -> None:
    sentence = "This is one of the passwords that are guessed first. A few words work well."
    assert await errors(password=password) == {"password": sentence}
    session = await session_of(await make_session(await make_user("bob")))
    with pytest.raises(Invalid) as refusal:
        await users.change_password(session, PASSWORD, password)
    assert refusal.value.errors == {"password": sentence}


async def test_all_errors_are_reported_at_once() -> None:
    assert await errors("A", " ", "short") == {
        "username": USERNAME_SENTENCE,
        "name": NAME_SENTENCE,
        "password": PASSWORD_SENTENCE,
    }


@pytest.mark.parametrize(
    ("username", "name", "password"),
    [("ab", "A", "x7 8_v1q"), ("a" * 30, "漢" * 50, "\x00" * 128), ("._", "😀", "        ")],
)
async def test_the_shortest_and_longest_values_are_accepted(
    username: str, name: str, password: str
) -> None:
    await users.join(username, name, password)
    assert await sessions.sign_in(username, password, "here")


async def test_a_taken_username_is_refused_also_when_both_come_at_once() -> None:
    joining = [users.join("ada", name, PASSWORD) for name in ("One", "Two", "Three")]
    outcomes = await asyncio.gather(*joining, return_exceptions=True)
    refusals = [outcome for outcome in outcomes if isinstance(outcome, Invalid)]
    assert len(refusals) == 2
    for refusal in refusals:
        assert refusal.errors == {"username": "This username is taken."}


async def test_a_changed_name_is_cleaned_and_found() -> None:
    ada = await make_user("ada")
    await users.rename(ada, " Coun\u200btess\x00\n ")
    assert [user.name for user in await users.search("countess")] == ["Countess"]
    with pytest.raises(Invalid) as refusal:
        await users.rename(ada, "\u200b")
    assert refusal.value.errors == {"name": NAME_SENTENCE}


async def test_a_changed_password_ends_all_other_sessions() -> None:
    ada = await make_user("ada")
    here, there = await make_session(ada), await make_session(ada)
    with hub.subscribe(publication.rights(ada.id)) as subscription:
        await users.change_password(await session_of(here), PASSWORD, "another one")
        ended = await subscription.next(5)
    assert ended == [publication.session_end(ada.id, sessions.token_hash(there))]
    assert await sessions.find(here) is not None
    assert await sessions.find(there) is None
    assert await passwords.matches("another one", await stored_users.get_password(ada.id))


async def test_changing_a_password_requires_the_current_one() -> None:
    ada = await make_user("ada")
    session = await session_of(await make_session(ada))
    with pytest.raises(Invalid) as refusal:
        await users.change_password(session, "wrong one", "another one")
    assert refusal.value.errors == {"current": "This is not your current password."}
    with pytest.raises(Invalid) as refusal:
        await users.change_password(session, PASSWORD, "short")
    assert refusal.value.errors == {"password": PASSWORD_SENTENCE}
    assert await passwords.matches(PASSWORD, await stored_users.get_password(ada.id))


async def test_a_session_allows_ten_guesses_at_its_own_password() -> None:
    ada = await make_user("ada")
    session = await session_of(await make_session(ada))
    for _ in range(sessions.ATTEMPTS // 2):
        with pytest.raises(Invalid, match="This is not your current password"):
            await users.change_password(session, "wrong one", "another one")
        with pytest.raises(Invalid, match="This is not your current password"):
            await users.delete(session, "wrong one")
    for attempt in (users.change_password(session, PASSWORD, "x"), users.delete(session, PASSWORD)):
        with pytest.raises(TooMany):
            await attempt
    assert await sessions.sign_in("ada", PASSWORD, "here"), "that is counted apart"


async def test_a_deleted_account_cannot_be_signed_in_to_found_or_reached() -> None:
    ada, bob = await make_user("ada", "Ada"), await make_user("bob", "Bob")
    token = await make_session(ada)
    direct = await make_conversation([ada, bob])
    group = await make_conversation([ada, bob], "Tea")
    await make_message(ada, direct, "Hello")
    session = await session_of(token)
    with pytest.raises(Invalid) as refusal:
        await users.delete(session, "wrong one")
    assert refusal.value.errors == {"delete": "This is not your current password."}
    with hub.subscribe(publication.rights(ada.id)) as subscription:
        await users.delete(session, PASSWORD)
        told = await subscription.next(5)
    assert told == [
        publication.removal(ada.id, group),
        publication.session_end(ada.id, session.token_hash),
    ]
    assert await stored_session(session.token_hash, 0, 0) is None
    with pytest.raises(Invalid):
        await sessions.sign_in("ada", PASSWORD, "here")
    assert await users.search("ada") == []
    assert await users.search("who left") == []
    assert await participants.list_ids([group]) == {group: {bob.id}}
    entry = (await inbox.list_lines([(bob.id, direct)])).get((bob.id, direct))
    assert entry is not None
    assert (entry.title, entry.author_name, entry.body) == (users.DELETED, users.DELETED, "Hello")
    assert (await users.join("ada", "Another", PASSWORD)).id != ada.id


async def test_people_are_found_by_parts_of_both_names() -> None:
    for username, name in (("ada", "Countess"), ("bob_m", "Straße 100%"), ("cem", "ÇEM")):
        await make_user(username, name)

    async def found(query: str) -> list[str]:
        return [user.username for user in await users.search(query)]

    assert await found("DA") == ["ada"]
    assert await found(" @bob ") == ["bob_m"]
    assert await found("STRASSE") == ["bob_m"]
    assert await found("çem") == ["cem"]
    assert await found("b_m") == ["bob_m"]
    assert await found("0%") == ["bob_m"]
    assert await found("!!") == []
    assert await found("%%") == []
    assert await found("__") == []


@pytest.mark.parametrize(
    ("name", "queries"),
    [
        ("José Ñáñez", ["jose", "JOSÉ", "jose\u0301", "nanez", "é ñ"]),
        ("Jose\u0301", ["josé", "jose"]),
        ("Søren Łuka", ["soren", "SØREN", "luka", "ŁUKA"]),
        ("Ὀδυσσεύς", ["οδυσσευσ", "ΟΔΥΣΣΕΎΣ"]),
        ("Елена Ёлкина", ["елкина", "ЁЛК"]),
        ("İpek Işık", ["ipek", "isik", "IŞIK"]),
        ("مُحَمَّد علی\u200cرضا", ["محمد", "علیرضا"]),
        ("שָׁלוֹם", ["שלום"]),
        ("हिन्दी", ["हिन्दी"]),
        ("がく", ["がく", "か\u3099"]),
        ("李 小龙", ["李", "小龙"]),
        ("김 철수", ["김", "철수", "김"]),
        ("Ada 🌙", ["🌙", "🌙\ufe0f"]),
    ],
)
async def test_people_are_found_however_their_name_is_written(
    name: str, queries: list[str]
) -> None:
    await users.join("searched", name, PASSWORD)
    await users.join("else", "Else", PASSWORD)
    for query in queries:
        assert not users.is_too_short(query)
        assert [user.username for user in await users.search(query)] == ["searched"], query


async def test_a_voiced_syllable_is_another_one() -> None:
    await make_user("gaku", "がく")
    assert await users.search("かく") == []


async def test_a_search_needs_two_characters_and_has_an_end() -> None:
    for number in range(12):
        await make_user(f"twin{number}")
    assert await users.search("t") == []
    assert await users.search(" @t ") == []
    assert await users.search("\x00t") == []
    assert users.is_too_short("t\u0301")
    assert len(await users.search("tw")) == users.SUGGESTIONS
