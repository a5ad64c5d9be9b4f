"""Pushes receipts to the pages that this process shows: at most four frames a second for each
conversation, however many people read at once."""

import hashlib
import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import render
from actions import rounds
from db import receipts
from db.engine import Unavailable
from db.receipts import Receipt
from live import hub, publication
from live.publication import RECEIPTS, Publication
from live.subscription import SlowConsumer, Subscription

IDLE_TIMEOUT = 3600.0

MOST = 50
"""People whose receipts are shown one by one; of more, only how many have read how far."""

COUNTED = 30
"""Positions at which readers are counted, the latest."""

logger = logging.getLogger("parley.receipts")

Shown = list[Receipt]


def digest_of(shown: Sequence[Receipt]) -> str:
    """It changes with all that is shown of these receipts; empty where there are none."""
    return hashlib.blake2s(repr(shown).encode(), digest_size=6).hexdigest() if shown else ""


def seen_by(user_id: int, shown: Shown) -> Shown:
    """These receipts, where a user's own are among them; none for a user who hides them."""
    return shown if any(each.user_id == user_id for each in shown) else []


def view(shown: Shown) -> dict[str, Any]:
    """What receipts/_receipts.html shows: each receipt, or only how many have read how far."""
    if len(shown) <= MOST:
        return {"receipts": shown, "counts": None}
    counts = sorted(Counter(each.read_position for each in shown).items(), reverse=True)
    return {"receipts": [], "counts": counts[:COUNTED]}


def whole(shown: Shown) -> str:
    """All receipts of a conversation, for a page that holds others."""
    return render.receipts_fragment(**view(shown), digest=digest_of(shown))


async def run() -> None:
    while True:
        with hub.subscribe(RECEIPTS) as subscription:
            try:
                await run_rounds(subscription)
            except (SlowConsumer, Unavailable):  # the next receipt says as much
                logger.warning("receipts could not be pushed")
            except Exception:
                logger.exception("receipts could not be pushed")


async def run_rounds(subscription: Subscription) -> None:
    while True:
        batch = await subscription.next(IDLE_TIMEOUT)
        async with rounds.resting():
            await push(each.text for each in batch if each.topic == RECEIPTS)


async def push(texts: Iterable[str]) -> None:
    """Push what has moved to the pages that show it: each conversation's as one frame."""
    places = moved(texts)
    if not places:
        return
    shown = await receipts.list_shown(places)
    for conversation_id, user_ids in places.items():
        text = fragment(shown.get(conversation_id, []), user_ids)
        hub.deliver(Publication(publication.receipts(conversation_id), text))


def moved(texts: Iterable[str]) -> dict[int, set[int]]:
    """The users whose receipts have moved, by conversation, for those shown in this process."""
    users_in: dict[int, set[int]] = defaultdict(set)
    for place in " ".join(texts).split():
        conversation_id, _, user_id = place.partition(":")
        if hub.subscriber_count(publication.receipts(int(conversation_id))):
            users_in[int(conversation_id)].add(int(user_id))
    return users_in


def fragment(shown: Shown, user_ids: set[int]) -> str:
    """The receipts that have moved; all receipts where a user is no longer shown."""
    changed = [each for each in shown if each.user_id in user_ids]
    if len(shown) > MOST or len(changed) < len(user_ids):
        return whole(shown)
    return render.receipts_fragment(**view(changed))
