"""Sending later: once, at its time, by whichever process; and what stops it."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from actions import drafts, messages, participants, scheduled, time_zones
from actions.clock import now
from actions.errors import Invalid
from db import conversations, engine, users
from db import drafts as stored_drafts
from db import messages as log
from db import scheduled as stored
from db.log.commit import commit
from db.scheduled import Scheduled
from db.users import User
from tests.factories import make_conversation, new_id


def iso(**ahead: float) -> str:
    return (datetime.now(UTC) + timedelta(**ahead)).isoformat()


async def make_scheduled(author: User, chat: int, body: str = "Later", ahead: int = -1) -> str:
    """The client_id of a message that is due so many milliseconds from now."""
    id = new_id()
    async with engine.transaction():
        message = Scheduled(id, chat, None, body, None, now() + ahead, None)
        await stored.put(author.id, message)
    return id


async def bodies(chat: int) -> list[str]:
    return [message.body for message in await log.after(chat, 0, 999)]


async def waiting(user: User) -> list[tuple[str, str | None]]:
    return [(message.body, message.refusal) for message in await stored.list_of(user.id)]


async def refused(author: User, chat: int, **fields: str) -> dict[str, str]:
    usual = {"client_id": new_id(), "body": "Later", "send_at": iso(hours=1), "time_zone": "UTC"}
    form = usual | fields
    with pytest.raises(Invalid) as refusal:
        await scheduled.schedule(
            author, chat, form["client_id"], form["body"], form["send_at"], form["time_zone"]
        )
    assert await waiting(author) == []
    return refusal.value.errors


async def test_what_is_due_is_sent_once_and_what_is_not_waits(ada: User, chat: int) -> None:
    id = await make_scheduled(ada, chat, "Due")
    await make_scheduled(ada, chat, "Not yet", 60_000)
    await scheduled.send_due()
    await scheduled.send_due()
    assert await bodies(chat) == ["Due"]
    [message] = await log.after(chat, 0, 9)
    assert (message.author_id, message.client_id) == (ada.id, id)
    assert await waiting(ada) == [("Not yet", None)]


async def test_it_mentions_who_takes_part_when_it_is_sent(ada: User, bob: User, chat: int) -> None:
    await make_scheduled(ada, chat, "Hello @bob and @stranger")
    await scheduled.send_due()
    [message] = await log.after(chat, 0, 9)
    assert message.mentions == (("bob", bob.id),)


async def test_several_processes_at_once_send_each_once(ada: User, bob: User, chat: int) -> None:
    """Their batches side by side, as two processes commit them."""
    due = [
        (user, await make_scheduled(user, chat, f"{n}")) for n in range(20) for user in (ada, bob)
    ]
    changes = [scheduled.sending(chat, user.id, id, now(), now()) for user, id in due]
    await asyncio.gather(*(commit(changes) for _ in range(4)), scheduled.send_due())
    assert sorted(await bodies(chat)) == sorted(f"{n}" for n in range(20) for _ in range(2))
    assert await waiting(ada) == await waiting(bob) == []


async def test_it_is_the_ordinary_message_of_its_form(ada: User, chat: int) -> None:
    """A form that was scheduled and then sent, by going back, is one message."""
    id = new_id()
    await scheduled.schedule(ada, chat, id, "Later", iso(hours=1))
    await messages.send(ada, chat, id, "Later")
    [message] = await stored.list_of(ada.id)
    await scheduled.send_now(ada, message)
    assert await bodies(chat) == ["Later"]
    assert await waiting(ada) == []
    await scheduled.schedule(ada, chat, id, "Later", iso(hours=1))
    assert await waiting(ada) == [], "it was sent"


async def test_a_repeat_changes_at_most_the_time(ada: User, chat: int) -> None:
    id = new_id()
    await scheduled.schedule(ada, chat, id, "Later", iso(hours=1))
    await scheduled.schedule(ada, chat, id, "Later", iso(hours=2))
    [message] = await stored.list_of(ada.id)
    assert message.send_at > now() + 90 * 60_000
    with pytest.raises(Invalid, match="with another text"):
        await scheduled.schedule(ada, chat, id, "Other words", iso(hours=2))
    with pytest.raises(Invalid, match="with another text"):
        await scheduled.schedule(ada, await make_conversation([ada]), id, "Later", iso(hours=2))


async def test_scheduling_ends_its_draft(ada: User, chat: int) -> None:
    await drafts.save(ada, chat, "Lat", id := new_id())
    await scheduled.schedule(ada, chat, id, "Later", iso(hours=1))
    await drafts.save(ada, chat, "Lat", id)
    assert await stored_drafts.list_in(chat, ada.id) == []


@pytest.mark.parametrize(
    ("send_at", "sentence"),
    [
        ("", "Choose a date and a time."),
        ("tomorrow", "Choose a date and a time."),
        ("0001-01-01T00:00+14:00", "This time has passed."),
        (iso(seconds=-1), "This time has passed."),
        (iso(days=367), "A message can wait for a year at most."),
    ],
    ids=["nothing", "words", "long ago", "a second ago", "in more than a year"],
)
async def test_times_that_cannot_be_are_refused(
    ada: User, chat: int, send_at: str, sentence: str
) -> None:
    errors = await refused(ada, chat, send_at=send_at)
    assert errors["send_at"].startswith(sentence)


async def test_texts_and_zones_that_cannot_be_are_refused(ada: User, chat: int) -> None:
    assert await refused(ada, chat, body=" ") == {"body": "Type a message first."}
    assert await refused(ada, chat, time_zone="Europe/Nowhere") == {
        "time_zone": "Choose a time zone."
    }
    assert "not a UUID" in (await refused(ada, chat, client_id="x"))["body"]


async def test_a_person_may_have_a_hundred(
    ada: User, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduled, "MOST", 2)
    for _ in range(2):
        await scheduled.schedule(ada, chat, new_id(), "Later", iso(hours=1))
    with pytest.raises(Invalid, match="At most 2 messages"):
        await scheduled.schedule(ada, chat, new_id(), "Later", iso(hours=1))


async def test_a_zone_is_remembered_and_times_are_in_it(ada: User, chat: int) -> None:
    day = (datetime.now(UTC) + timedelta(days=30)).date()
    await scheduled.schedule(ada, chat, new_id(), "One", f"{day}T09:00", "Asia/Tokyo")
    assert await users.get_time_zone(ada.id) == "Asia/Tokyo"
    await scheduled.schedule(ada, chat, new_id(), "Other", f"{day}T09:00")
    times = {message.send_at for message in await stored.list_of(ada.id)}
    assert times == {time_zones.moment(f"{day}T00:00Z", "UTC")}


def test_where_clocks_change() -> None:
    with pytest.raises(Invalid, match="clocks go forward"):
        time_zones.moment("2027-03-28T02:30", "Europe/Berlin")
    first = time_zones.moment("2027-10-31T02:30", "Europe/Berlin")
    assert first == time_zones.moment("2027-10-31T00:30Z", "Europe/Berlin")
    assert time_zones.local(first, "Europe/Berlin") == "2027-10-31T02:30"


@pytest.mark.parametrize(
    ("now", "proposed"),
    [
        ("2026-11-28T23:30Z", {"Tomorrow": "2026-11-30T09:00"}),  # a Sunday already
        ("2026-11-30T12:00Z", {"Tomorrow": "2026-12-01T09:00", "Monday": "2026-12-07T09:00"}),
    ],
)
def test_proposed_times(now: str, proposed: dict[str, str]) -> None:
    times = time_zones.proposed(time_zones.moment(now, "UTC"), "Europe/Berlin")
    assert times == {f"{day} at 9:00": time for day, time in proposed.items()}


async def test_after_leaving_it_is_not_sent_and_says_so(ada: User, bob: User) -> None:
    group = await make_conversation([bob, ada], "Tea")
    id = await make_scheduled(ada, group)
    seen = await conversations.get(group, ada.id)
    assert seen is not None
    await participants.leave(ada, seen)
    await scheduled.send_due()
    assert await bodies(group) == [""], "the line that says who left"
    assert await waiting(ada) == [("Later", "You are no longer in this conversation.")]
    assert await stored.list_due(now(), 9) == [], "it is not tried again"
    [message] = await stored.list_of(ada.id)
    assert (message.client_id, message.title) == (id, None)
    await scheduled.cancel(ada, message)
    assert await waiting(ada) == []
    assert await stored_drafts.list_kept(ada.id) == []


async def test_what_was_changed_is_what_is_sent(ada: User, chat: int) -> None:
    id = await make_scheduled(ada, chat, "Later")
    await scheduled.change(ada, id, "Other words", iso(hours=1), "UTC")
    await scheduled.send_due()
    assert await bodies(chat) == []
    [message] = await stored.list_of(ada.id)
    await scheduled.send_now(ada, message)
    assert await bodies(chat) == ["Other words"]
    with pytest.raises(Invalid, match="no longer scheduled"):
        await scheduled.change(ada, id, "Late words", iso(hours=1), "UTC")
    with pytest.raises(Invalid, match="no longer scheduled"):
        await scheduled.send_now(ada, message)
    assert await bodies(chat) == ["Other words"]


async def test_changed_at_the_moment_of_sending_one_text_is_sent(ada: User, chat: int) -> None:
    """And where the change was acknowledged, it is not the older one."""
    for n in range(10):
        id = await make_scheduled(ada, chat, f"Old {n}")
        changing = scheduled.change(ada, id, f"New {n}", iso(hours=1), "UTC")
        outcomes = await asyncio.gather(scheduled.send_due(), changing, return_exceptions=True)
        was_sent = f"Old {n}" in await bodies(chat)
        assert isinstance(outcomes[1], Invalid) == was_sent
        assert ((f"New {n}", None) in await waiting(ada)) != was_sent


async def test_a_cancelled_one_is_a_draft_again(ada: User, chat: int) -> None:
    id = await make_scheduled(ada, chat)
    [message] = await stored.list_of(ada.id)
    await scheduled.cancel(ada, message)
    await scheduled.cancel(ada, message)
    await scheduled.send_due()
    assert await bodies(chat) == []
    [draft] = await stored_drafts.list_in(chat, ada.id)
    assert (draft.client_id, draft.body) == (id, "Later")
