"""What is found is what a look at each message would find, whatever has happened to them."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from actions import search_index
from db import conversations, engine, participants
from db.edits import Edit
from db.engine import TooSlow
from db.engine.dialect import is_postgresql
from db.log.commit import commit
from db.messages import Message, Send, after
from db.search import hits
from db.search.hits import LAST, Term, find
from db.search.index import LINK, first_id, of_author
from db.unsends import Unsend
from db.users import User
from db.words import words
from tests.factories import make_conversation, make_departure, make_message, make_user, new_id

NOON = 1_795_780_800_000
WORDS = ["tide", "Tide", "boat", "café", "cafe", "会議", "会", "Straße", "e-mail", "harbour", "to"]


@dataclass
class World:
    """Some people and their conversations, in which anything may happen."""

    people: list[User]
    chats: list[int]
    dice: random.Random
    at: int = NOON

    async def happen(self) -> None:
        author, chat = self.dice.choice(self.people), self.dice.choice(self.chats)
        log = await after(chat, 0, 1000)
        position = self.dice.choice(log).position if log else 1
        self.at += self.dice.choice([0, 0, 1, 60_000])
        change = self.dice.choice(["send"] * 6 + ["edit", "unsend", "leave", "join", "index"])
        if change == "send":
            await commit([Send(chat, author.id, new_id(), self.text(), self.at)])
        elif change == "edit":
            await commit([Edit(chat, author.id, position, self.text(), 2**53, self.at)])
        elif change == "unsend":
            await commit([Unsend(chat, author.id, position, self.at)])
        elif change == "index":
            assert await search_index.index_all()
        else:
            async with engine.transaction():
                await conversations.lock([chat])
                present = (await participants.list_ids([chat]))[chat]
                if change == "join" and author.id not in present:
                    await participants.add(chat, author.id)
            if change == "leave" and author.id in present and len(present) > 1:
                await make_departure(author, chat)

    def text(self) -> str:
        link = self.dice.choice(["", "", " https://tide.example/"])
        return " ".join(self.dice.choices(WORDS, k=self.dice.randint(1, 6))) + link

    def term(self) -> Term:
        kind = self.dice.choice(["word", "phrase", "prefix", "excluded", "author", "link"])
        some = words(" ".join(self.dice.choices(WORDS, k=2 if kind == "phrase" else 1)))
        if kind == "prefix":
            return Term(((*some[:-1], some[-1][:2]),), is_prefix=True)
        if kind == "author":
            return Term(tuple((of_author(each.id),) for each in self.dice.sample(self.people, 2)))
        return Term(((LINK,) if kind == "link" else tuple(some),), is_excluded=kind == "excluded")


def matches(message: Message, term: Term) -> bool:
    """By looking at the message alone."""
    found = words(message.body)
    for phrase in term.phrases:
        if phrase == (LINK,):
            is_hit = "https://" in message.body
        elif phrase[0].startswith("@"):
            is_hit = phrase == (of_author(message.author_id),)
        else:
            rows = [tuple(found[n : n + len(phrase)]) for n in range(len(found))]
            is_hit = phrase in rows or (
                term.is_prefix
                and any(
                    row[:-1] == phrase[:-1]
                    and len(row) == len(phrase)
                    and row[-1].startswith(phrase[-1])
                    for row in rows
                )
            )
        if is_hit:
            return not term.is_excluded
    return term.is_excluded


@pytest.mark.parametrize("few", [50, 1], ids=["few conversations", "many"])
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_hits_are_those_of_a_naive_scan(
    database: str, seed: int, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hits, "FEW", few)
    people = [await make_user() for _ in range(4)]
    chats = [await make_conversation(people, f"Group {n}") for n in range(4)]
    world = World(people, chats, random.Random(seed))  # noqa: S311
    for _ in range(250):
        await world.happen()
    assert await search_index.index_all()
    found = 0
    for _ in range(120):
        reader = world.dice.choice(people)
        ids = await participants.list_conversation_ids(reader.id)
        terms = [world.term() for _ in range(world.dice.randint(1, 3))]
        first, until = sorted(world.dice.choices(range(NOON, world.at + 2), k=2))
        expected = {
            (message.conversation_id, message.position): message
            for id in ids
            for message in await after(id, 0, 1000)
            if message.unsent_at is None
            and all(matches(message, term) for term in terms)
            and first <= message.created_at < until
        }
        page = await find(reader.id, ids, terms, first_id(first), first_id(until), 1000)
        got = [(m.conversation_id, m.position) for m in page.messages]
        assert (sorted(got), page.before) == (sorted(expected), None), terms
        times = [m.created_at for m in page.messages]
        assert times == sorted(times, reverse=True)
        assert [expected[place] for place in got] == page.messages
        found += len(got)
    assert found > 100


async def look(reader: User, *terms: Term, before: int = LAST, limit: int = 10) -> hits.Hits:
    ids = await participants.list_conversation_ids(reader.id)
    return await find(reader.id, ids, terms, 0, before, limit)


HELLO = Term((("hello",),))


async def test_pages_follow_each_other_without_a_gap(ada: User, chat: int) -> None:
    """Also where messages were sent at the same moment."""
    for n in range(25):
        await make_message(ada, chat, f"Hello {n}", created_at=NOON + n // 10)
    await search_index.index_all()
    seen: list[int] = []
    before: int | None = LAST
    while before is not None:
        page = await look(ada, HELLO, before=before)
        seen += [m.position for m in page.messages]
        before = page.before
    assert seen == list(range(25, 0, -1))


async def test_an_old_message_that_is_indexed_late_comes_in_its_place(ada: User, chat: int) -> None:
    for at in (3, 1, 2):
        await make_message(ada, chat, f"Hello {at}", created_at=NOON + at)
        await search_index.index_all()
    assert [m.body for m in (await look(ada, HELLO)).messages] == ["Hello 3", "Hello 2", "Hello 1"]


async def test_what_was_unsent_or_left_since_is_not_found(ada: User, bob: User, chat: int) -> None:
    """Whatever the index says."""
    await make_message(ada, chat)
    await make_message(ada, chat)
    group = await make_conversation([ada, bob], "Tea")
    await make_message(ada, group)
    await search_index.index_all()
    ids = await participants.list_conversation_ids(bob.id)
    await commit([Unsend(chat, ada.id, 1, NOON)])
    await make_departure(bob, group)
    page = await find(bob.id, ids, [HELLO], 0, LAST, 10)
    assert [(m.conversation_id, m.position) for m in page.messages] == [(chat, 2)]
    shorter = await find(bob.id, ids, [HELLO], 0, LAST, 1)
    assert [m.position for m in shorter.messages] in ([], [2])


@contextmanager
def budget(seconds: float) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hits, "BUDGET", seconds)
        yield


SLOW = """
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000)
    SELECT COUNT(*) AS n FROM n
"""


async def test_a_read_that_takes_too_long_is_ended_and_the_next_one_is_well(database: str) -> None:
    with pytest.raises(TooSlow):
        await engine.rows_within(0.05, SLOW)
    assert [row["n"] for row in await engine.rows_within(5, "SELECT 1 AS n")] == [1]
    if is_postgresql():  # what was set was for that read
        row = await engine.row("SHOW plan_cache_mode")
        assert row is not None
        assert row[0] == "force_generic_plan"
