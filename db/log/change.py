"""What a participant changes in a conversation's log."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Self

from db.engine.script import Script
from db.engine.statement import Row

if TYPE_CHECKING:
    from db.log.revisions import Logs

Place = tuple[int, int]
"""A conversation and the position of a message in it."""


class Refusal(Enum):
    """Why a change is not stored."""

    NOT_A_PARTICIPANT = "its author takes no part in the conversation"
    USED_ELSEWHERE = "its author has used the client_id in another conversation"
    USED_FOR_OTHER_TEXT = "its author has used the client_id for another text"
    NO_ORIGINAL = "the message that it replies to is not there, or unsent"
    NO_MESSAGE = "there is no such message"
    NOT_THE_AUTHOR = "the message is someone else's"
    UNSENT = "the message was unsent"
    USED_AND_UNSENT = "the message with the client_id was unsent"
    TOO_MANY_PINNED = "the conversation has as many pinned messages as there may be"
    EVENT = "it is no message, but a line that says what has happened"
    HAPPENED = "what it says is so already"
    OUTDATED = "the message has had another text since"
    TOO_MANY_REACTIONS_OF_ONE = "its author has reacted with enough emoji"
    TOO_MANY_REACTIONS = "the message has enough different reactions"
    NOT_SCHEDULED = "no such message is scheduled any more"


def why_not_own(found: Sequence[Row], user_id: int) -> Refusal | None:
    """Why the one message that was looked for, its `author_id` and `event`, is not the user's to
    change, where it is not."""
    if not found:
        return Refusal.NO_MESSAGE
    if found[0]["event"] is not None:
        return Refusal.EVENT
    return None if found[0]["author_id"] == user_id else Refusal.NOT_THE_AUTHOR


@dataclass(frozen=True, slots=True)
class Change:
    """To be subclassed by each kind of change, beside the SQL that stores it.

    A change says what shall be, never "toggle", and is harmless when it is repeated.
    """

    conversation_id: int
    user_id: int

    @property
    def group(self) -> Hashable:
        """Changes that follow each other and are of one group share a transaction."""
        return id(self)

    def store(self, logs: "Logs") -> Script[Place | Refusal]:
        """Store what belongs to the change; the message it is about, or why it is refused.

        The conversation is locked, and the user takes part in it. `logs` gives a new message its
        position, and a message that changes its revision; without either nothing is published.
        """
        raise NotImplementedError

    @classmethod
    def store_all(cls, changes: Sequence[Self], logs: "Logs") -> Script[list[Place | Refusal]]:
        """Store changes of this kind that come one after the other."""
        outcomes: list[Place | Refusal] = []
        for change in changes:
            outcome = yield from change.store(logs)
            outcomes.append(outcome)
        return outcomes
