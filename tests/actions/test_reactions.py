"""Reacting: which texts are emoji, and how many fragments many reactions cause."""

import asyncio

import pytest

from actions import batching, reactions
from actions.errors import Invalid
from actions.reactions import REST, validate
from db import messages
from db.users import User
from live import broker
from live.publication import ACTIVITY, Publication
from tests.factories import make_conversation, make_message, make_user


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[Publication]:
    """What is published, in its order."""
    publish = broker.publish
    found: list[Publication] = []

    async def noted(*publications: Publication) -> None:
        found.extend(publications)
        await publish(*publications)

    monkeypatch.setattr(broker, "publish", noted)
    return found


@pytest.mark.parametrize(
    ("text", "emoji"),
    [
        ("👍", "👍"),
        ("❤", "❤️"),
        ("❤️", "❤️"),
        (" ❤️ ", "❤️"),
        ("✋️", "✋"),
        ("👍🏽", "👍🏽"),
        ("1⃣", "1️⃣"),
        ("🇩🇪", "🇩🇪"),
        ("👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦"),
        ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"),
    ],
)
def test_the_variants_of_an_emoji_are_one(text: str, emoji: str) -> None:
    assert validate(text) == emoji


@pytest.mark.parametrize(
    "text", ["", "a", "👍👍", "🏽", "🇩", "1", ":+1:", "\ufe0f", "\x00", "x" * 99]
)
def test_all_else_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="A reaction is one emoji"):
        validate(text)


async def test_five_hundred_who_react_at_once_cause_a_few_fragments(
    live: None, published: list[Publication]
) -> None:
    people = [await make_user() for _ in range(500)]
    chat = await make_conversation(people, "Tea")
    await make_message(people[0], chat)
    await asyncio.gather(*(reactions.react(each, chat, 1, "👍", on=True) for each in people))
    await batching.finished()
    fragments = [each for each in published if each.revision is not None]
    assert len(fragments) <= 3
    assert [each.revision for each in fragments][-1] == 501
    bases = [each.base for each in fragments]
    assert bases == [1, *(each.revision for each in fragments[:-1])]
    assert ACTIVITY not in {each.topic for each in published}, "no line of an inbox changes"
    message = await messages.get(chat, 1)
    assert message is not None
    assert [each.number for each in message.reactions or ()] == [500]


async def test_the_fragments_of_a_message_are_paced_however_often_its_reactions_change(
    ada: User, bob: User, chat: int, published: list[Publication]
) -> None:
    await make_message(ada, chat)
    await make_message(ada, chat)
    loop = asyncio.get_running_loop()
    began = loop.time()
    while loop.time() < began + 4 * REST:
        for user in (ada, bob):
            for on in (True, False):
                reactions.submit(user, chat, 1, "👍", on=on)
        await asyncio.sleep(REST / 20)
    await reactions.react(bob, chat, 1, "😂", on=True)
    await batching.finished()
    of_first = [each for each in published if each.revision]
    periods = (loop.time() - began) / REST
    assert 2 < len(of_first) <= periods + 1


async def test_a_reaction_to_another_message_does_not_wait(
    ada: User, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reactions.pacer, "_rest", 3600)
    for _ in range(2):
        await make_message(ada, chat)
    for position in (1, 2):
        await reactions.react(ada, chat, position, "👍", on=True)
    waiting = reactions.submit(ada, chat, 1, "😂", on=True)
    refused = reactions.submit(await make_user(), chat, 1, "😂", on=True)
    await batching.finished()
    assert not waiting.done()
    reactions.pacer.flush()
    await batching.finished()
    assert [each.emoji for each in (await waiting).message.reactions or ()] == ["👍", "😂"]
    with pytest.raises(Invalid, match="no longer in this conversation"):
        await refused
