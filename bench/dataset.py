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
class Inbox:
    """What a reader of pages has: so many conversations, each with the person of the next number
    and of so many messages, of which the last `unread` of the other's are unread."""

    reader: int
    first_conversation: int
    conversations: int = 30
    messages: int = 60
    unread: int = 3
    body: str = "The tide is in, the boat is out, and nobody has seen the cover since Saturday."


PAGES = Inbox(reader=2_000, first_conversation=10_000)
MANY = Inbox(reader=3_000, first_conversation=20_000, conversations=5_000, messages=4, unread=1)
LONG = Inbox(reader=8_500, first_conversation=30_000, conversations=1, messages=1_000_000)
