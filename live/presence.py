"""The users connected to this process."""

from collections import Counter
from collections.abc import KeysView

_connections: Counter[int] = Counter()
_inboxes: Counter[int] = Counter()


def come(user_id: int, *, shows_inbox: bool) -> None:
    """Count one more connection of a user."""
    _connections[user_id] += 1
    if shows_inbox:
        _inboxes[user_id] += 1


def go(user_id: int, *, shows_inbox: bool) -> None:
    """Count one connection less."""
    for counter in (_connections, _inboxes)[: 1 + shows_inbox]:
        counter[user_id] -= 1
        if not counter[user_id]:
            del counter[user_id]


def count(user_id: int) -> int:
    """How many connections a user has here."""
    return _connections[user_id]


def everybody() -> list[int]:
    """The ids of all users connected here."""
    return list(_connections)


def at_inboxes() -> KeysView[int]:
    """The ids of the users whose connections show an inbox."""
    return _inboxes.keys()
