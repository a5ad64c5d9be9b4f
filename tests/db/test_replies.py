"""Replies: what they quote is what their original says now, in one order for everybody."""

import asyncio
from pathlib import Path

import pytest

from actions import erasures
from db import messages, participants
from db.edits import Edit
from db.log.change import Refusal
from db.log.commit import Stored, commit
from db.messages import Message, Send
from db.unsends import Unsend
from db.users import User
from tests.db.test_unsends import held
from tests.factories import make_conversation, make_message, make_messages, new_id

NOON = 1_795_780_800_000


def reply(author: User, chat: int, to: int, body: str = "Answer", client_id: str = "") -> Send:
    return Send(chat, author.id, client_id or new_id(), body, NOON, to)


async def quotes(chat: int) -> list[tuple[int, str | None]]:
    """The revision of each message of the log, and what it quotes."""
    return [(m.revision, m.quoted_body) for m in await messages.after(chat, 0, 99)]


def quoted(message: Message) -> tuple[object, ...]:
    return (
        message.reply_to,
        message.quoted_author_id,
        message.quoted_name,
        message.quoted_tint,
        message.quoted_body,
    )


async def test_a_reply_quotes_what_its_original_says_now(ada: User, bob: User, chat: int) -> None:
    await make_message(ada, chat, "First")
    [stored] = await commit([reply(bob, chat, 1)])
    assert isinstance(stored, Stored)
    assert quoted(stored.message)[:3] == (1, ada.id, ada.name)
    assert stored.message.quoted_body == "First"
    assert quoted(await make_message(ada, chat)) == (None,) * 5
    await commit([Edit(chat, ada.id, 1, "Second", 1, NOON)])
    assert await quotes(chat) == [(5, None), (4, "Second"), (3, None)]
    await commit([Unsend(chat, ada.id, 1, NOON)])
    assert await quotes(chat) == [(7, None), (6, ""), (3, None)]
    missed = (await messages.list_changed([(chat, 5)]))[chat, 5]
    assert [(m.position, m.quoted_body) for m in missed] == [(2, ""), (1, None)]


async def test_a_quote_has_the_colour_of_its_author_in_the_group(ada: User, bob: User) -> None:
    chat = await make_conversation([ada, bob], "Tea")
    await make_message(bob, chat)
    sent = await make_message(ada, chat, reply_to=1)
    people = {person.id: person for person in await participants.list_people(chat)}
    assert sent.quoted_tint == people[bob.id].tint


async def test_the_original_is_published_last_so_that_readers_see_a_gap_and_read_all(
    ada: User, bob: User, chat: int
) -> None:
    await make_message(ada, chat)
    await commit([reply(bob, chat, 1), reply(bob, chat, 1)])
    [edited] = await commit([Edit(chat, ada.id, 1, "Second", 1, NOON)])
    assert isinstance(edited, Stored)
    assert (edited.message.revision, edited.previous_revision) == (6, 5)


async def test_a_reply_to_a_reply_quotes_its_own_words_alone(ada: User, chat: int) -> None:
    await make_message(ada, chat, "First")
    await make_message(ada, chat, "Second", reply_to=1)
    third = await make_message(ada, chat, "Third", reply_to=2)
    assert third.quoted_body == "Second"
    await commit([Unsend(chat, ada.id, 1, NOON)])
    assert await quotes(chat) == [(5, None), (4, ""), (3, "Second")]


async def test_only_what_is_there_can_be_replied_to(ada: User, bob: User, chat: int) -> None:
    other = await make_conversation([ada, bob], "Tea")
    await make_messages(ada, other, 9)
    await make_message(ada, chat)
    await make_message(ada, chat)
    await commit([Unsend(chat, ada.id, 2, NOON)])
    for to in (0, 2, 9, 2**53):
        outcomes = await commit([reply(bob, chat, to), Send(chat, bob.id, new_id(), "Hi", NOON)])
        assert outcomes[0] is Refusal.NO_ORIGINAL, to
        assert isinstance(outcomes[1], Stored)


async def test_what_a_reply_quotes_belongs_to_its_client_id(ada: User, chat: int) -> None:
    await make_messages(ada, chat, 2)
    client_id = new_id()
    first = await commit([reply(ada, chat, 1, client_id=client_id)])
    again = await commit([reply(ada, chat, 1, client_id=client_id)])
    assert isinstance(first[0], Stored)
    assert again == [Stored(first[0].message, None)]
    for to in (2, None):
        other = await commit([Send(chat, ada.id, client_id, "Answer", NOON, to)])
        assert other == [Refusal.USED_FOR_OTHER_TEXT]


async def test_a_repeat_after_the_original_was_unsent_is_the_reply_that_is_there(
    ada: User, bob: User, chat: int
) -> None:
    await make_message(ada, chat)
    client_id = new_id()
    await commit([reply(bob, chat, 1, client_id=client_id)])
    await commit([Unsend(chat, ada.id, 1, NOON)])
    [again] = await commit([reply(bob, chat, 1, client_id=client_id)])
    assert isinstance(again, Stored)
    assert (again.previous_revision, again.message.quoted_body) == (None, "")


async def test_replying_and_unsending_at_once_have_one_order(
    ada: User, bob: User, chat: int
) -> None:
    """A reply is refused, or changes after the unsending."""
    for n in range(8):
        place = (await make_message(ada, chat, "Secret")).position
        replying = commit([reply(bob, chat, place)])
        unsending = commit([Unsend(chat, ada.id, place, NOON)])
        both = [replying, unsending] if n % 2 else [unsending, replying]
        outcomes = [outcome for [outcome] in await asyncio.gather(*both)]
        sent, unsent = outcomes if n % 2 else outcomes[::-1]
        assert isinstance(unsent, Stored)
        if isinstance(sent, Stored):
            now = await messages.get(chat, sent.message.position)
            assert now is not None
            assert (sent.message.quoted_body, now.quoted_body) == ("Secret", "")
            assert sent.message.revision < now.revision < unsent.message.revision
        else:
            assert sent is Refusal.NO_ORIGINAL


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_nothing_of_what_was_quoted_stays_in_the_files(
    database: str, ada: User, bob: User, chat: int
) -> None:
    file = Path(database.removeprefix("sqlite:///"))
    await make_message(ada, chat, "wombat " * 50)
    for _ in range(50):
        await make_message(bob, chat, "Answer " * 40, reply_to=1)
    await commit([Edit(chat, ada.id, 1, "wombats " * 60, 1, NOON)])
    await commit([Unsend(chat, ada.id, 1, NOON)])
    erasures.request()
    await erasures.erase_if_requested()
    assert b"Answer" in held(file)
    assert b"wombat" not in held(file)
