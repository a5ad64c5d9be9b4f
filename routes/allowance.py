"""How much somebody may do at once."""

import time

FRAMES_A_SECOND = 20
FRAMES_AT_ONCE = 60


class Allowance:
    """`FRAMES_A_SECOND`, saved up to `FRAMES_AT_ONCE` (a token bucket)."""

    __slots__ = ("_counted_at", "_left")

    def __init__(self) -> None:
        self._left = float(FRAMES_AT_ONCE)
        self._counted_at = time.monotonic()

    def take(self) -> bool:
        moment = time.monotonic()
        earned = (moment - self._counted_at) * FRAMES_A_SECOND
        self._left = min(FRAMES_AT_ONCE, self._left + earned)
        self._counted_at = moment
        if self._left < 1:
            return False
        self._left -= 1
        return True
