"""Whether the partner in a direct conversation is online."""

from collections.abc import Mapping
from dataclasses import dataclass

from actions.presence import is_here
from db import presence
from db.conversations import Conversation
from db.users import User


@dataclass(frozen=True, slots=True)
class Presence:
    """`present_at`: when the user was last online; None if they are, hide it or do not exist."""

    is_here: bool
    present_at: int | None


async def load_presence(conversation: Conversation, viewer: User) -> Presence:
    """What the viewer of a direct conversation may see of their partner."""
    if conversation.kind != "direct":
        return Presence(False, None)
    place = (conversation.id, viewer.id)
    return presence_of((await presence.list_visible([place])).get(place, {}))


def presence_of(visible: Mapping[int, int]) -> Presence:
    """What is shown of a partner: not online, where they may not be seen."""
    present_at = next(iter(visible.values()), None)
    if present_at is not None and is_here(present_at):
        return Presence(True, None)  # the time itself changes with every heartbeat
    return Presence(False, present_at)
