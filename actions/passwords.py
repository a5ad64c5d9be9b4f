"""Passwords: argon2id (RFC 9106), in threads, so that the event loop never waits for a hash."""

import re
import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

import argon2
from anyio import CapacityLimiter, to_thread

from actions.errors import TooMany, duration

# OWASP's minimum, https://cheatsheetseries.owasp.org: 19 MiB, two passes, one lane.
HASHER = argon2.PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
NO_USER = HASHER.hash(secrets.token_hex())
"""A hash that no password has: an unknown username takes as long to check as a known one."""

SPACE = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")

AT_ONCE = 2
"""Passwords that are hashed or checked at a time. One place is reserved for checks, so that
sign-ins do not wait for sign-ups."""

WAITING = 30
"""Passwords that wait for each of the two, about two seconds' work. The next is refused."""

WAIT = 2
"""Seconds after which it may be tried again."""

_admitted = 0
_checks: CapacityLimiter | None = None
_hashes: CapacityLimiter | None = None


async def make_hash(password: str) -> str:
    """Raises `TooMany` where too many wait already."""
    async with admitted_to(hashes()), checks():
        return await to_thread.run_sync(HASHER.hash, normalized(password))


async def renew_hash(password: str) -> str:
    """The same at a sign-in, in the queue of the sign-ins."""
    async with admitted_to(checks()):
        return await to_thread.run_sync(HASHER.hash, normalized(password))


@contextmanager
def admitted() -> Iterator[None]:
    """While the block runs, a place in the queue of those whose password is checked. Raises
    `TooMany` where all are taken."""
    global _admitted
    if _admitted >= AT_ONCE + WAITING:
        raise busy()
    _admitted += 1
    try:
        yield
    finally:
        _admitted -= 1


async def matches(password: str, password_hash: str | None) -> bool:
    """Whether the password has this hash; with None, False after the usual time. For those who are
    `admitted`."""
    async with checks():
        return await to_thread.run_sync(check, password, password_hash or NO_USER)


def check(password: str, password_hash: str) -> bool:
    """A hash may be of the password as it was typed: once they were not normalized."""
    typed = dict.fromkeys((normalized(password), password))
    return any(is_hash_of(each, password_hash) for each in typed)


def is_hash_of(password: str, password_hash: str) -> bool:
    try:
        return HASHER.verify(password_hash, password)
    except (argon2.exceptions.VerifyMismatchError, argon2.exceptions.InvalidHashError):
        return False


def is_outdated(password_hash: str) -> bool:
    """Whether hashes are made with other parameters now."""
    return HASHER.check_needs_rehash(password_hash)


def normalized(password: str) -> str:
    """The same for every keyboard: NFC with ASCII spaces, as RFC 8265's OpaqueString maps it.

    No character is refused, so that next year's emoji may be in one.
    """
    if password.isascii():
        return password
    return unicodedata.normalize("NFC", SPACE.sub(" ", password))


def admitted_to(limiter: CapacityLimiter) -> CapacityLimiter:
    """The limiter. Raises `TooMany` if its queue is full."""
    if limiter.statistics().tasks_waiting >= WAITING:
        raise busy()
    return limiter


def busy() -> TooMany:
    return TooMany(WAIT, form=f"Parley is very busy. Try again in {duration(WAIT)}.")


def checks() -> CapacityLimiter:
    global _checks
    if _checks is None:
        _checks = CapacityLimiter(AT_ONCE)
    return _checks


def hashes() -> CapacityLimiter:
    global _hashes
    if _hashes is None:
        _hashes = CapacityLimiter(AT_ONCE - 1)
    return _hashes
