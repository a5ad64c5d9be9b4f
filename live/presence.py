"""Who is connected to this process."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

_connections: Counter[int] = Counter()


@contextmanager
def connected(user_id: int) -> Iterator[None]:
    """While the block runs one more connection of this person is open here."""
    _connections[user_id] += 1
    try:
        yield
    finally:
        _connections[user_id] -= 1
        if not _connections[user_id]:
            del _connections[user_id]


def everybody() -> list[int]:
    """The ids of all who are connected here."""
    return list(_connections)
