"""Drafts: what is kept of what two devices write, and that sending ends them."""

import asyncio
from pathlib import Path

import pytest

from actions import drafts, messages, sessions, unsends, users
from actions.errors import Invalid
from db import drafts as stored
from db import engine, inbox
from db.users import User
from tests.factories import (
    PASSWORD,
    make_conversation,
    make_departure,
    make_message,
    make_session,
    make_user,
    new_id,
)


async def held(user: User, chat: int) -> list[str]:
    return [draft.body for draft in await stored.list_in(chat, user.id)]


async def line(user: User, chat: int) -> str | None:
    return (await inbox.list_lines([(user.id, chat)]))[user.id, chat].draft


async def test_a_draft_is_what_was_saved_last(ada: User, chat: int) -> None:
    [first] = await drafts.save(ada, chat, " Hel", id := new_id())
    [second] = await drafts.save(ada, chat, " Hello\r\nthere ", id, first.saved_at, reply_to=3)
    assert await stored.list_in(chat, ada.id) == [second]
    assert (second.client_id, second.body, second.reply_to) == (id, " Hello\nthere ", 3)
    assert second.saved_at > first.saved_at
    assert await line(ada, chat) == " Hello\nthere "


async def test_a_repeat_changes_nothing(ada: User, chat: int) -> None:
    once = await drafts.save(ada, chat, "Hello", id := new_id())
    assert await drafts.save(ada, chat, "Hello", id) == once
    assert await drafts.save(ada, chat, "Hello", new_id(), 7) == once


async def test_programs_need_no_more_than_a_text(ada: User, chat: int) -> None:
    await drafts.save(ada, chat, "Hello")
    await drafts.save(ada, chat, "Hello there")
    assert await held(ada, chat) == ["Hello there"]
    await drafts.save(ada, chat, " \n")
    assert await held(ada, chat) == []
    assert await line(ada, chat) is None


async def test_a_draft_belongs_to_one_user_and_one_conversation(ada: User, chat: int) -> None:
    bob = await make_user("robert")
    other = await make_conversation([ada, bob])
    await make_message(ada, other)
    await drafts.save(ada, chat, "Hello", id := new_id())
    assert await held(ada, other) == []
    await drafts.save(ada, other, "Hi", id)
    assert await held(ada, chat) == ["Hello"]
    assert await held(ada, other) == ["Hi"]
    assert await held(bob, other) == []
    assert await line(bob, other) is None


async def test_of_two_devices_the_later_one_wins_and_the_other_stays(ada: User, chat: int) -> None:
    [desk] = await drafts.save(ada, chat, "From the desk", new_id())
    [phone, other] = await drafts.save(ada, chat, "From the phone", new_id())
    assert (phone.body, other) == ("From the phone", desk)
    await drafts.choose(ada, chat, desk.client_id)
    await drafts.choose(ada, chat, desk.client_id)
    assert await held(ada, chat) == ["From the desk", "From the phone"]


async def test_two_devices_that_go_on_from_one_draft_keep_both_texts(ada: User, chat: int) -> None:
    [draft] = await drafts.save(ada, chat, "Hello", id := new_id())
    await drafts.save(ada, chat, "Hello world", id, draft.saved_at)
    [there, world] = await drafts.save(ada, chat, "Hello there", id, draft.saved_at)
    assert (there.body, world.body) == ("Hello there", "Hello world")
    assert there.client_id != world.client_id == id
    await drafts.save(ada, chat, "", id, draft.saved_at)
    assert await held(ada, chat) == ["Hello there", "Hello world"], "it has changed since"
    await drafts.save(ada, chat, "", id, world.saved_at)
    assert await held(ada, chat) == ["Hello there"]


async def test_at_once_nothing_is_lost(ada: User, chat: int) -> None:
    texts = [f"Text {n}" for n in range(drafts.KEPT)]
    await asyncio.gather(*(drafts.save(ada, chat, text, new_id()) for text in texts))
    assert sorted(await held(ada, chat)) == texts
    await drafts.save(ada, chat, "One more", new_id())
    assert (await held(ada, chat))[0] == "One more"
    assert len(await held(ada, chat)) == drafts.KEPT


