"""A page of a conversation's messages."""

from dataclasses import dataclass

from db import messages
from db.conversations import Conversation
from db.messages import Message
from db.unread import UNREAD_COUNTED

PAGE = 50
CONTEXT = 3
NEWEST = 2**53


@dataclass(frozen=True, slots=True)
class MessagePage:
    """Messages, oldest first; where the older and the newer page begin, if any; and the revision up
    to which the page is known to be complete; the first unread message, if it is here, and how many
    are unread in all."""

    messages: list[Message]
    before: int | None
    after: int | None
    cursor: int
    first_unread: int | None
    unread: int


async def load_first_page(conversation: Conversation) -> MessagePage:
    """What a conversation opens with: the newest page, or the one around the first unread message
    if that is further back."""
    if conversation.unread and conversation.last_position - conversation.read_position > PAGE:
        return await load_page(conversation, at=conversation.read_position + 1)
    return await load_page(conversation)


async def load_page(
    conversation: Conversation,
    before: int | None = None,
    after: int | None = None,
    at: int | None = None,
) -> MessagePage:
    """The newest page, or the one before, after or around a position; the first or the last page
    where nothing is before or after it.

    The conversation is read first, so its revision may lag behind the messages: those are then sent
    again, which is harmless. The other way round they would be missing.
    """
    if at is not None:
        return await load_around(conversation, at, PAGE // 2, PAGE // 2)
    if after is not None:
        newer = await messages.after(conversation.id, after, PAGE + 1)
        if not newer:
            return await load_page(conversation)
        older = await messages.before(conversation.id, after + 1, 1)
        return page(conversation, older, newer, 0, PAGE)
    if before is not None:
        older = await messages.before(conversation.id, before, PAGE + 1)
        if not older:
            return await load_page(conversation, after=0)
        newer = await messages.after(conversation.id, before - 1, 1)
        return page(conversation, older, newer, PAGE, 0)
    newest = await messages.before(conversation.id, NEWEST, PAGE + 1)
    return page(conversation, newest, [], PAGE, 0)


async def load_context(conversation: Conversation, position: int) -> MessagePage:
    """A message with the few before and after it."""
    return await load_around(conversation, position, CONTEXT, CONTEXT + 1)


async def load_around(
    conversation: Conversation, position: int, before: int, after: int
) -> MessagePage:
    """At most so many messages before a position, and from it on."""
    older = await messages.before(conversation.id, position, before + 1)
    newer = await messages.after(conversation.id, position - 1, after + 1)
    return page(conversation, older, newer, before, after)


def page(
    conversation: Conversation,
    older: list[Message],
    newer: list[Message],
    older_shown: int,
    newer_shown: int,
) -> MessagePage:
    """At most so many of each of two adjacent runs, each read with one message more than shown."""
    shown_older = older[max(0, len(older) - older_shown) :]
    shown_newer = newer[:newer_shown]
    shown = shown_older + shown_newer
    return MessagePage(
        shown,
        before=shown[0].position if shown and len(older) > len(shown_older) else None,
        after=shown[-1].position if shown and len(newer) > len(shown_newer) else None,
        cursor=conversation.revision,
        first_unread=first_unread(conversation, shown),
        unread=count_unread(conversation),
    )


def count_unread(conversation: Conversation) -> int:
    """Beyond the limit of counting, one's own messages are among them."""
    if conversation.unread < UNREAD_COUNTED:
        return conversation.unread
    return conversation.last_position - conversation.read_position


def first_unread(conversation: Conversation, shown: list[Message]) -> int | None:
    """The first unread message, if it is on this page."""
    if not conversation.unread or not shown or shown[0].position > conversation.read_position + 1:
        return None
    unread = (
        message.position
        for message in shown
        if message.position > conversation.read_position
        and message.author_id != conversation.reader_id
        and message.unsent_at is None
        and message.event is None
    )
    return next(unread, None)
