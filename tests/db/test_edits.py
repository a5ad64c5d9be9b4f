"""Editing: what the log and the earlier texts hold afterwards, and what is a repeat."""

import asyncio

from db import conversations, engine, inbox, messages, participants, versions
from db.edits import Edit
from db.log.change import Refusal
from db.log.commit import Stored, commit
from db.messages import Message, Send
from db.unsends import Unsend
from db.users import User
from tests.factories import make_conversation, make_message, make_messages, make_user, new_id

NOON = 1_795_780_800_000


async def edit(author: User, chat: int, body: str, base: int, at: int = NOON) -> Stored | Refusal:
    """Of the first message."""
    [outcome] = await commit([Edit(chat, author.id, 1, body, base, at)])
    return outcome


async def edited(author: User, chat: int, body: str, base: int, at: int = NOON) -> Message:
    outcome = await edit(author, chat, body, base, at)
    assert isinstance(outcome, Stored), outcome
    return outcome.message


async def earlier(reader: User, chat: int) -> list[str]:
    """What the first message said before, as far as the reader may know."""
    return [each.body for each in await versions.list_earlier(chat, 1, reader.id)]


async def test_the_last_text_is_what_a_message_says_and_the_others_stay(
    ada: User, bob: User, chat: int
) -> None:
    await make_message(ada, chat, "First", created_at=NOON - 2)
    await make_message(ada, chat, "Other")
    first = await edited(ada, chat, "Second", 1, NOON - 1)
    assert (first.body, first.revision, first.edited_at) == ("Second", 3, NOON - 1)
    last = await edited(ada, chat, "Third", first.revision)
    assert (last.position, last.body, last.revision, last.edited_at) == (1, "Third", 4, NOON)
    assert (last.created_at, last.previous_created_at) == (NOON - 2, None)
    log = await messages.after(chat, 0, 9)
    assert [(m.body, m.edited_at) for m in log] == [("Third", NOON), ("Other", None)]
    assert (await messages.list_changed([(chat, 2)]))[chat, 2] == [last]
    assert await versions.list_earlier(chat, 1, bob.id) == [
        versions.Version("First", NOON - 2),
        versions.Version("Second", NOON - 1),
    ]
    assert await versions.list_earlier(chat, 2, bob.id) == []


async def test_a_preview_says_the_last_text(ada: User, bob: User) -> None:
    chat = await make_conversation([ada, bob], active_at=0)
    await make_message(ada, chat, "First", created_at=0)
    before = await inbox.list_marks([bob.id])
    await edited(ada, chat, "Second", 1)
    [line] = (await inbox.list_lines([(bob.id, chat)])).values()
    assert (line.body, line.active_at, line.unread) == ("Second", 0, 1)
    assert await inbox.list_marks([bob.id]) != before


async def test_a_repeat_changes_nothing(ada: User, chat: int) -> None:
    await make_message(ada, chat, "First")
    second = await edited(ada, chat, "Second", 1)
    assert await edited(ada, chat, "Second", 1) == second
    assert await edited(ada, chat, "Second", second.revision) == second
    third = await edited(ada, chat, "Third", second.revision)
    again = await edit(ada, chat, "Second", 1)
    assert again == Stored(third, None), "it was stored, whatever came after it"
    assert await earlier(ada, chat) == ["First", "Second"]


async def test_the_second_of_two_devices_is_told(ada: User, chat: int) -> None:
    await make_message(ada, chat, "First")
    outcomes = await commit(
        [Edit(chat, ada.id, 1, "Of one", 1, NOON), Edit(chat, ada.id, 1, "Of the other", 1, NOON)]
    )
    assert isinstance(outcomes[0], Stored)
    assert outcomes[1] is Refusal.OUTDATED
    assert [m.body for m in await messages.after(chat, 0, 9)] == ["Of one"]


