"""Publications: text under a topic."""

import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from operator import attrgetter

import orjson


@dataclass(slots=True)
class Publication:
    """`text` for all subscribers of `topic`.

    With a `revision` it is a durable change of a conversation, which a subscriber applies in order
    and can recover from the database. Without one it is ephemeral: delivered at most once. All
    subscribers share it, so it must not be changed. (A frozen class is slower to create.)
    """

    topic: str
    text: str = ""
    revision: int | None = None
    published_at: float = field(default_factory=time.time, compare=False)
    """Seconds since 1970. For measuring, never for ordering."""

    previous_revision: int | None = None
    """The conversation's revision before this change, if it covers several in a row; None for
    `revision - 1`."""

    @property
    def base(self) -> int:
        """The revision that a subscriber must hold for `text` to be its next change."""
        assert self.revision is not None
        return self.revision - 1 if self.previous_revision is None else self.previous_revision


EVERYBODY = "everybody"
"""The topic of every subscriber."""

RESYNC = Publication(EVERYBODY, "resync")
"""Publications may have been lost: every subscriber re-reads the database."""

ENDING = Publication(EVERYBODY, "ending")
"""This process is shutting down: every subscriber closes."""


def conversation(conversation_id: int) -> str:
    """The topic of a conversation's changes and typing notifications."""
    return f"conversation/{conversation_id}"


ACTIVITY = "activity"
"""The topic of conversations whose inbox lines have changed."""


def activity(conversation_id: int, user_id: int | None = None) -> Publication:
    """The line of a conversation has changed in every participant's inbox, or in one user's."""
    return Publication(ACTIVITY, f"{conversation_id} {user_id or ''}".strip())


PEOPLE = "people"
"""The topic of conversations in which a participant was renamed, or has left."""


def people(conversation_id: int, user_id: int) -> Publication:
    """A participant of a conversation was renamed, or has left it."""
    return Publication(PEOPLE, f"{conversation_id} {user_id}")


RECEIPTS = "receipts"
"""The topic of receipts that have moved, or are hidden or shown again."""

PLACES_AT_ONCE = 150
"""Places in one publication: fewer bytes than any broker carries."""


def receipts_moved(places: Iterable[tuple[int, int]]) -> list[Publication]:
    """The receipts of users in conversations have changed: conversation, user."""
    listed = [f"{conversation_id}:{user_id}" for conversation_id, user_id in places]
    starts = range(0, len(listed), PLACES_AT_ONCE)
    return [Publication(RECEIPTS, " ".join(listed[i : i + PLACES_AT_ONCE])) for i in starts]


def receipts_hidden(user_id: int) -> Publication:
    """A user hides receipts, or shows them again: their pages look which it is."""
    return Publication(rights(user_id), "receipts")


def receipts(conversation_id: int) -> str:
    """The topic of a conversation's receipts in this process, for those who may see them."""
    return f"receipts/{conversation_id}"


def inbox(user_id: int) -> str:
    """The topic of a user's inbox in this process; without a text, the inbox must be re-read."""
    return f"inbox/{user_id}"


def session_end(user_id: int, token_hash: str) -> Publication:
    """A session has ended: its streams end."""
    return Publication(rights(user_id), f"session/{token_hash}")


def removal(user_id: int, conversation_id: int) -> Publication:
    """A user is no longer a participant: their streams of that conversation end."""
    return Publication(rights(user_id), f"conversation/{conversation_id}")


def rights(user_id: int) -> str:
    """The topic of a user's ended rights."""
    return f"rights/{user_id}"


def encode(publications: Sequence[Publication], limit: int) -> list[str]:
    """The publications in as few texts of at most `limit` bytes as possible.

    A publication that is larger by itself travels as a pointer: without its text, which subscribers
    read from the database. So does one that cannot be encoded (half a surrogate pair).
    """
    with suppress(TypeError):
        text = orjson.dumps([DESCRIBED(publication) for publication in publications])
        if len(text) <= limit:
            return [text.decode()]
    if len(publications) == 1:
        return encode([replace(publications[0], text="")], limit)
    half = len(publications) // 2
    return encode(publications[:half], limit) + encode(publications[half:], limit)


NAMES = [field.name for field in fields(Publication)]
DESCRIBED = attrgetter(*NAMES)


def decode(text: str) -> list[Publication]:
    """The publications that `encode` put into a text. Fields that a newer version has added are
    ignored; text that cannot be read may have been a change, so it becomes `RESYNC`."""
    try:
        described = orjson.loads(text)
    except ValueError:
        described = None
    if not isinstance(described, list) or not all(
        isinstance(each, list) and each for each in described
    ):
        return [RESYNC]
    return [Publication(*each[: len(NAMES)]) for each in described]
