"""Signing in and out."""

import hashlib
import math
import secrets
from collections.abc import Iterable
from contextlib import suppress

from actions import passwords
from actions.changes import transaction
from actions.clock import now
from actions.errors import Invalid, TooMany, duration
from actions.text import clean_username
from db import login_attempts, sessions, users
from db.sessions import Session
from db.users import User
from live import publication
from live.publication import Publication

MINUTE = 60_000
DAY = 24 * 60 * MINUTE
AGE_AT_MOST = 90 * DAY
IDLE_AT_MOST = 14 * DAY
SEEN_EVERY = 60 * MINUTE

ATTEMPTS = 10
ATTEMPTS_WITHIN = 15 * MINUTE
"""Wrong passwords for one account from one address."""

ATTEMPTS_FROM = 100
ATTEMPTS_FROM_WITHIN = 60 * MINUTE
"""Wrong passwords from one address, whatever the accounts."""

ATTEMPTS_ANYWHERE = 100
ATTEMPTS_ANYWHERE_WITHIN = 60 * MINUTE
PACE = 5_000
"""Wrong passwords for one account, whatever the addresses. After that there is one attempt in each
`PACE`: guesses come to nothing, and its owner still gets in."""

ANYWHERE = "anywhere"
"""Stands for the address where all of them are counted."""

OWN_ACCOUNT = "account"
"""Stands for the address where a signed-in user is asked for the password again."""


async def sign_in(username: str, password: str, address: str) -> str:
    """The token of a new session.

    Raises `Invalid` where the two don't fit, in the same words and time whether or not there is
    such a username, and `TooMany` after `ATTEMPTS` wrong ones from this address, beyond the `PACE`
    of an account that many addresses guess at, or where too many sign in at once.
    """
    username = clean_username(username)[:64]
    with passwords.admitted():  # before the attempt is counted
        await count_attempt(username, address)
        user = await users.get_by_username(username)
        stored = await users.get_password(user.id) if user else None
        if not await passwords.matches(password, stored) or user is None:
            raise Invalid(form="Wrong username or password.")
    async with transaction():
        await login_attempts.remove(username, address)
        await login_attempts.remove(username, ANYWHERE)
    await renew_hash(user, password, stored or "")
    return await start(user)


async def renew_hash(user: User, password: str, stored: str) -> None:
    """Hash the password anew where hashes are made with other parameters now, unless too many wait
    for theirs: there will be another sign-in."""
    if not passwords.is_outdated(stored):
        return
    with suppress(TooMany):
        renewed = await passwords.renew_hash(password)
        async with transaction():
            await users.update_hash(user.id, stored, renewed)


async def start(user: User) -> str:
    """The token of a new session, to be kept by the user's browser alone."""
    token = secrets.token_urlsafe(32)
    async with transaction():
        await sessions.add(token_hash(token), user.id, now())
    return token


async def find(token: str) -> Session | None:
    """The session that a token opens, or None where it has ended."""
    return (await find_all([token])).get(token)


async def find_all(tokens: Iterable[str]) -> dict[str, Session]:
    """The same for many tokens at once, by token."""
    hashes = {token: token_hash(token) for token in tokens}
    found = await list_open(hashes.values())
    moment = now()
    if stale := [each.token_hash for each in found.values() if each.seen_at < moment - SEEN_EVERY]:
        async with transaction(len(stale)):
            await sessions.update_seen(stale, moment)
    return {token: found[each] for token, each in hashes.items() if each in found}


async def list_open(token_hashes: Iterable[str]) -> dict[str, Session]:
    """Those of these sessions that have not ended, by the hashes of their tokens."""
    moment = now()
    return await sessions.list_open(token_hashes, moment - AGE_AT_MOST, moment - IDLE_AT_MOST)


async def sign_out(session: Session) -> None:
    """End a session, and with it every socket and stream that it opened."""
    async with transaction() as publications:
        await sessions.remove(session.token_hash)
        publications.append(publication.session_end(session.user.id, session.token_hash))


async def sign_out_everywhere(user: User) -> None:
    """End every session of a user, and with them every socket and stream."""
    async with transaction() as publications:
        publications.extend(await end_all(user))


async def end_all(user: User, but: str = "") -> list[Publication]:
    """End a user's sessions, `but` one, in the present transaction; what to publish after it."""
    ended = await sessions.remove_all(user.id, but)
    return [publication.session_end(user.id, token) for token in ended]


async def confirm(user: User, password: str, field: str) -> None:
    """Raises `Invalid` for this field where it is not the password of the signed-in user."""
    with passwords.admitted():
        await count_attempt(user.username, OWN_ACCOUNT)
        if not await passwords.matches(password, await users.get_password(user.id)):
            raise Invalid(**{field: "This is not your current password."})
    async with transaction():
        await login_attempts.remove(user.username, OWN_ACCOUNT)


async def count_attempt(username: str, address: str) -> None:
    """Count an attempt before it is checked, so that many at once cannot slip through."""
    moment = now()
    async with transaction():
        await users.lock(username)
        await login_attempts.remove_before(moment - ATTEMPTS_FROM_WITHIN)
        free_at = await next_attempt(username, address, moment)
        if free_at <= moment:
            await login_attempts.add(username, address, moment)
            if address != OWN_ACCOUNT:
                await login_attempts.add(username, ANYWHERE, moment)
            return
    wait = math.ceil((free_at - moment) / 1000)
    raise TooMany(wait, form=f"Too many wrong passwords. Try again in {duration(wait)}.")


async def next_attempt(username: str, address: str, moment: int) -> int:
    """When the next attempt may be made."""
    made = await login_attempts.after(username, address, moment - ATTEMPTS_WITHIN)
    if len(made) >= ATTEMPTS:
        return made[-ATTEMPTS] + ATTEMPTS_WITHIN
    if address == OWN_ACCOUNT:
        return moment
    made_from = await login_attempts.after_from(address, moment - ATTEMPTS_FROM_WITHIN)
    if len(made_from) >= ATTEMPTS_FROM:
        return made_from[-ATTEMPTS_FROM] + ATTEMPTS_FROM_WITHIN
    anywhere = await login_attempts.after(username, ANYWHERE, moment - ATTEMPTS_ANYWHERE_WITHIN)
    return anywhere[-1] + PACE if len(anywhere) >= ATTEMPTS_ANYWHERE else moment


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