async def test_what_else_changes_about_a_message_does_not_outdate_its_text(
    ada: User, chat: int
) -> None:
    """Such as a reaction: the form that was open then has an older revision, and the same text."""
    await make_message(ada, chat, "First")
    await make_messages(ada, chat, 1)
    await engine.execute("UPDATE conversations SET revision = 3")
    await engine.execute("UPDATE messages SET revision = 3 WHERE position = 1")
    assert (await edited(ada, chat, "Second", 1)).body == "Second"


async def test_a_text_can_come_back(ada: User, chat: int) -> None:
    await make_message(ada, chat, "First")
    second = await edited(ada, chat, "Second", 1)
    assert (await edited(ada, chat, "First", second.revision)).body == "First"
    assert await earlier(ada, chat) == ["First", "Second"]


async def test_only_ones_own_message_can_be_edited(ada: User, bob: User, chat: int) -> None:
    before = await make_message(ada, chat)
    assert await edit(bob, chat, "Mine", 1) is Refusal.NOT_THE_AUTHOR
    assert await edit(await make_user(), chat, "Mine", 1) is Refusal.NOT_A_PARTICIPANT
    assert await commit([Edit(chat, ada.id, 2, "Mine", 1, NOON)]) == [Refusal.NO_MESSAGE]
    assert await messages.after(chat, 0, 9) == [before]


async def test_a_message_that_is_sent_again_after_it_was_edited_is_a_repeat(
    ada: User, chat: int
) -> None:
    client_id = new_id()
    await make_message(ada, chat, "First", client_id)
    second = await edited(ada, chat, "Second", 1)
    [again] = await commit([Send(chat, ada.id, client_id, "First", NOON)])
    assert again == Stored(second, None)
    other = await commit([Send(chat, ada.id, client_id, "Second", NOON)])
    assert other == [Refusal.USED_FOR_OTHER_TEXT]


async def test_who_came_later_reads_no_earlier_text_than_there_was_then(
    ada: User, bob: User
) -> None:
    chat = await make_conversation([ada, bob], "Tea")
    await make_message(ada, chat, "First")
    second = await edited(ada, chat, "Second", 1)
    cem = await make_user("cem")
    async with engine.transaction():
        await conversations.lock([chat])
        await participants.add(chat, cem.id)
    third = await edited(ada, chat, "Third", second.revision)
    await edited(ada, chat, "Fourth", third.revision)
    assert await earlier(bob, chat) == ["First", "Second", "Third"]
    assert await earlier(cem, chat) == ["Second", "Third"]
    assert await earlier(await make_user("eve"), chat) == []


async def test_unsending_takes_all_texts(ada: User, bob: User, chat: int) -> None:
    await make_message(ada, chat, "wombat1")
    second = await edited(ada, chat, "wombat2", 1)
    await edited(ada, chat, "wombat3", second.revision)
    [unsent] = await commit([Unsend(chat, ada.id, 1, NOON)])
    assert isinstance(unsent, Stored)
    assert (unsent.message.body, unsent.message.edited_at) == ("", None)
    assert await earlier(bob, chat) == []
    rows = await engine.rows("SELECT body FROM messages UNION ALL SELECT body FROM versions")
    assert [row["body"].strip() for row in rows] == ["", "", ""]
    assert await edit(ada, chat, "Fourth", 9) is Refusal.UNSENT


async def test_editing_and_unsending_at_once_have_one_order(ada: User, chat: int) -> None:
    for n in range(6):
        place = (await make_message(ada, chat, "First")).position
        editing = commit([Edit(chat, ada.id, place, "Second", place, NOON)])
        unsending = commit([Unsend(chat, ada.id, place, NOON)])
        both = [editing, unsending] if n % 2 else [unsending, editing]
        outcomes = [outcome for [outcome] in await asyncio.gather(*both)]
        edit, unsend = outcomes if n % 2 else outcomes[::-1]
        assert isinstance(unsend, Stored)
        message = await messages.get(chat, place)
        assert message is not None
        assert (message.body, message.unsent_at) == ("", NOON)
        assert edit is Refusal.UNSENT or (
            isinstance(edit, Stored) and edit.message.revision < message.revision
        )
