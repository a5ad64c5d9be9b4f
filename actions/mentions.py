"""Whom a message can mention."""

from actions.users import searched
from db import mentions
from db.conversations import Conversation
from db.folding import contains
from db.mentions import NAME_OF_ALL
from db.participants import Participant
from db.users import User

SUGGESTIONS = 8


async def suggest(
    user: User, conversation: Conversation, query: str
) -> tuple[list[Participant], bool]:
    """At most `SUGGESTIONS` others in a conversation whose username, or a word of whose name,
    begins with a text; and whether that may become the name for all of them."""
    text = searched(query)
    word = contains(f" {text}")
    people = await mentions.list_people(
        conversation.id, user.id, contains(text).removeprefix("%"), word, SUGGESTIONS
    )
    is_all = NAME_OF_ALL.startswith(text) and conversation.kind == "group"
    return people, is_all and await mentions.has_all(conversation.id)
