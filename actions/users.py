"""Signing up, the account, and finding people."""

import re
import secrets
from contextlib import suppress

import regex

from actions import passwords, signups
from actions.changes import transaction
from actions.clock import now
from actions.common_passwords import is_common
from actions.errors import Invalid, TooMany
from actions.participants import depart, people_changed
from actions.sessions import MINUTE, confirm, end_all
from actions.text import clean, clean_label, clean_username
from db import drafts, participants, scheduled, users
from db.folding import contains, folded
from db.sessions import Session
from db.users import User
from live import publication

USERNAME = re.compile(r"[a-z0-9_.]{2,30}")
NAME_LENGTH = 50
PASSWORD_LENGTHS = range(8, 129)
REPEATED_WITHIN = 10 * MINUTE
"""The same form of sign-up, sent again, is a repeat."""

DELETED = "Someone who left"
SUGGESTIONS = 10
SEARCH_LENGTH = 2
WORD_OF_ONE = regex.compile(
    r"[\p{Han}\p{Hangul}\p{Hiragana}\p{Katakana}\p{Yi}\p{Extended_Pictographic}]"
)


async def join(username: str, name: str, password: str, address: str | None = None) -> User:
    """A new user, counted where an address is given; for a repeat, the one who has just signed up
    with the same name and password. Raises `Invalid`, with a sentence for each field that is not
    valid; `TooMany` beyond the limits."""
    username = clean_username(username)
    name = clean_label(name)
    errors = {
        "username": username_error(username),
        "name": name_error(name),
        "password": password_error(password),
    }
    refuse(errors)
    if address is not None:
        await signups.count_signup(address)
    password_hash = await passwords.make_hash(password)
    async with transaction():
        user = await users.add(
            secrets.randbits(53), username, name, folded(name), password_hash, now()
        )
    return user or await find_repeat(username, name, password)


async def find_repeat(username: str, name: str, password: str) -> User:
    with suppress(Invalid):  # the sentence does not depend on whose username it is
        if user := await users.get_new(username, name, now() - REPEATED_WITHIN):
            await confirm(user, password, "password")
            return user
    raise Invalid(username="This username is taken.")


async def rename(user: User, name: str) -> None:
    """Change the shown name. Raises `Invalid`."""
    name = clean_label(name)
    refuse({"name": name_error(name)})
    async with transaction() as publications:
        await users.update_name(user.id, name, folded(name))
        publications.extend(
            people_changed(user.id, await participants.list_conversation_ids(user.id))
        )


async def send_with_ctrl(user: User, with_ctrl: bool) -> None:
    """Send with Ctrl+Enter from now on, or with Enter."""
    async with transaction():
        await users.update_sends_with_ctrl(user.id, with_ctrl)


async def change_password(session: Session, current: str, password: str) -> None:
    """Change the password and end all other sessions of the user. A repeat, after which it is the
    password already, changes nothing. Raises `Invalid`."""
    try:
        await confirm(session.user, current, "current")
    except TooMany:
        raise
    except Invalid:
        with passwords.admitted():
            stored = await users.get_password(session.user.id)
            if await passwords.matches(password, stored):
                return
        raise
    refuse({"password": password_error(password)})
    password_hash = await passwords.make_hash(password)
    async with transaction() as publications:
        await users.update_password(session.user.id, password_hash)
        publications.extend(await end_all(session.user, but=session.token_hash))


async def delete(session: Session, password: str) -> None:
    """Delete an account: it can no longer be signed in to, found or written to.

    The messages stay with those who got them, under the name `DELETED`. Raises `Invalid` where the
    password is wrong; a repeat finds no password, and changes nothing.
    """
    user = session.user
    try:
        await confirm(user, password, "delete")
    except Invalid:
        if await users.is_deleted(user.id):
            return
        raise
    async with transaction() as publications:
        groups = await participants.list_group_ids(user.id)
        await depart(publications, user, user.id, groups)
        others = await participants.list_conversation_ids(user.id)
        await users.update_deleted(user.id, f"deleted-{user.id}", DELETED)
        await drafts.remove_all(user.id)
        await scheduled.remove_all(user.id)
        publications.extend(await end_all(user))
        publications.extend(people_changed(user.id, others))
        publications.extend(publication.receipts_moved((id, user.id) for id in others))


async def search(query: str) -> list[User]:
    """At most `SUGGESTIONS` users whose username or name contains `query`, whatever its accents and
    capitals. Empty where it is too short: all users cannot be listed."""
    if is_too_short(query):
        return []
    return await users.search(contains(searched(query)), SUGGESTIONS)


def is_too_short(query: str) -> bool:
    """Whether it is neither two characters nor a word of one, such as 李."""
    query = searched(query)
    return len(query) < SEARCH_LENGTH and WORD_OF_ONE.fullmatch(query) is None


def searched(query: str) -> str:
    return folded(clean(query)[:NAME_LENGTH].strip().removeprefix("@"))


def refuse(errors: dict[str, str | None]) -> None:
    wrong = {field: sentence for field, sentence in errors.items() if sentence}
    if wrong:
        raise Invalid(**wrong)


def username_error(username: str) -> str | None:
    if USERNAME.fullmatch(username):
        return None
    return "A username has 2 to 30 letters (a–z), digits, dots or underscores."


def name_error(name: str) -> str | None:
    if not name:
        return "Type your name."
    if len(name) > NAME_LENGTH:
        return f"A name has at most {NAME_LENGTH} characters. This one has {len(name)}."
    return None


def password_error(password: str) -> str | None:
    if len(passwords.normalized(password)) not in PASSWORD_LENGTHS:
        return "A password needs 8 to 128 characters. A few words work well."
    if is_common(password):
        return "This is one of the passwords that are guessed first. A few words work well."
    return None
