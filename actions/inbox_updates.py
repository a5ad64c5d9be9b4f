"""Pushes the lines of inboxes that this process shows, as soon as conversations are active."""

import asyncio
import logging
from collections.abc import Iterable

import render
from db import inbox, participants, unread
from db.engine import Unavailable
from live import hub, presence, publication
from live.publication import ACTIVITY, Publication
from live.subscription import SlowConsumer, Subscription

REST_FACTOR = 2.0
"""A pause after each round, that much longer than the round: many inboxes of a busy group never
take more than a third of the process."""

LONGEST_REST = 1.0
IDLE_TIMEOUT = 3600.0
CAPACITY = 10_000
"""Conversations whose members are cached."""

logger = logging.getLogger("parley.inboxes")

_members: dict[int, set[int]] = {}


async def run() -> None:
    """Round after round: what is published during one is pushed by the next, each line once."""
    while True:
        with hub.subscribe(ACTIVITY) as subscription:
            try:
                await run_rounds(subscription)
            except SlowConsumer:
                invalidate(presence.at_inboxes())
            except Exception:  # whatever it was, the next activity may do without it
                logger.exception("lines of inboxes could not be pushed")
                invalidate(presence.at_inboxes())


async def run_rounds(subscription: Subscription) -> None:
    loop = asyncio.get_running_loop()
    while True:
        batch = await subscription.next(IDLE_TIMEOUT)
        began_at = loop.time()
        await push({p.text for p in batch if p.topic == ACTIVITY})
        await asyncio.sleep(min(LONGEST_REST, REST_FACTOR * (loop.time() - began_at)))


async def push(activities: Iterable[str]) -> None:
    """Push the lines that have changed to the inboxes that show them."""
    if not presence.at_inboxes():
        return
    try:
        pairs = await pairs_of([activity.split() for activity in activities])
        if not pairs:
            return
        counts = await unread.count_each({user_id for user_id, _ in pairs})
        lines = await inbox.list_lines(pairs)
    except Unavailable:
        invalidate(presence.at_inboxes())
        return
    for user_id, conversation_id in pairs:
        entry = lines.get((user_id, conversation_id))
        if entry is None:
            _members.pop(conversation_id, None)  # a member has left
            continue
        text = render.entry_fragment(entry, counts.get(user_id, 0))
        hub.deliver(Publication(publication.inbox(user_id), text))


def invalidate(user_ids: Iterable[int]) -> None:
    """Make these inboxes be read anew: something in them has changed."""
    for user_id in list(user_ids):
        hub.deliver(Publication(publication.inbox(user_id)))


async def pairs_of(activities: list[list[str]]) -> set[tuple[int, int]]:
    """User and conversation of each line that has changed, where that user's inbox is open."""
    shown = presence.at_inboxes()
    of_one = {(int(words[1]), int(words[0])) for words in activities if len(words) > 1}
    of_all = {int(words[0]) for words in activities if len(words) == 1}
    await load_members(of_all - _members.keys())
    pairs = {
        (user_id, conversation_id)
        for conversation_id in of_all
        for user_id in _members.get(conversation_id, set()) & shown
    }
    for user_id, conversation_id in of_one:
        if user_id not in _members.get(conversation_id, (user_id,)):
            del _members[conversation_id]  # a member has joined
    return pairs | {pair for pair in of_one if pair[0] in shown}


async def load_members(conversation_ids: set[int]) -> None:
    """Cache who takes part in conversations."""
    if not conversation_ids:
        return
    if len(_members) > CAPACITY:
        _members.clear()
    _members.update(await participants.list_ids(conversation_ids))
