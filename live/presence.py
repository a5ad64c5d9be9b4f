"""The users connected to this process."""

from collections import Counter
from collections.abc import KeysView
from typing import Any

import settings

_connections: Counter[int] = Counter()
_addresses: Counter[str] = Counter()
_inboxes: Counter[int] = Counter()


def come(user_id: int, address: str = "", *, shows_inbox: bool) -> None:
    """Count one more connection of a user, and from an address where it is known."""
    _connections[user_id] += 1
    _addresses[address] += 1
    if shows_inbox:
        _inboxes[user_id] += 1


def go(user_id: int, address: str = "", *, shows_inbox: bool) -> None:
    """Count one connection less."""
    decrease(_connections, user_id)
    decrease(_addresses, address)
    if shows_inbox:
        decrease(_inboxes, user_id)


def decrease(counter: Counter[Any], key: object) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]


def has_room(user_id: int, address: str) -> bool:
    """Whether the user, and the address where it is known, may have one more connection here."""
    return not (
        0 < settings.CONNECTIONS_PER_PERSON <= _connections[user_id]
        or (address and 0 < settings.CONNECTIONS_PER_ADDRESS <= _addresses[address])
    )


def everybody() -> list[int]:
    """The ids of all users connected here."""
    return list(_connections)


def at_inboxes() -> KeysView[int]:
    """The ids of the users whose connections show an inbox."""
    return _inboxes.keys()
