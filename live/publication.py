"""What is published: text under a topic."""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from operator import attrgetter

import orjson


@dataclass(slots=True)
class Publication:
    """`text` for all who subscribe to `topic`.

    With a `revision` it is a durable change of a conversation, which a subscriber applies in order
    and can recover from the database. Without one it is ephemeral: delivered at most once. All who
    are handed it share it. (To be frozen would take a microsecond of each message's forty.)
    """

    topic: str
    text: str = ""
    revision: int | None = None
    published_at: float = field(default_factory=time.time, compare=False)
    """In seconds since 1970. For measuring, never for ordering."""

    previous_revision: int | None = None
    """The revision of the conversation before this change, where it stands for several in a row;
    None: the one before `revision`."""

    @property
    def base(self) -> int:
        """What a subscriber has to hold for `text` to be the next it needs."""
        assert self.revision is not None
        return self.revision - 1 if self.previous_revision is None else self.previous_revision


EVERYBODY = "everybody"
"""The topic to which every subscription belongs."""

RESYNC = Publication(EVERYBODY, "resync")
"""Something may have been lost: whoever is handed this re-reads the database."""

ENDING = Publication(EVERYBODY, "ending")
"""This process is about to end: whoever is handed this says farewell."""


def conversation(conversation_id: int) -> str:
    """The topic of a conversation's changes and of who is typing in it."""
    return f"conversation/{conversation_id}"


ACTIVITY = "activity"
"""The topic of conversations whose lines in inboxes have changed."""


def activity(conversation_id: int, user_id: int | None = None) -> Publication:
    """The line of a conversation has changed in everybody's inbox, or in one person's."""
    return Publication(ACTIVITY, f"{conversation_id} {user_id or ''}".strip())


def inbox(user_id: int) -> str:
    """The topic of somebody's inbox in this process; without a text it has to be read anew."""
    return f"inbox/{user_id}"


def session_end(user_id: int, token_hash: str) -> Publication:
    """Somebody's sign-in is over: whatever it opened ends."""
    return Publication(rights(user_id), f"session/{token_hash}")


def removal(user_id: int, conversation_id: int) -> Publication:
    """Somebody is no longer a participant: what they follow of that conversation ends."""
    return Publication(rights(user_id), f"conversation/{conversation_id}")


def rights(user_id: int) -> str:
    """The topic of what somebody may no longer do."""
    return f"rights/{user_id}"


def encode(publications: Sequence[Publication], limit: int) -> list[str]:
    """As few texts of at most `limit` bytes as it takes.

    A publication that is larger by itself travels as a pointer: without its text, which those who
    are handed it read from the database. So does one that is no text (half a surrogate pair).
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
    """What `encode` made this text of. The fields that a newer version has added are left out;
    what cannot be read at all may have been a change, so everybody re-reads the database."""
    try:
        described = orjson.loads(text)
    except ValueError:
        described = None
    if not isinstance(described, list) or not all(
        isinstance(each, list) and each for each in described
    ):
        return [RESYNC]
    return [Publication(*each[: len(NAMES)]) for each in described]
