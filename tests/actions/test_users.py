"""Joining, and changing what others see."""

import asyncio

import pytest

from actions import passwords, sessions, users
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


async def test_a_new_user_can_sign_in() -> None:
    user = await users.join("ada.l_1", "  Ada Lovelace\r\n", "pass word ☂")
    assert (user.username, user.name) == ("ada.l_1", "Ada Lovelace")
    assert user.id < 2**53
    assert await sessions.sign_in("ada.l_1", "pass word ☂", "here")


@pytest.mark.parametrize(
    "username", ["", "a", "a" * 31, "Ada", "ad a", "a-b", "ädä", "ada\n", "ad\x01a", "@ada", "٣٣"]
)
async def test_an_invalid_username_is_refused(username: str) -> None:
    assert await errors(username=username) == {"username": USERNAME_SENTENCE}


@pytest.mark.parametrize("name", ["", "  ", "\u200b", "\u3164"])
async def test_an_invisible_name_is_refused(name: str) -> None:
    assert await errors(name=name) == {"name": NAME_SENTENCE}


@pytest.mark.parametrize(("name", "length"), [("a" * 51, 51), ("a\nb", 3)])
async def test_a_name_that_does_not_fit_is_refused(name: str, length: int) -> None:
    assert await errors(name=name) == {
        "name": f"A name has one line and at most 50 characters. This one has {length}."
    }


@pytest.mark.parametrize("password", ["", "1234567", "a" * 129])
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
    await users.rename(ada, " Countess\x00 ")
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
        publication.session_end(ada.id, session.token_hash),
        publication.removal(ada.id, group),
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


async def test_a_search_needs_two_characters_and_has_an_end() -> None:
    for number in range(12):
        await make_user(f"twin{number}")
    assert await users.search("t") == []
    assert await users.search(" @t ") == []
    assert await users.search("\x00t") == []
    assert len(await users.search("tw")) == users.SUGGESTIONS
