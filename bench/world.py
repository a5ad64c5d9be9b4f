"""Who talks to whom: the same people and rooms for every stack."""

from dataclasses import dataclass

PEOPLE = 10_000
PAIRS = 500
CROWDS = 100
"""Rooms of a hundred that the reconnecting crowd is spread over."""

BODY = "@N@ The tide is in, the boat is out, and nobody has seen the cover since Saturday."
"""What everybody says; @N@ becomes the message's number."""


@dataclass(frozen=True)
class Room:
    """A conversation of the people with these numbers."""

    number: int
    people: range


def group(size: int) -> Room:
    """One of 10, 100, 1,000 or 10,000."""
    return Room(len(str(size)), range(size))


GROUPS = [group(10), group(100), group(1_000), group(10_000)]
PAIR_ROOMS = [Room(1_000 + n, range(2 * n, 2 * n + 2)) for n in range(PAIRS)]
CROWD_ROOMS = [Room(2_000 + n, range(100 * n, 100 * n + 100)) for n in range(CROWDS)]
ROOMS = [*GROUPS, *PAIR_ROOMS, *CROWD_ROOMS]


@dataclass(frozen=True)
class Pages:
    """What whoever looks at pages sees: an inbox of so many conversations, each of the reader with
    the person of the next number, of so many messages, some of them unread."""

    reader: int = 2_000
    first_conversation: int = 10_000
    conversations: int = 30
    messages: int = 60
    unread: int = 3
    body: str = "The tide is in, the boat is out, and nobody has seen the cover since Saturday."


PAGES = Pages()
