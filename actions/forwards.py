"""Forwarding messages."""

import asyncio
import uuid
from collections.abc import Sequence

import render
from actions import changes
from actions.changes import SENTENCES, transaction
from actions.clock import now
from actions.errors import Invalid
from actions.messages import canonical
from db import conversations, engine, forwards
from db.log.change import Refusal
from db.messages import Message, Send
from db.users import User

MOST = 20
"""Conversations to which a message is forwarded at once."""


async def forward(
    user: User, message: Message, conversation_ids: Sequence[int], client_id: str
) -> list[Message]:
    """Send what a message says now to conversations, as messages of the user's own; these, after
    the commit.

    Each has a client_id made of this one and its conversation, so a repeat sends nothing twice.
    Raises `Invalid` where nothing can be sent, or one of the conversations has just been left.
    """
    ids = list(dict.fromkeys(conversation_ids))
    if message.unsent_at is not None:
        raise Invalid(form=SENTENCES[Refusal.UNSENT])
    if message.event is not None:
        raise Invalid(form=SENTENCES[Refusal.EVENT])
    await validate(user, ids)
    form_id = uuid.UUID(form_client_id(client_id))
    source = await credited(message)
    names = render.usernames(message.body)
    sending = [
        changes.submit(
            Send(
                id,
                user.id,
                str(uuid.uuid5(form_id, str(id))),
                message.body,
                now(),
                forwarded_from=source,
                names=names,
            )
        )
        for id in ids
    ]
    async with engine.waiting():
        outcomes = await asyncio.gather(*sending, return_exceptions=True)
    if errors := [outcome for outcome in outcomes if isinstance(outcome, BaseException)]:
        await validate(user, ids)  # what else can be wrong is the same for all of them
        raise (
            Invalid(form=errors[0].errors["body"]) if isinstance(errors[0], Invalid) else errors[0]
        )
    return [outcome.message for outcome in outcomes if not isinstance(outcome, BaseException)]


async def validate(user: User, ids: Sequence[int]) -> None:
    if not ids:
        raise Invalid(conversations="Choose a conversation first.")
    if len(ids) > MOST:
        raise Invalid(
            conversations=f"A message goes to {MOST} conversations at once. You chose {len(ids)}."
        )
    if len(await conversations.list_revisions([(id, user.id) for id in ids])) < len(ids):
        raise Invalid(conversations="You are no longer in one of the conversations. Choose again.")


def form_client_id(client_id: str) -> str:
    try:
        return canonical(client_id)
    except Invalid as refusal:
        raise Invalid(form=refusal.errors["body"]) from None


async def credited(message: Message) -> int:
    """Who is named as the author of what is forwarded: the first one, if they do not hide it."""
    author_id = message.author_id if message.forwarded_from is None else message.forwarded_from
    is_hidden = author_id == forwards.HIDDEN or await forwards.is_hidden(author_id)
    return forwards.HIDDEN if is_hidden else author_id


async def hide(user: User, hides: bool) -> None:
    """Hide one's name where others forward one's messages from now on, or show it again."""
    async with transaction():
        await forwards.update_hidden(user.id, hides)
