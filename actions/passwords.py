"""Passwords: argon2id (RFC 9106), in threads, so that the event loop never waits for a hash."""

import re
import secrets
import unicodedata

import argon2
from anyio import CapacityLimiter, to_thread

# OWASP's minimum, https://cheatsheetseries.owasp.org: 19 MiB, two passes, one lane.
HASHER = argon2.PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
NO_USER = HASHER.hash(secrets.token_hex())
"""A hash that no password has: an unknown username takes as long to check as a known one."""

SPACE = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")

AT_ONCE = 2
_limiter: CapacityLimiter | None = None


async def make_hash(password: str) -> str:
    return await to_thread.run_sync(HASHER.hash, normalized(password), limiter=limiter())


async def matches(password: str, password_hash: str | None) -> bool:
    """Whether the password has this hash; with None, False after the usual time."""
    return await to_thread.run_sync(check, password, password_hash or NO_USER, limiter=limiter())


def check(password: str, password_hash: str) -> bool:
    """A hash may be of the password as it was typed: once they were not normalized."""
    typed = dict.fromkeys((normalized(password), password))
    return any(is_hash_of(each, password_hash) for each in typed)


def is_hash_of(password: str, password_hash: str) -> bool:
    try:
        return HASHER.verify(password_hash, password)
    except (argon2.exceptions.VerifyMismatchError, argon2.exceptions.InvalidHashError):
        return False


def normalized(password: str) -> str:
    """The same for every keyboard: NFC with ASCII spaces, as RFC 8265's OpaqueString maps it.

    No character is refused, so that next year's emoji may be in one.
    """
    if password.isascii():
        return password
    return unicodedata.normalize("NFC", SPACE.sub(" ", password))


def limiter() -> CapacityLimiter:
    global _limiter
    if _limiter is None:
        _limiter = CapacityLimiter(AT_ONCE)
    return _limiter
