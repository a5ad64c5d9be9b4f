"""Sending later: messages wait in the database, and any process sends those that are due."""

import asyncio
import logging

import render
from actions import changes, time_zones
from actions.changes import SENTENCES, transaction
from actions.clock import now
from actions.errors import Invalid
from actions.messages import canonical, validate
from db import drafts, scheduled
from db.drafts import Draft
from db.engine import Unavailable
from db.log.change import Refusal
from db.messages import Message
from db.scheduled import Scheduled, SendScheduled
from db.users import User
from live import publication

REST = 1.5
"""Seconds between two looks."""

AT_ONCE = 100
MOST = 100
"""Messages that a person may have scheduled."""

ANY_TIME = 2**53
YEAR = 366 * 24 * 60 * 60 * 1000

logger = logging.getLogger("parley.scheduled")


async def schedule(
    author: User,
    conversation_id: int,
    client_id: str,
    body: str,
    send_at: str,
    time_zone: str = "",
    reply_to: int | None = None,
) -> Scheduled:
    """Keep a message until its time comes. `send_at` is in ISO 8601; without a zone it is in
    `time_zone`, which is remembered. A repeat changes at most the time. Raises `Invalid`."""
    client_id, body = canonical(client_id), validate(body)
    used = await drafts.get_used(conversation_id, author.id, client_id)
    held = await scheduled.get(author.id, client_id)
    is_elsewhere = held is not None and held.conversation_id != conversation_id
    if is_elsewhere or (used and used.body != body):
        raise Invalid(body=SENTENCES[Refusal.USED_FOR_OTHER_TEXT])
    if held is None and await scheduled.count(author.id) >= MOST:
        raise Invalid(body=f"At most {MOST} messages can wait to be sent.")
    message = Scheduled(client_id, conversation_id, None, body, reply_to, 0, None)
    if used is None or held:
        when = await time_of(author, send_at, time_zone)
        message = message._replace(send_at=when)
        async with transaction() as publications:
            await scheduled.put(author.id, message)
            await drafts.remove(author.id, [client_id])
            publications.append(publication.activity(conversation_id, author.id))
    return message


async def time_of(user: User, send_at: str, time_zone: str) -> int:
    """The moment of a time as it was typed. Raises `Invalid` where nothing can be sent then."""
    zone = time_zone or await time_zones.of(user) or time_zones.DEFAULT
    if time_zone:
        await time_zones.remember(user, time_zone)
    when = time_zones.moment(send_at, zone)
    if when <= now():
        raise Invalid(send_at="This time has passed. Choose a later one.")
    if when > now() + YEAR:
        raise Invalid(send_at="A message can wait for a year at most.")
    return when


async def change(user: User, client_id: str, body: str, send_at: str, time_zone: str) -> None:
    """Give a scheduled message another text and time. Raises `Invalid`."""
    body = validate(body)
    when = await time_of(user, send_at, time_zone)
    async with transaction():
        if not await scheduled.update(user.id, client_id, body, when):
            raise Invalid(body=SENTENCES[Refusal.NOT_SCHEDULED])


async def send_now(author: User, message: Scheduled) -> Message:
    """Raises `Invalid`."""
    stored = await changes.submit(
        sending(message.conversation_id, author.id, message.client_id, now(), ANY_TIME)
    )
    return stored.message


def sending(
    conversation_id: int, user_id: int, client_id: str, sent_at: int, until: int
) -> SendScheduled:
    return SendScheduled(conversation_id, user_id, client_id, sent_at, until, render.usernames)


async def cancel(user: User, message: Scheduled) -> None:
    """A message that is not sent after all is a draft again, where its author can still write."""
    async with transaction() as publications:
        if await scheduled.remove(user.id, message.client_id) and message.title is not None:
            draft = Draft(message.client_id, message.body, message.reply_to, now())
            await drafts.put(message.conversation_id, user.id, draft)
            publications.append(publication.activity(message.conversation_id, user.id))


async def maintain() -> None:
    """Send what is due, until cancelled."""
    while True:
        try:
            await send_due()
        except Unavailable:
            pass
        except Exception:
            logger.exception("scheduled messages could not be sent")
        await asyncio.sleep(REST)


async def send_due() -> None:
    """Send each message whose time has come; of those that cannot be sent note why."""
    moment = now()
    due = await scheduled.list_due(moment, AT_ONCE)
    tried = [
        changes.submit(sending(each.conversation_id, each.user_id, each.client_id, moment, moment))
        for each in due
    ]
    for each, attempt in zip(due, tried, strict=True):
        try:
            await attempt
        except Invalid as refusal:
            sentence = refusal.errors["body"]
            async with transaction():
                await scheduled.update_refusal(each.user_id, each.client_id, moment, sentence)
