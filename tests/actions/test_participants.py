"""One's own place in a conversation, and who is out of it."""

import pytest

from actions import inbox_ranks, messages, participants
from actions.clock import now
from actions.errors import Invalid
from db import conversations, engine, unread
from db import participants as stored
from db.conversations import Conversation
from db.inbox_ranks import HOUR
from db.users import User
from live import hub, publication
from tests.factories import make_conversation, make_message, make_messages, make_user

pytestmark = pytest.mark.usefixtures("live")


async def seen_by(user: User, id: int) -> Conversation:
    conversation = await conversations.get(id, user.id)
    assert conversation is not None
    return conversation


async def test_reading_advances_and_updates_only_ones_own_inbox() -> None:
    ada, bob = await make_user(), await make_user()
    id = await make_conversation([ada, bob])
    await make_messages(bob, id, 3)
    with hub.subscribe(publication.ACTIVITY) as subscription:
        await participants.read(ada, id, 3)
        told = await subscription.next(5)
        await participants.read(ada, id, 2)
        await participants.read(ada, id, 99)
        assert await subscription.next(0.05) == []
    assert told == [publication.activity(id, ada.id)]
    conversation = await seen_by(ada, id)
    assert (conversation.read_position, conversation.unread) == (3, 0)


async def test_marking_unread_goes_back_and_updates_only_ones_own_inbox() -> None:
    ada, bob = await make_user(), await make_user()
    id = await make_conversation([ada, bob])
    await make_messages(bob, id, 3)
    await participants.read(ada, id, 3)
    with hub.subscribe(publication.ACTIVITY) as subscription:
        await participants.mark_unread(ada, id, 2)
        told = await subscription.next(5)
        await participants.mark_unread(ada, id, 3)
        assert await subscription.next(0.05) == []
    assert told == [publication.activity(id, ada.id)]
    assert [(await seen_by(user, id)).unread for user in (ada, bob)] == [2, 0]
    await participants.read(ada, id, 3)
    assert (await seen_by(ada, id)).unread == 0


async def test_what_is_marked_unread_in_a_quiet_conversation_counts_again() -> None:
    ada, bob = await make_user(), await make_user()
    id = await make_conversation([ada, bob])
    await make_message(bob, id, created_at=now() - 3 * HOUR)
    await participants.read(ada, id, 1)
    await inbox_ranks.mark_caught_up()
    await participants.mark_unread(ada, id, 1)
    assert await unread.count(ada.id) == 1


async def test_marking_all_read_does_so_everywhere_and_for_oneself_alone() -> None:
    ada, bob = await make_user(), await make_user()
    ids = [await make_conversation([ada, bob], title) for title in ("One", "Two", "Three")]
    for id in ids[:2]:
        await make_messages(bob, id, 3)
        await make_messages(ada, id, 1)
    with hub.subscribe(publication.ACTIVITY) as subscription:
        await participants.mark_all_read(ada)
        told = await subscription.next(5)
        await participants.mark_all_read(ada)
        assert await subscription.next(0.05) == []
    assert {each.text for each in told} == {f"{id} {ada.id}" for id in ids[:2]}
    assert [await unread.count(user.id) for user in (ada, bob)] == [0, 2]


async def test_reading_everything_in_a_quiet_conversation_marks_the_reader_caught_up() -> None:
    """What `actions.inbox_ranks` does for those who have read something since its last round."""
    ada, bob = await make_user(), await make_user()
    long_ago = now() - 3 * HOUR
    id = await make_conversation([ada, bob], active_at=long_ago)
    await make_message(bob, id, created_at=long_ago)
    await inbox_ranks.mark_caught_up()
    assert await settled(id) == set()
    await participants.read(ada, id, 1)
    await inbox_ranks.mark_caught_up()
    assert await settled(id) == {ada.id}


async def settled(id: int) -> set[int]:
    sql = "SELECT user_id FROM participants WHERE conversation_id = :id AND is_settled = 1"
    return {row["user_id"] for row in await engine.rows(sql, id=id)}


async def test_leaving_a_group_takes_effect_at_once() -> None:
    ada, bob = await make_user(), await make_user()
    id = await make_conversation([ada, bob], "Tea")
    with hub.subscribe(publication.rights(bob.id)) as subscription:
        await participants.leave(bob, await seen_by(bob, id))
        assert await subscription.next(5) == [publication.removal(bob.id, id)]
    assert await stored.list_ids([id]) == {id: {ada.id}}
    assert await conversations.get(id, bob.id) is None
    with pytest.raises(Invalid):
        await messages.send(bob, id, "00000000-0000-4000-8000-000000000000", "Hello")


async def test_only_the_creator_of_a_group_can_remove_others() -> None:
    ada, bob, cem = await make_user(), await make_user(), await make_user()
    id = await make_conversation([ada, bob, cem], "Tea")
    with pytest.raises(Invalid) as refusal:
        await participants.remove(bob, await seen_by(bob, id), cem.id)
    assert list(refusal.value.errors) == ["form"]
    with hub.subscribe(publication.rights(cem.id)) as subscription:
        await participants.remove(ada, await seen_by(ada, id), cem.id)
        assert await subscription.next(5) == [publication.removal(cem.id, id)]
        await participants.remove(ada, await seen_by(ada, id), cem.id)
        assert await subscription.next(0.05) == []
    assert (await stored.list_ids([id]))[id] == {ada.id, bob.id}


async def test_streams_end_before_the_line_is_published() -> None:
    """Who was removed gets no frame after it."""
    ada, bob, cem = await make_user(), await make_user(), await make_user()
    id = await make_conversation([ada, bob, cem], "Tea")
    with hub.subscribe(publication.rights(cem.id), publication.conversation(id)) as subscription:
        await participants.remove(ada, await seen_by(ada, id), cem.id)
        told = await subscription.next(5)
    assert [each.topic for each in told] == [
        publication.rights(cem.id),
        publication.conversation(id),
    ]


async def test_a_conversation_of_two_cannot_be_left() -> None:
    ada, bob = await make_user(), await make_user()
    for people in ([ada, bob], [ada]):
        id = await make_conversation(people)
        with pytest.raises(Invalid, match="cannot be left"):
            await participants.leave(ada, await seen_by(ada, id))
        assert (await stored.list_ids([id]))[id] == {person.id for person in people}
