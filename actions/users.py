"""Signing up, the account, and finding people."""

import re
import secrets

from actions import passwords
from actions.changes import transaction
from actions.clock import now
from actions.errors import Invalid
from actions.sessions import OWN_ACCOUNT, confirm, end_all
from actions.text import clean, is_blank
from db import login_attempts, participants, users
from db.sessions import Session
from db.users import User
from live import publication

USERNAME = re.compile(r"[a-z0-9_.]{2,30}")
NAME_LENGTH = 50
PASSWORD_LENGTHS = range(8, 129)
DELETED = "Someone who left"
SUGGESTIONS = 10
SEARCH_LENGTH = 2


async def join(username: str, name: str, password: str) -> User:
    """A new user. Raises `Invalid`, with a sentence for each field that is not valid."""
    name = clean(name).strip()
    errors = {
        "username": username_error(username),
        "name": name_error(name),
        "password": password_error(password),
    }
    refuse(errors)
    password_hash = await passwords.make_hash(password)
    async with transaction():
        user = await users.add(
            secrets.randbits(53), username, name, name.casefold(), password_hash, now()
        )
    if user is None:
        raise Invalid(username="This username is taken.")
    return user


async def rename(user: User, name: str) -> None:
    """Change the shown name. Raises `Invalid`."""
    name = clean(name).strip()
    refuse({"name": name_error(name)})
    async with transaction():
        await users.update_name(user.id, name, name.casefold())


async def change_password(session: Session, current: str, password: str) -> None:
    """Change the password and end all other sessions of the user. Raises `Invalid`."""
    await confirm(session.user, current, "current")
    refuse({"password": password_error(password)})
    password_hash = await passwords.make_hash(password)
    async with transaction() as publications:
        await login_attempts.remove(session.user.username, OWN_ACCOUNT)
        await users.update_password(session.user.id, password_hash)
        publications.extend(await end_all(session.user, but=session.token_hash))


async def delete(session: Session, password: str) -> None:
    """Delete an account: it can no longer be signed in to, found or written to.

    The messages stay with those who got them, under the name `DELETED`. Raises `Invalid` where the
    password is wrong.
    """
    user = session.user
    await confirm(user, password, "delete")
    async with transaction() as publications:
        await users.update_deleted(user.id, f"deleted-{user.id}", DELETED)
        groups = await participants.remove_from_groups(user.id)
        publications.extend(await end_all(user))
        publications += [
            publication.removal(user.id, conversation_id) for conversation_id in groups
        ]


async def search(query: str) -> list[User]:
    """At most `SUGGESTIONS` users whose username or name contains `query`.

    Empty for fewer than `SEARCH_LENGTH` characters: all users cannot be listed.
    """
    query = clean(query[: 2 * NAME_LENGTH])[:NAME_LENGTH].strip().removeprefix("@").casefold()
    if len(query) < SEARCH_LENGTH:
        return []
    literal = query.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return await users.search(f"%{literal}%", SUGGESTIONS)


def refuse(errors: dict[str, str | None]) -> None:
    wrong = {field: sentence for field, sentence in errors.items() if sentence}
    if wrong:
        raise Invalid(**wrong)


def username_error(username: str) -> str | None:
    if USERNAME.fullmatch(username):
        return None
    return "A username has 2 to 30 letters (a–z), digits, dots or underscores."


def name_error(name: str) -> str | None:
    if len(name) > NAME_LENGTH or "\n" in name:
        return (
            f"A name has one line and at most {NAME_LENGTH} characters. This one has {len(name)}."
        )
    return "Type your name." if is_blank(name) else None


def password_error(password: str) -> str | None:
    if len(password) in PASSWORD_LENGTHS:
        return None
    return "A password needs 8 to 128 characters. A few words work well."
