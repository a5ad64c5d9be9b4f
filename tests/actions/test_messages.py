"""Sending: stored once, in order, and published after the commit."""

import asyncio
from collections.abc import Sequence

import pytest

from actions import messages
from actions.errors import Invalid
from db import engine
from db import messages as stored
from db.engine import Unavailable
from db.log import commit as log
from db.log.change import Change
from db.messages import Message, Send
from db.users import User
from live import broker, hub, publication
from live.publication import Publication
from tests.factories import make_conversation, make_departure, make_user, new_id
from tests.pages import Page

pytestmark = pytest.mark.usefixtures("live")


async def stored_in(chat: int) -> list[Message]:
    return await stored.after(chat, 0, 100)


async def refusal(author: User, chat: int, client_id: str, body: str) -> str:
    before = await stored_in(chat)
    with pytest.raises(Invalid) as refused:
        await messages.send(author, chat, client_id, body)
    assert await stored_in(chat) == before
    assert list(refused.value.errors) == ["body"]
    return refused.value.errors["body"]


async def test_a_message_is_stored_as_it_was_typed(ada: User, chat: int) -> None:
    client_id = new_id()
    message = await messages.send(ada, chat, client_id, "  Hello,\r\n\tBob \u202eabc <b> 😀  \n\n")
    assert message.body == "  Hello,\n\tBob \u202eabc <b> 😀"
    assert (message.client_id, message.author_id) == (client_id, ada.id)
    assert await stored_in(chat) == [message]


async def test_messages_stand_in_the_order_of_their_commits(
    ada: User, bob: User, chat: int
) -> None:
    sent = [await messages.send(person, chat, new_id(), "Hello") for person in (ada, bob, ada)]
    assert [message.position for message in sent] == [1, 2, 3]
    assert await stored_in(chat) == sent


@pytest.mark.parametrize(
    "body", ["", " \n\t ", "\u200b", "\u3164\n\u2800", "\x00", "\u00ad", "\u202e", "\r\n"]
)
async def test_a_blank_message_is_refused(ada: User, chat: int, body: str) -> None:
    assert await refusal(ada, chat, new_id(), body) == "Type a message first."


@pytest.mark.parametrize("letter", ["a", "漢", "😀"])
async def test_a_message_has_at_most_8000_characters(ada: User, chat: int, letter: str) -> None:
    message = await messages.send(ada, chat, new_id(), letter * 8000 + " \n")
    assert message.body == letter * 8000
    assert await refusal(ada, chat, new_id(), letter * 8001) == (
        "A message has at most 8,000 characters. This one has 8,001."
    )


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("a\x00b", "ab"),
        ("a\ud800b", "a\ufffdb"),
        ("a\udc00", "a\ufffd"),
        ("\ud83d\ude00", "😀"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("\n\n first", " first"),
    ],
)
async def test_text_is_cleaned_before_it_is_stored(
    ada: User, chat: int, typed: str, kept: str
) -> None:
    assert (await messages.send(ada, chat, new_id(), typed)).body == kept


async def test_a_repeated_client_id_returns_the_first_message(ada: User, chat: int) -> None:
    client_id = new_id()
    first = await messages.send(ada, chat, client_id, "First")
    await messages.send(ada, chat, new_id(), "Between")
    assert await messages.send(ada, chat, client_id, "First") == first
    assert await messages.send(ada, chat, client_id, "First\r\n") == first
    assert await messages.send(ada, chat, client_id.upper(), "First") == first
    assert await messages.send(ada, chat, f"{{{client_id}}}", "First") == first
    last = await messages.send(ada, chat, new_id(), "Last")
    assert [message.body for message in await stored_in(chat)] == ["First", "Between", "Last"]
    assert last.position == 3


async def test_a_client_id_repeated_at_once_is_stored_once(ada: User, bob: User, chat: int) -> None:
    for turn in range(10):
        client_id = new_id()
        sends = [messages.send(ada, chat, client_id, f"{turn}") for _ in range(3)]
        other = messages.send(bob, chat, client_id, f"{turn}/other")
        *same, another = await asyncio.gather(*sends, other)
        assert same[0] == same[1] == same[2] != another
    assert [message.position for message in await stored_in(chat)] == list(range(1, 21))


async def test_a_used_client_id_with_another_text_is_refused(ada: User, chat: int) -> None:
    client_id = new_id()
    await messages.send(ada, chat, client_id, "Hello")
    assert await refusal(ada, chat, client_id.upper(), "Hello again") == (
        "This form was sent already, with another text. Send again to send this one too."
    )
    await messages.send(ada, chat, new_id(), "Hello again")


async def test_of_other_texts_sent_at_once_under_one_client_id_one_is_stored(
    ada: User, chat: int
) -> None:
    client_id = new_id()
    sends = [messages.send(ada, chat, client_id, f"{n}") for n in range(5)]
    outcomes = await asyncio.gather(*sends, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Message, *[Invalid] * 4]
    assert [message.body for message in await stored_in(chat)] == ["0"]


