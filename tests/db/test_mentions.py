"""Mentions: who is stored as mentioned, what a message tells, and what an inbox marks."""

import asyncio

import pytest

from db import engine, inbox, mentions, messages, participants
from db.edits import Edit
from db.engine.statement import Statement
from db.log.commit import Stored, commit
from db.messages import Message, Send
from db.unsends import Unsend
from db.users import User
from tests.factories import make_conversation, make_departure, make_message, make_user, new_id

NOON = 1_795_780_800_000


@pytest.fixture
async def cem(database: str) -> User:
    return await make_user("cem")


@pytest.fixture
async def group(ada: User, bob: User) -> int:
    return await make_conversation([ada, bob], "Tea")


def say(author: User, chat: int, body: str, *names: str, client_id: str = "") -> Send:
    return Send(chat, author.id, client_id or new_id(), body, NOON, names=frozenset(names))


async def stored(*changes: Send | Edit | Unsend) -> Message:
    """The message that the last of the changes leaves."""
    outcomes = await commit(changes)
    assert all(isinstance(outcome, Stored) for outcome in outcomes), outcomes
    last = outcomes[-1]
    assert isinstance(last, Stored)
    return last.message


async def rows() -> list[tuple[int, int]]:
    found = await engine.rows("SELECT position, user_id FROM mentions ORDER BY position, user_id")
    return [(row["position"], row["user_id"]) for row in found]


async def marked(user: User, chat: int) -> bool:
    lines = await inbox.list_lines([(user.id, chat)])
    entries, _, _ = await inbox.list_entries(user.id, None, 9)
    [on_page] = [entry for entry in entries if entry.id == chat]
    assert lines[user.id, chat].is_mentioned == on_page.is_mentioned
    return bool(on_page.is_mentioned)


async def test_only_participants_are_mentioned(ada: User, bob: User, cem: User, chat: int) -> None:
    sent = await stored(say(ada, chat, "@bob @cem @stranger", "bob", "cem", "stranger"))
    assert sent.mentions == (("bob", bob.id),)
    assert await rows() == [(1, bob.id)]
    assert (await make_message(ada, chat, "@bob in no text")).mentions is None


async def test_every_way_of_reading_tells_the_same(ada: User, bob: User, chat: int) -> None:
    sent = await stored(say(ada, chat, "@bob", "bob"))
    assert await messages.get(chat, 1) == sent
    assert await messages.after(chat, 0, 9) == [sent] == await messages.before(chat, 9, 9)
    assert await messages.list_at([(chat, 1)]) == {(chat, 1): sent}
    assert (await messages.list_changed([(chat, 0)]))[chat, 0] == [sent]


async def test_another_text_mentions_others(ada: User, bob: User, chat: int) -> None:
    await stored(say(ada, chat, "@bob", "bob"))
    both = frozenset(("ada", "bob"))
    edited = await stored(Edit(chat, ada.id, 1, "@ada @bob", 1, NOON, both))
    assert dict(edited.mentions or ()) == {"ada": ada.id, "bob": bob.id}
    edited = await stored(Edit(chat, ada.id, 1, "@ada", 2, NOON, frozenset(("ada",))))
    assert edited.mentions == (("ada", ada.id),)
    assert (await stored(Edit(chat, ada.id, 1, "No names", 3, NOON))).mentions is None
    assert await rows() == []
    edited = await stored(Edit(chat, ada.id, 1, "@bob", 4, NOON, frozenset(("bob",))))
    assert edited.mentions == (("bob", bob.id),)
    assert await messages.get(chat, 1) == edited


async def test_a_text_that_first_had_no_mention_gets_one(ada: User, bob: User, chat: int) -> None:
    await make_message(ada, chat, "Hello")
    edited = await stored(Edit(chat, ada.id, 1, "@bob", 1, NOON, frozenset(("bob",))))
    assert edited.mentions == (("bob", bob.id),)


async def test_an_unsent_message_mentions_nobody(ada: User, bob: User, chat: int) -> None:
    await stored(say(ada, chat, "@bob", "bob"))
    assert await marked(bob, chat)
    assert (await stored(Unsend(chat, ada.id, 1, NOON))).mentions is None
    assert await rows() == []
    assert not await marked(bob, chat)


async def test_a_repeat_mentions_nobody_again(ada: User, bob: User, chat: int) -> None:
    send = say(ada, chat, "@bob", "bob", client_id=new_id())
    first, second = await asyncio.gather(stored(send), stored(send))
    assert first == second == await stored(send, send)
    assert await rows() == [(1, bob.id)]
    edit = Edit(chat, ada.id, 1, "@ada", 1, NOON, frozenset(("ada",)))
    assert await stored(edit) == await stored(edit, edit)
    assert await rows() == [(1, ada.id)]


async def test_two_at_once_mention_each_other(ada: User, bob: User, chat: int) -> None:
    sends = [say(ada, chat, "@bob", "bob"), say(bob, chat, "@ada", "ada")]
    await asyncio.gather(*(stored(send) for send in sends * 3))
    assert sorted(user_id for _, user_id in await rows()) == sorted((ada.id, bob.id))


async def test_who_has_left_is_mentioned_no_more_but_stays_so_where_they_were(
    ada: User, bob: User, group: int
) -> None:
    before = await stored(say(ada, group, "@bob", "bob"))
    await make_departure(bob, group)
    assert (await stored(say(ada, group, "@bob", "bob"))).mentions is None
    assert await messages.get(group, 1) == before


async def test_all_are_mentioned_in_a_group_of_at_most_so_many(
    ada: User, bob: User, chat: int
) -> None:
    people = [await make_user() for _ in range(mentions.MOST - 1)]
    group = await make_conversation([ada, *people], "Tea")
    sent = await stored(say(ada, group, "@all", "all"))
    assert sent.mentions == (("all", mentions.ALL),)
    assert await marked(people[0], group)
    assert not await marked(ada, group), "their own"
    async with engine.transaction():
        await participants.add(group, bob.id)
    assert (await stored(say(ada, group, "@all", "all"))).mentions is None
    assert (await stored(say(ada, chat, "@all", "all"))).mentions is None, "no group"


async def test_a_line_is_marked_until_what_mentions_is_read(
    ada: User, bob: User, group: int
) -> None:
    await stored(say(ada, group, "@ada", "ada"), say(ada, group, "Hello"))
    assert not await marked(bob, group)
    assert not await marked(ada, group), "what they wrote themselves"
    await stored(say(ada, group, "@bob", "bob"), say(ada, group, "Hello"))
    assert await marked(bob, group)
    await participants.update_read([(group, bob.id, 2)])
    assert await marked(bob, group)
    await participants.update_read([(group, bob.id, 3)])
    assert not await marked(bob, group)
    async with engine.transaction():
        await participants.mark_unread(group, bob.id, 1)
    assert await marked(bob, group)


async def test_texts_without_names_take_no_further_statement(ada: User, chat: int) -> None:
    assert not list(mentions.resolve([((chat, 1), frozenset())]))
    script = mentions.resolve([((chat, 1), frozenset(("bob",)))])
    assert isinstance(next(script), Statement)
