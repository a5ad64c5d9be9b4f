"""What receipts say about a message."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

LISTED = 100
"""People who are named on a message's page; of more it says how many."""


class Receipt(Protocol):
    @property
    def user_id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def tint(self) -> int | None: ...
    @property
    def read_position(self) -> int: ...
    @property
    def read_at(self) -> int: ...
    @property
    def delivered_position(self) -> int: ...
    @property
    def delivered_at(self) -> int: ...


class State(NamedTuple):
    """What became of a message, in words, and since when where that is known; static/js/receipts.js
    says the same."""

    words: str
    at: int | None = None


class Reached(NamedTuple):
    """A person whom a message has reached: at a time, or by then."""

    name: str
    tint: int | None
    at: int
    is_exact: bool


class Reach(NamedTuple):
    """Those who have read a message, and those who only hold it: some by name, and how many."""

    readers: list[Reached]
    read_count: int
    holders: list[Reached]
    delivered_count: int


def state_of(kind: str, position: int, others: Sequence[Receipt]) -> State:
    """What became of the newest message of a conversation of this kind."""
    readers = [each for each in others if each.read_position >= position]
    if readers and kind == "direct":
        return State("Read", readers[0].read_at)
    if readers:
        return State(f"Read by {len(readers)}")
    is_delivered = others and all(each.delivered_position >= position for each in others)
    return State("Delivered" if is_delivered else "Sent")


def reach_of(position: int, others: Sequence[Receipt]) -> Reach:
    """Whom a message has reached."""
    readers = [each for each in others if each.read_position >= position]
    holders = [each for each in others if each.read_position < position <= each.delivered_position]
    return Reach(
        [
            Reached(each.name, each.tint, each.read_at, each.read_position == position)
            for each in readers[:LISTED]
        ],
        len(readers),
        [
            Reached(each.name, each.tint, each.delivered_at, each.delivered_position == position)
            for each in holders[:LISTED]
        ],
        len(holders),
    )
