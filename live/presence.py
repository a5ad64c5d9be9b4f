"""Who is connected to this process."""

from collections import Counter
from collections.abc import Iterator, KeysView
from contextlib import contextmanager

_connections: Counter[int] = Counter()
_inboxes: Counter[int] = Counter()


@contextmanager
def connected(user_id: int, *, shows_inbox: bool) -> Iterator[None]:
    """While the block runs one more connection of this person is open here."""
    come(user_id, shows_inbox=shows_inbox)
    try:
        yield
    finally:
        go(user_id, shows_inbox=shows_inbox)


def come(user_id: int, *, shows_inbox: bool) -> None:
    """One more connection of this person is open here."""
    _connections[user_id] += 1
    if shows_inbox:
        _inboxes[user_id] += 1


def go(user_id: int, *, shows_inbox: bool) -> None:
    """One connection less."""
    for counter in (_connections, _inboxes)[: 1 + shows_inbox]:
        counter[user_id] -= 1
        if not counter[user_id]:
            del counter[user_id]


def everybody() -> list[int]:
    """The ids of all who are connected here."""
    return list(_connections)


def at_inboxes() -> KeysView[int]:
    """The ids of those whose connections show an inbox."""
    return _inboxes.keys()
