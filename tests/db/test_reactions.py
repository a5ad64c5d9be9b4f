"""Reactions: what is stored of them, what a message tells, and what is refused."""

import asyncio
from collections.abc import Iterable

from db import engine, inbox, messages, reactions
from db.log.change import Refusal
from db.log.commit import Stored, commit
from db.messages import Message
from db.reactions import EMOJI_OF_ALL, EMOJI_OF_ONE, MARKED, NAMED, React, Reaction
from db.unsends import Unsend
from db.users import User
from tests.factories import make_conversation, make_message, make_user

NOON = 1_795_780_800_000


def react(user: User, chat: int, emoji: str, *, on: bool = True, position: int = 1) -> React:
    return React(chat, user.id, position, emoji, on, NOON)


async def stored(*changes: React) -> list[Message]:
    outcomes = await commit(changes)
    assert all(isinstance(outcome, Stored) for outcome in outcomes), outcomes
    return [outcome.message for outcome in outcomes if isinstance(outcome, Stored)]


def numbers(message: Message) -> list[tuple[str, int]]:
    return [(each.emoji, each.number) for each in message.reactions or ()]


async def rows() -> int:
    found = await engine.row("SELECT COUNT(*) AS number FROM reactions")
    assert found is not None
    return int(found["number"])


async def test_each_emoji_tells_how_many_and_who_in_the_order_of_the_first(
    ada: User, bob: User, chat: int
) -> None:
    await make_message(ada, chat)
    await make_message(ada, chat)
    [first] = await stored(react(bob, chat, "😂"))
    assert (first.revision, first.reactions) == (3, (Reaction("😂", 1, (bob.id,), ("Bob",)),))
    await stored(react(ada, chat, "👍"))
    [last] = await stored(react(ada, chat, "😂"))
    assert last.reactions == (
        Reaction("😂", 2, (bob.id, ada.id), ("Bob", "Ada")),
        Reaction("👍", 1, (ada.id,), ("Ada",)),
    )
    log = await messages.after(chat, 0, 9)
    assert log[0] == last == await messages.get(chat, 1)
    assert log[1].reactions is None
    assert (await messages.list_changed([(chat, 2)]))[chat, 2] == [last]
    [without] = await stored(react(bob, chat, "😂", on=False))
    assert numbers(without) == [("👍", 1), ("😂", 1)]
    [bare, _] = await stored(react(ada, chat, "👍", on=False), react(ada, chat, "😂", on=False))
    assert bare.reactions is None
    assert await rows() == 0


async def test_a_repeat_changes_nothing(ada: User, chat: int) -> None:
    await make_message(ada, chat)
    [before] = await stored(react(ada, chat, "👍"))
    assert await commit([react(ada, chat, "👍")]) == [Stored(before, None)]
    [bare] = await stored(react(ada, chat, "👍", on=False))
    assert await commit([react(ada, chat, "👍", on=False)]) == [Stored(bare, None)]


async def test_what_changes_back_and_forth_in_a_batch_ends_as_the_last_says(
    ada: User, bob: User, chat: int
) -> None:
    await make_message(ada, chat)
    await stored(react(ada, chat, "👍"))
    outcomes = await commit(
        [react(ada, chat, "👍", on=on) for on in (False, True, False)]
        + [react(bob, chat, "👍", on=on) for on in (True, False, True)]
    )
    assert {outcome.previous_revision for outcome in outcomes if isinstance(outcome, Stored)} == {2}
    message = await messages.get(chat, 1)
    assert message is not None
    assert message.reactions == (Reaction("👍", 1, (bob.id,), ("Bob",)),)
    assert message.revision == 8


async def test_only_a_message_that_is_there_takes_reactions_and_only_of_participants(
    ada: User, chat: int
) -> None:
    await make_message(ada, chat)
    await make_message(ada, chat)
    await commit([Unsend(chat, ada.id, 2, NOON)])
    assert await commit(
        [
            react(ada, chat, "👍", position=3),
            react(ada, chat, "👍", position=2),
            react(ada, chat, "👍", position=2, on=False),
            react(await make_user(), chat, "👍"),
        ]
    ) == [Refusal.NO_MESSAGE, Refusal.UNSENT, Refusal.UNSENT, Refusal.NOT_A_PARTICIPANT]
    assert await rows() == 0


def emoji(number: int) -> Iterable[str]:
    return map(chr, range(0x1F600, 0x1F600 + number))


