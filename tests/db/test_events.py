"""Event lines: they stand in the log with what has happened, and are no messages."""

import pytest

from db import events, inbox, messages, participants, unread
from db.edits import Edit
from db.events import Departure, Event
from db.log.change import Refusal
from db.log.commit import Stored, commit
from db.messages import Message, Send
from db.unsends import Unsend
from db.users import User
from tests.factories import make_conversation, make_message, make_user, new_id

NOON = 1_795_780_800_000
HOUR = 3_600_000


@pytest.fixture
async def cem(database: str) -> User:
    return await make_user("cem")


@pytest.fixture
async def group(ada: User, bob: User, cem: User) -> int:
    return await make_conversation([ada, bob, cem], "Tea", active_at=NOON)


def said(message: Message) -> tuple[object, ...]:
    return message.author_id, message.event, message.event_user_id, message.event_about


async def test_a_departure_stands_in_the_log_and_takes_effect(
    ada: User, bob: User, cem: User, group: int
) -> None:
    await make_message(bob, group, "Hello", created_at=NOON)
    removed, left = await commit(
        [
            Departure(group, ada.id, "removed", NOON, bob.id),
            Departure(group, cem.id, "left", NOON, cem.id),
        ]
    )
    assert isinstance(removed, Stored)
    assert isinstance(left, Stored)
    assert (removed.message.position, removed.previous_revision) == (2, 1)
    assert (left.message.position, left.previous_revision) == (3, 2)
    assert said(removed.message) == (ada.id, "removed", bob.id, "Bob")
    assert said(left.message) == (cem.id, "left", cem.id, "Cem")
    assert removed.message.body == ""
    assert await participants.list_ids([group]) == {group: {ada.id}}
    changed = (await messages.list_changed([(group, 1)]))[group, 1]
    assert changed == [removed.message, left.message]
    assert said((await messages.before(group, 9, 9))[0]) == (bob.id, None, None, None)


async def test_a_repeat_is_no_line(ada: User, bob: User, group: int) -> None:
    departure = Departure(group, ada.id, "removed", NOON, bob.id)
    first, again = await commit([departure, departure])
    assert isinstance(first, Stored)
    assert again is Refusal.HAPPENED
    assert await commit([departure]) == [Refusal.HAPPENED]
    assert await commit([Departure(group, bob.id, "left", NOON, bob.id)]) == [
        Refusal.NOT_A_PARTICIPANT
    ]
    assert len(await messages.after(group, 0, 9)) == 1


async def test_what_follows_in_the_batch_by_one_who_has_left_is_refused(
    ada: User, bob: User, group: int
) -> None:
    departure = Departure(group, ada.id, "left", NOON, ada.id)
    outcomes = await commit(
        [
            departure,
            Departure(group, ada.id, "removed", NOON, bob.id),
            Send(group, ada.id, new_id(), "Hello", NOON),
        ]
    )
    assert outcomes[1:] == [Refusal.NOT_A_PARTICIPANT] * 2
    assert len(await messages.after(group, 0, 9)) == 1


async def test_without_its_line_nothing_happens(
    ada: User, group: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "INSERT_ABOUT", "INSERT INTO nowhere VALUES (:position)")
    with pytest.raises(Exception, match="nowhere"):
        await commit([Departure(group, ada.id, "left", NOON, ada.id)])
    assert ada.id in (await participants.list_ids([group]))[group]
    assert await messages.after(group, 0, 9) == []


@pytest.mark.parametrize("kind", events.KINDS)
async def test_a_line_is_about_a_person_or_a_title(
    ada: User, bob: User, group: int, kind: str
) -> None:
    title = "Cake" if kind == "renamed" else None
    person = None if title else bob.id
    [stored] = await commit([Event(group, ada.id, kind, NOON, person, title)])
    assert isinstance(stored, Stored)
    assert said(stored.message) == (ada.id, kind, person, title or "Bob")


@pytest.mark.parametrize("age", [0, 30 * HOUR])
async def test_a_line_is_not_unread_and_moves_nothing_but_its_preview(
    ada: User, bob: User, group: int, age: int
) -> None:
    """Also in a conversation in which nothing was said for long."""
    await make_message(bob, group, created_at=NOON)
    other = await make_conversation([ada, bob], active_at=NOON)
    await make_message(bob, other, created_at=NOON + age + 1)
    before, mark = await unread.count(ada.id), await inbox.list_marks([ada.id])
    await commit([Departure(group, bob.id, "left", NOON + age + 2, bob.id)])
    assert await unread.count(ada.id) == before == 2
    assert await inbox.list_marks([ada.id]) != mark
    entries, _, _ = await inbox.list_entries(ada.id, None, 9)
    assert [(e.id, e.event, e.event_about) for e in entries] == [
        (other, None, None),
        (group, "left", "Bob"),
    ]
    assert entries[1].active_at == NOON
    await participants.update_read([(group, ada.id, 2)])
    assert await unread.count(ada.id) == 1


async def test_it_cannot_be_edited_or_unsent_or_replied_to(
    ada: User, bob: User, group: int
) -> None:
    await commit([Event(group, ada.id, "renamed", NOON, title="Cake")])
    for user in (ada, bob):
        outcomes = await commit(
            [
                Edit(group, user.id, 1, "Other", 9, NOON),
                Unsend(group, user.id, 1, NOON),
                Send(group, user.id, new_id(), "Answer", NOON, 1),
            ]
        )
        assert outcomes == [Refusal.EVENT] * 3


async def test_the_message_after_a_line_does_not_go_on_with_it(ada: User, group: int) -> None:
    await commit([Event(group, ada.id, "renamed", NOON, title="Cake")])
    message = await make_message(ada, group, created_at=NOON)
    assert (message.previous_author_id, message.previous_created_at) == (None, NOON)
