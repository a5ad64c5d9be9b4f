"""Inboxes that are shown in this process: their lines, as soon as a conversation is active."""

import asyncio
import logging
from collections.abc import Iterable

import render
from db import conversations, participants
from db.engine import Unavailable
from live import hub, presence, publication
from live.publication import ACTIVITY, Publication
from live.subscription import SlowConsumer, Subscription

REST_FACTOR = 2.0
"""How much longer than it has worked it rests: many inboxes of a busy group never take more than
a third of the process."""

LONGEST_REST = 1.0
IDLE_TIMEOUT = 3600.0
CAPACITY = 10_000
"""Conversations whose people are kept in mind."""

logger = logging.getLogger("parley.inboxes")

_members: dict[int, set[int]] = {}


async def run() -> None:
    """Round after round: what comes during one is the next one's, once for each line."""
    while True:
        with hub.subscribe(ACTIVITY) as subscription:
            try:
                await run_rounds(subscription)
            except SlowConsumer:
                invalidate(presence.at_inboxes())
            except Exception:  # whatever it was, the next activity may do without it
                logger.exception("lines of inboxes could not be told")
                invalidate(presence.at_inboxes())


async def run_rounds(subscription: Subscription) -> None:
    loop = asyncio.get_running_loop()
    while True:
        batch = await subscription.next(IDLE_TIMEOUT)
        began_at = loop.time()
        await push({p.text for p in batch if p.topic == ACTIVITY})
        await asyncio.sleep(min(LONGEST_REST, REST_FACTOR * (loop.time() - began_at)))


async def push(activities: Iterable[str]) -> None:
    """Hand the lines that have changed to those who are looking at them."""
    if not presence.at_inboxes():
        return
    try:
        pairs = await pairs_of([activity.split() for activity in activities])
        if not pairs:
            return
        unread = await conversations.list_unread({user_id for user_id, _ in pairs})
        lines = await conversations.list_lines(pairs)
    except Unavailable:
        invalidate(presence.at_inboxes())
        return
    for user_id, conversation_id in pairs:
        entry = lines.get((user_id, conversation_id))
        if entry is None:
            _members.pop(conversation_id, None)  # somebody has left
            continue
        text = render.entry_fragment(entry, unread.get(user_id, 0))
        hub.deliver(Publication(publication.inbox(user_id), text))


def invalidate(user_ids: Iterable[int]) -> None:
    """Say that these inboxes have changed, but not how."""
    for user_id in list(user_ids):
        hub.deliver(Publication(publication.inbox(user_id)))


async def pairs_of(activities: list[list[str]]) -> set[tuple[int, int]]:
    """Person and conversation of each line that has changed, where that person's inbox is shown."""
    shown = presence.at_inboxes()
    of_one = {(int(words[1]), int(words[0])) for words in activities if len(words) > 1}
    everybodys = {int(words[0]) for words in activities if len(words) == 1}
    await load_members(everybodys - _members.keys())
    pairs = {
        (user_id, conversation_id)
        for conversation_id in everybodys
        for user_id in _members.get(conversation_id, set()) & shown
    }
    for user_id, conversation_id in of_one:
        if user_id not in _members.get(conversation_id, (user_id,)):
            del _members[conversation_id]  # somebody has come
    return pairs | {pair for pair in of_one if pair[0] in shown}


async def load_members(conversation_ids: set[int]) -> None:
    """Keep in mind who takes part in conversations."""
    if not conversation_ids:
        return
    if len(_members) > CAPACITY:
        _members.clear()
    _members.update(await participants.list_ids(conversation_ids))
