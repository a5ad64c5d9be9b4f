"""Drafts: kept as they are written, for all devices of their user."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from actions.batching import Batcher
from actions.changes import transaction
from actions.clock import now
from actions.messages import BODY_LENGTH, canonical, too_long
from actions.text import clean
from db import drafts, engine
from db.drafts import Draft, Used
from db.labels import is_blank
from db.users import User
from live import publication

SAVED_AT_ONCE = 250
KEPT = 5
"""Drafts of one conversation that are kept beside each other."""


@dataclass(frozen=True, slots=True)
class Save:
    """What is to be saved. `base` is the `saved_at` of the draft that it goes on from, as its
    device had it."""

    conversation_id: int
    user_id: int
    client_id: str
    body: str
    reply_to: int | None
    base: int | None


async def save(
    user: User,
    conversation_id: int,
    body: str,
    client_id: str = "",
    base: int | None = None,
    reply_to: int | None = None,
) -> list[Draft]:
    """Save what a user has written by now; nothing, to let it go. All their drafts there, the one
    to go on with first.

    Where another device has saved another text since `base`, both stay, under two client_ids.
    Raises `Invalid` where it is too long for a message.
    """
    body = clean(body)
    if len(body.strip()) > BODY_LENGTH:
        raise too_long(body)
    client_id = canonical(client_id) if client_id else ""
    saving = Save(
        conversation_id, user.id, client_id, "" if is_blank(body) else body, reply_to, base
    )
    async with engine.waiting():
        return await saves.submit(saving)


async def choose(user: User, conversation_id: int, client_id: str) -> None:
    """Go on with another of a user's drafts in a conversation. A repeat changes nothing."""
    async with transaction() as publications:
        held = await drafts.lock_in(conversation_id, user.id)
        chosen = next((each for each in held if each.client_id == client_id), None)
        if chosen and chosen is not held[0]:
            await drafts.put(conversation_id, user.id, replace(chosen, saved_at=later(held)))
            publications.append(publication.activity(conversation_id, user.id))


async def discard_kept(user: User, client_id: str) -> None:
    """Delete a draft of a conversation that its user is no longer in."""
    async with transaction():
        await drafts.remove_kept(user.id, client_id)


async def store_all(batch: list[Save]) -> Sequence[list[Draft]]:
    async with transaction(len(batch)) as publications:
        outcomes = []
        for saving in batch:
            before = await drafts.lock_in(saving.conversation_id, saving.user_id)
            outcomes.append(await store(saving, before))
            if outcomes[-1] != before:
                place = saving.conversation_id, saving.user_id
                publications.append(publication.activity(*place))
    return outcomes


saves = Batcher(store_all, SAVED_AT_ONCE)


async def store(saving: Save, held: list[Draft]) -> list[Draft]:
    """What is held then."""
    place = saving.conversation_id, saving.user_id
    used = await drafts.get_used(*place, saving.client_id)
    if not saving.body or (used and is_over(saving, used)):
        ended = [each.client_id for each in held if lets_go(saving, each)]
        await drafts.remove(saving.user_id, ended)
        return [each for each in held if each.client_id not in ended]
    if used:
        saving = replace(saving, client_id=str(uuid.uuid4()), base=None)
    if held and held[0].body == saving.body:
        return held
    saved = replace(draft(saving, held), saved_at=later(held))
    await drafts.put(*place, saved)
    others = [each for each in held if each.client_id != saved.client_id]
    await drafts.remove(saving.user_id, [each.client_id for each in others[KEPT - 1 :]])
    return [saved, *others[: KEPT - 1]]


def is_over(saving: Save, used: Used) -> bool:
    """Whether a draft was still on its way when its message was sent."""
    return used.unsent_at is not None or used.body.startswith(saving.body.strip())


def lets_go(saving: Save, held: Draft) -> bool:
    """Whether an empty text ends a draft: any, where it names none; not what another device has
    made of it since."""
    is_named = saving.client_id in ("", held.client_id)
    return is_named and saving.base in (None, held.saved_at)


def draft(saving: Save, held: Sequence[Draft]) -> Draft:
    """The draft that a text belongs to: the one with this text; else the one it goes on from, if
    that is still as it was then; else a new one."""
    for each in held:
        if each.body == saving.body:
            return each
    own = next((each for each in held if each.client_id == saving.client_id), None)
    if not saving.client_id and held:
        own = held[0]
    if own and saving.base in (None, own.saved_at):
        return replace(own, body=saving.body, reply_to=saving.reply_to)
    client_id = saving.client_id if saving.client_id and not own else str(uuid.uuid4())
    return Draft(client_id, saving.body, saving.reply_to, 0)


def later(held: Sequence[Draft]) -> int:
    """The present time, and later than any of these drafts was saved."""
    return max([now(), *(each.saved_at + 1 for each in held)])