async def test_a_client_id_of_another_conversation_is_refused(
    ada: User, bob: User, chat: int
) -> None:
    client_id = new_id()
    other = await make_conversation([ada, bob], "Tea")
    await messages.send(ada, other, client_id, "Hello")
    assert await refusal(ada, chat, client_id, "Hello") == (
        "This was sent in another conversation already. Send again to send it here."
    )


@pytest.mark.parametrize("client_id", ["", "1", "x" * 36, "ü", "\x00", "\ud800", "a" * 10_000])
async def test_a_damaged_client_id_is_refused(ada: User, chat: int, client_id: str) -> None:
    assert await refusal(ada, chat, client_id, "Hello") == (
        "This form is damaged: its client_id is not a UUID. Reload the page."
    )


async def test_an_outsider_is_refused(chat: int) -> None:
    stranger = await make_user()
    assert (
        await refusal(stranger, chat, new_id(), "Hello")
        == "You are no longer in this conversation."
    )


async def test_messages_are_published_only_after_the_commit(
    ada: User, bob: User, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored_when_told = []
    publish = broker.publish

    async def publishing(*publications: Publication) -> None:
        stored_when_told.append([m.body for m in await stored_in(chat)])
        await publish(*publications)

    monkeypatch.setattr(broker, "publish", publishing)
    topics = [publication.ACTIVITY, publication.conversation(chat)]
    with hub.subscribe(*topics) as subscription:
        message = await messages.send(ada, chat, new_id(), "Hello")
        told = await subscription.next(5)
    assert stored_when_told == [["Hello"]]
    assert publication.activity(chat) in told
    [change] = [p for p in told if p.topic == publication.conversation(chat)]
    assert change.revision == message.revision
    page = Page()
    page.apply(change.text)
    assert page.bodies() == ["Hello"]
    assert page.cursor == 1


async def test_a_repeat_is_published_again(ada: User, chat: int) -> None:
    client_id = new_id()
    with hub.subscribe(publication.conversation(chat)) as subscription:
        await messages.send(ada, chat, client_id, "Hello")
        [first] = await subscription.next(5)
        await messages.send(ada, chat, client_id, "Hello")
        [again] = await subscription.next(5)
    assert (again.text, again.revision) == (first.text, first.revision)


async def test_nothing_is_published_that_was_not_stored(
    ada: User, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise Unavailable

    with hub.subscribe(publication.conversation(chat)) as subscription:
        with pytest.raises(Invalid):
            await messages.send(ada, chat, new_id(), "")
        with monkeypatch.context() as patch:
            patch.setattr(log, "commit", away)
            with pytest.raises(Unavailable):
                await messages.send(ada, chat, new_id(), "Hello")
        assert await subscription.next(0.05) == []
    assert (await messages.send(ada, chat, new_id(), "Hello")).position == 1


async def test_what_is_sent_at_once_is_stored_by_few_transactions(
    ada: User, bob: User, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    monkeypatch.setattr(engine, "on_commit", lambda seconds, changes: sizes.append(changes))
    other = await make_conversation([ada, bob], "Tea")
    sizes.clear()
    sends = [
        messages.send(author, conversation, new_id(), str(n))
        for n in range(25)
        for author in (ada, bob)
        for conversation in (chat, other)
    ]
    await asyncio.gather(*sends)
    assert sum(sizes) == 100
    assert len(sizes) <= 2
    for conversation in (chat, other):
        stored_there = await stored_in(conversation)
        assert [message.position for message in stored_there] == list(range(1, 51))
        assert [m.body for m in stored_there if m.author_id == ada.id] == [*map(str, range(25))]
        before = [(None, None), *((m.author_id, m.created_at) for m in stored_there)]
        for message, previous in zip(stored_there, before, strict=False):
            assert (message.previous_author_id, message.previous_created_at) == previous


async def test_a_message_that_cannot_be_stored_does_not_block_others(
    ada: User, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = log.commit

    async def choosy(batch: Sequence[Change]) -> Sequence[object]:
        if any(isinstance(change, Send) and change.body == "poison" for change in batch):
            raise ValueError
        return await commit(batch)

    monkeypatch.setattr(log, "commit", choosy)
    sends = [messages.send(ada, chat, new_id(), body) for body in ("a", "poison", "b")]
    first, poison, last = await asyncio.gather(*sends, return_exceptions=True)
    assert isinstance(poison, Unavailable)
    assert isinstance(first, Message)
    assert isinstance(last, Message)
    assert [message.body for message in await stored_in(chat)] == ["a", "b"]


async def test_removal_is_known_to_the_next_message(ada: User, bob: User) -> None:
    tea = await make_conversation([ada, bob], "Tea")
    await messages.send(bob, tea, new_id(), "Hello")
    await make_departure(bob, tea)
    assert await refusal(bob, tea, new_id(), "Hello") == "You are no longer in this conversation."
