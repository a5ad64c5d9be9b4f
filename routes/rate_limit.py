"""How much somebody may do at once: frames of a socket, and what is posted."""

import time

from starlette.exceptions import HTTPException

from db.users import User

A_SECOND = 20
AT_ONCE = 60


class TooFast(HTTPException):
    """More than somebody may post. It was not done, and may be tried again in a moment."""

    def __init__(self) -> None:
        super().__init__(429, headers={"Retry-After": "1"})


class Allowance:
    """`A_SECOND`, saved up to `AT_ONCE` (a token bucket)."""

    __slots__ = ("_counted_at", "_left")

    def __init__(self) -> None:
        self._left = float(AT_ONCE)
        self._counted_at = time.monotonic()

    def take(self) -> bool:
        moment = time.monotonic()
        earned = (moment - self._counted_at) * A_SECOND
        self._left = min(AT_ONCE, self._left + earned)
        self._counted_at = moment
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def is_whole(self) -> bool:
        """Whether it is as good as a new one by now, whatever was taken of it."""
        return time.monotonic() - self._counted_at >= AT_ONCE / A_SECOND


_allowances: dict[int, Allowance] = {}
"""Of those who have posted in the last seconds, by their ids, whose last post is longest ago
first."""


def spend(user: User) -> None:
    """One thing that somebody posts, over whichever tabs. Raises `TooFast`.

    Each process counts what comes to it, so that several let through so many times more.
    """
    while _allowances and _allowances[oldest := next(iter(_allowances))].is_whole():
        del _allowances[oldest]
    allowance = _allowances.pop(user.id, None) or Allowance()
    _allowances[user.id] = allowance
    if not allowance.take():
        raise TooFast
