"""What each person may do in a while, over all their connections, tabs and sessions.

The allowances are a process's own: N workers allow N times as much.
"""

import math
import time

from actions.errors import TooMany, duration
from db.users import User

RATE = 20
"""Frames and posts a second."""

BURST = 60


class RateLimited(TooMany):
    """The user is too fast. Nothing was done."""


class TokenBucket:
    """`rate` tokens a second, saved up to `burst`."""

    __slots__ = ("_burst", "_counted_at", "_left", "_rate")

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._left = float(burst)
        self._counted_at = time.monotonic()

    def take(self) -> bool:
        """Take a token; False if there is none."""
        moment = time.monotonic()
        earned = (moment - self._counted_at) * self._rate
        self._left = min(self._burst, self._left + earned)
        self._counted_at = moment
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def wait(self) -> int:
        """Whole seconds until there is a token."""
        return max(1, math.ceil((1 - self._left) / self._rate))

    def is_full(self) -> bool:
        """Whether it has surely refilled, whatever was taken."""
        return time.monotonic() - self._counted_at >= self._burst / self._rate


class Allowance:
    """A bucket for each user who took from it in the last while. `too_many` says what was done too
    often."""

    def __init__(self, rate: float, burst: float, too_many: str) -> None:
        self.rate = rate
        self.burst = burst
        self._too_many = too_many
        self._buckets: dict[int, TokenBucket] = {}
        """By user id, the most recent last."""

    def take(self, user: User) -> bool:
        """Count one thing that a user does; False if it is one too many."""
        return self._bucket(user).take()

    def charge(self, user: User) -> None:
        """The same. Raises `RateLimited`."""
        bucket = self._bucket(user)
        if not bucket.take():
            wait = bucket.wait()
            raise RateLimited(wait, form=f"{self._too_many} Try again in {duration(wait)}.")

    def _bucket(self, user: User) -> TokenBucket:
        buckets = self._buckets
        while buckets and buckets[oldest := next(iter(buckets))].is_full():
            del buckets[oldest]
        bucket = buckets.pop(user.id, None) or TokenBucket(self.rate, self.burst)
        buckets[user.id] = bucket
        return bucket


frames_and_posts = Allowance(RATE, BURST, "That was too much at once.")
drafts = Allowance(2, 60, "Too many drafts were saved at once.")
"""Apart from what is sent: who types must not lose the allowance for sending it."""

searches = Allowance(5, 30, "You have searched too often.")
new_conversations = Allowance(1 / 10, 100, "You have started too many conversations.")
renames = Allowance(1 / 60, 10, "You have changed your name too often.")