async def test_what_is_too_long_is_refused(ada: User, chat: int) -> None:
    with pytest.raises(Invalid, match="This one has 8,001"):
        await drafts.save(ada, chat, "x" * 8001)


async def test_sending_ends_its_draft_and_no_other(ada: User, chat: int) -> None:
    await drafts.save(ada, chat, "Hel", id := new_id())
    await drafts.save(ada, chat, "Other words", new_id())
    await messages.send(ada, chat, id, "Hello")
    assert await held(ada, chat) == ["Other words"]
    assert await bodies() == ["Other words"]
    await drafts.save(ada, chat, "Hel", id)
    assert await held(ada, chat) == ["Other words"], "it was on its way"
    await drafts.save(ada, chat, "Hello Bob", id)
    assert await held(ada, chat) == ["Hello Bob", "Other words"], "it was written on elsewhere"


async def test_the_same_words_under_another_id_are_sent_as_well(ada: User, chat: int) -> None:
    await drafts.save(ada, chat, "Hello\n", new_id())
    await drafts.save(ada, chat, "Hello Bob", new_id())
    await messages.send(ada, chat, new_id(), "Hello")
    assert await held(ada, chat) == ["Hello Bob"]


async def test_what_was_sent_is_no_draft_whatever_is_left(ada: User, chat: int) -> None:
    """As where a draft is stored by another process at the moment of sending."""
    await messages.send(ada, chat, id := new_id(), "Hello")
    async with engine.transaction():
        await stored.put(chat, ada.id, stored.Draft(id, "Hel", None, 1))
    assert await held(ada, chat) == []
    assert await line(ada, chat) is None
    await unsends.unsend(ada, chat, 1)
    assert await bodies() == []


async def test_a_mark_of_an_inbox_changes_with_a_draft(ada: User, chat: int) -> None:
    marks = [await inbox.list_marks([ada.id])]
    for body in ("Hello", "Hello there", ""):
        await drafts.save(ada, chat, body)
        marks.append(await inbox.list_marks([ada.id]))
        assert marks[-1] != marks[-2]


async def test_drafts_of_a_conversation_that_was_left_are_kept(ada: User) -> None:
    group = await make_conversation([await make_user("eve"), ada], "Tea")
    [draft] = await drafts.save(ada, group, "Hello")
    await drafts.discard_kept(ada, draft.client_id)
    assert await held(ada, group) == ["Hello"], "it can still be sent"
    await make_departure(ada, group)
    assert [kept.body for kept in await stored.list_kept(ada.id)] == ["Hello"]
    await drafts.discard_kept(ada, draft.client_id)
    assert await stored.list_kept(ada.id) == []


async def test_they_go_with_the_account(ada: User, chat: int) -> None:
    await drafts.save(ada, chat, "Hello")
    [session] = (await sessions.find_all([await make_session(ada)])).values()
    await users.delete(session, PASSWORD)
    assert await bodies() == []


async def bodies() -> list[str]:
    return [row["body"] for row in await engine.rows("SELECT body FROM drafts")]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_nothing_of_a_draft_that_was_sent_and_unsent_stays_in_the_files(
    database: str, ada: User, chat: int
) -> None:
    file = Path(database.removeprefix("sqlite:///"))
    for _ in range(10):
        id, text = new_id(), "wombat"
        for _ in range(10):
            await drafts.save(ada, chat, text, id)
            text += " and wombat" * 5
        sent = await messages.send(ada, chat, id, text)
        await unsends.unsend(ada, chat, sent.position)
    assert await engine.erase()
    files = [path for path in file.parent.iterdir() if path.name.startswith(file.name)]
    assert not [path.name for path in files if b"wombat" in path.read_bytes()]
