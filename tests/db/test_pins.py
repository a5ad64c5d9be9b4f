"""Pins: what a conversation shows at its top, and at which revision that changed."""

import pytest

from db import conversations, messages, pins
from db.edits import Edit
from db.log.change import Refusal
from db.log.commit import Stored, commit
from db.pins import Line, Pin, Pinning
from db.unsends import Unsend
from db.users import User
from tests.factories import make_message, make_messages, make_user

NOON = 1_795_780_800_000


async def pin(
    user: User, chat: int, position: int, *, on: bool = True, at: int = NOON
) -> Stored | Refusal:
    [outcome] = await commit([Pin(chat, user.id, position, on, at)])
    return outcome


async def line(chat: int) -> Line:
    return (await pins.list_lines([chat]))[chat]


async def test_the_last_pinned_one_is_shown_and_all_are_counted(
    ada: User, bob: User, chat: int
) -> None:
    await make_messages(ada, chat, 3)
    await pin(ada, chat, 3, at=NOON - 1)
    outcome = await pin(bob, chat, 1)
    assert isinstance(outcome, Stored)
    assert (outcome.message.revision, outcome.message.pinned_at) == (5, NOON)
    assert outcome.pinned == await line(chat)
    assert outcome.pinned is not None
    assert outcome.pinned[:4] == (chat, 5, 2, 1)
    assert outcome.pinned.body == "Message 1"
    assert await pins.list_all(chat) == [Pinning(1, "Bob", NOON), Pinning(3, "Ada", NOON - 1)]
    log = await messages.after(chat, 0, 9)
    assert [message.pinned_at for message in log] == [NOON, None, NOON - 1]
    await pin(ada, chat, 1, on=False)
    assert (await line(chat))[:4] == (chat, 6, 1, 3)
    await pin(ada, chat, 3, on=False)
    assert await line(chat) == Line(chat, 7, 0, None, None, None, None)


async def test_a_repeat_changes_nothing(ada: User, bob: User, chat: int) -> None:
    await make_message(ada, chat)
    first, again = await commit([Pin(chat, bob.id, 1, True, NOON), Pin(chat, ada.id, 1, True, 9)])
    assert isinstance(first, Stored)
    assert first == again
    assert await pins.list_all(chat) == [Pinning(1, "Bob", NOON)]
    later = await pin(ada, chat, 1)
    assert later == Stored(first.message, None)
    for _ in range(2):
        gone = await pin(ada, chat, 1, on=False)
        assert isinstance(gone, Stored)
        assert (gone.message.pinned_at, gone.message.revision) == (None, 3)


async def test_what_is_unsent_is_pinned_no_longer(ada: User, bob: User, chat: int) -> None:
    await make_messages(ada, chat, 2)
    await pin(ada, chat, 1)
    await pin(ada, chat, 2)
    [outcome] = await commit([Unsend(chat, ada.id, 2, NOON)])
    assert isinstance(outcome, Stored)
    assert outcome.message.pinned_at is None
    assert outcome.pinned == await line(chat)
    assert (await line(chat))[:4] == (chat, 5, 1, 1)
    assert await pin(bob, chat, 2) is Refusal.UNSENT
    assert await pin(bob, chat, 3) is Refusal.NO_MESSAGE
    assert await pin(await make_user(), chat, 1) is Refusal.NOT_A_PARTICIPANT
    assert [each.position for each in await pins.list_all(chat)] == [1]


async def test_an_edit_changes_the_line_where_the_message_is_pinned(ada: User, chat: int) -> None:
    await make_messages(ada, chat, 2)
    await pin(ada, chat, 1)
    [other] = await commit([Edit(chat, ada.id, 2, "Other words", 2, NOON)])
    assert isinstance(other, Stored)
    assert other.pinned is None
    assert (await line(chat)).revision == 3
    [edited] = await commit([Edit(chat, ada.id, 1, "Other words", 3, NOON)])
    assert isinstance(edited, Stored)
    assert edited.pinned == await line(chat)
    assert ((await line(chat)).revision, (await line(chat)).body) == (5, "Other words")
    assert edited.message.pinned_at == NOON


async def test_the_revision_of_the_line_is_read_with_that_of_the_log(ada: User, chat: int) -> None:
    await make_messages(ada, chat, 2)
    place = (chat, ada.id)
    assert (await conversations.list_revisions([place]))[place] == (2, 0)
    await pin(ada, chat, 1)
    await make_message(ada, chat)
    assert (await conversations.list_revisions([place]))[place] == (4, 3)


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_conversation_has_only_so_many(ada: User, chat: int, at_once: bool) -> None:
    await make_messages(ada, chat, pins.MOST + 1)
    changes = [Pin(chat, ada.id, n, True, NOON) for n in range(1, pins.MOST + 2)]
    if at_once:
        outcomes = await commit(changes)
    else:
        outcomes = [outcome for change in changes for outcome in await commit([change])]
    assert [n for n, each in enumerate(outcomes) if isinstance(each, Refusal)] == [pins.MOST]
    assert outcomes[-1] is Refusal.TOO_MANY_PINNED
    assert (await line(chat)).number == pins.MOST
    await pin(ada, chat, 1, on=False)
    assert isinstance(await pin(ada, chat, pins.MOST + 1), Stored)
