"""Limits for the frames of a socket and the posts of a user."""

import time

from starlette.exceptions import HTTPException

from db.users import User

RATE = 20
"""Tokens a second."""

BURST = 60


class RateLimited(HTTPException):
    """The user posts too fast. Nothing was done; retry in a moment."""

    def __init__(self) -> None:
        super().__init__(429, headers={"Retry-After": "1"})


class TokenBucket:
    """`RATE` tokens a second, saved up to `BURST`."""

    __slots__ = ("_counted_at", "_left")

    def __init__(self) -> None:
        self._left = float(BURST)
        self._counted_at = time.monotonic()

    def take(self) -> bool:
        """Take a token; False if there is none."""
        moment = time.monotonic()
        earned = (moment - self._counted_at) * RATE
        self._left = min(BURST, self._left + earned)
        self._counted_at = moment
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def is_full(self) -> bool:
        """Whether it has surely refilled, whatever was taken."""
        return time.monotonic() - self._counted_at >= BURST / RATE


_buckets: dict[int, TokenBucket] = {}
"""By user id, for users who posted in the last seconds, the most recent last."""


def charge(user: User) -> None:
    """Count one post of a user, from any of their tabs. Raises `RateLimited`.

    The limit is per process: N workers allow N times as much.
    """
    while _buckets and _buckets[oldest := next(iter(_buckets))].is_full():
        del _buckets[oldest]
    bucket = _buckets.pop(user.id, None) or TokenBucket()
    _buckets[user.id] = bucket
    if not bucket.take():
        raise RateLimited