async def test_one_user_has_so_many_emoji_and_a_message_so_many_of_all(
    chat: int, ada: User
) -> None:
    await make_message(ada, chat)
    *most, last = emoji(EMOJI_OF_ONE + 1)
    await stored(*(react(ada, chat, each) for each in most))
    assert await commit([react(ada, chat, last)]) == [Refusal.TOO_MANY_REACTIONS_OF_ONE]
    assert isinstance((await commit([react(ada, chat, most[0])]))[0], Stored), "a repeat"
    await stored(react(ada, chat, most[0], on=False), react(ada, chat, last))
    people = [await make_user() for _ in range(3)]
    tea = await make_conversation(people, "Tea")
    await make_message(people[0], tea)
    *most, last = emoji(EMOJI_OF_ALL + 1)
    await stored(*(react(people[n // EMOJI_OF_ONE], tea, each) for n, each in enumerate(most)))
    assert await commit([react(people[2], tea, last)]) == [Refusal.TOO_MANY_REACTIONS]
    await stored(react(people[2], tea, most[0]))
    await stored(react(people[0], tea, most[1], on=False), react(people[2], tea, last))


async def test_of_many_the_newest_are_told(ada: User) -> None:
    people = [ada, *[await make_user() for _ in range(MARKED + 4)]]
    chat = await make_conversation(people, "Tea")
    await make_message(ada, chat)
    *_, message = await stored(*(react(person, chat, "👍") for person in people))
    [reaction] = message.reactions or ()
    assert reaction.number == len(people)
    assert reaction.user_ids == tuple(person.id for person in people[-MARKED:])
    assert reaction.names == tuple(person.name for person in people[-NAMED:])
    newest, *_ = found = await reactions.list_reactors(chat, 1, 3)
    assert (newest.user_id, newest.name, newest.emoji) == (people[-1].id, people[-1].name, "👍")
    assert len(found) == 3
    assert await reactions.get_own(chat, 1, ada.id) == {"👍"}


async def test_unsending_takes_the_reactions(ada: User, bob: User, chat: int) -> None:
    await make_message(ada, chat)
    await make_message(ada, chat)
    await stored(react(bob, chat, "👍"), react(bob, chat, "👍", position=2))
    [unsent] = await commit([Unsend(chat, ada.id, 1, NOON)])
    assert isinstance(unsent, Stored)
    assert unsent.message.reactions is None
    assert await rows() == 1


async def test_reacting_and_unsending_at_once_have_one_order(
    ada: User, bob: User, chat: int
) -> None:
    for n in range(6):
        place = (await make_message(ada, chat)).position
        reacting = commit([react(bob, chat, "👍", position=place)])
        unsending = commit([Unsend(chat, ada.id, place, NOON)])
        both = [reacting, unsending] if n % 2 else [unsending, reacting]
        outcomes = [outcome for [outcome] in await asyncio.gather(*both)]
        reaction, unsent = outcomes if n % 2 else outcomes[::-1]
        message = await messages.get(chat, place)
        assert message is not None
        assert (message.unsent_at, message.reactions) == (NOON, None)
        assert isinstance(unsent, Stored)
        assert reaction is Refusal.UNSENT or (
            isinstance(reaction, Stored) and reaction.message.revision < message.revision
        )
    assert await rows() == 0


async def test_the_numbers_are_right_whoever_reacts_at_the_same_moment(ada: User) -> None:
    people = [ada, *[await make_user() for _ in range(19)]]
    chat = await make_conversation(people, "Tea")
    await make_message(ada, chat)
    await asyncio.gather(*(commit([react(person, chat, "👍")]) for person in people))
    await asyncio.gather(
        *(commit([react(person, chat, "👍", on=False)]) for person in people[:5]),
        *(commit([react(person, chat, "😂")]) for person in people),
    )
    message = await messages.get(chat, 1)
    assert message is not None
    assert sorted(numbers(message)) == sorted([("👍", 15), ("😂", 20)])
    assert message.revision == 46


async def test_a_line_of_an_inbox_stays_as_it_is(ada: User, bob: User, chat: int) -> None:
    await make_message(ada, chat, "Hello", created_at=NOON)
    lines = await inbox.list_lines([(bob.id, chat)])
    [outcome] = await commit([react(ada, chat, "👍")])
    assert isinstance(outcome, Stored)
    assert not outcome.is_said
    assert await inbox.list_lines([(bob.id, chat)]) == lines
