"""The time, as it is stored."""

import time


def now() -> int:
    """Milliseconds since 1970 in UTC. For showing and for expiry, never for ordering."""
    return time.time_ns() // 1_000_000
