"""Searching messages: people with few and many conversations, words that are common and rare."""

import asyncio
import random
import time
from collections.abc import Awaitable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import TypeVar

from actions import search, search_index
from actions.errors import Invalid
from bench.generator import Figures
from bench.run import Run
from bench.stacks.parley import FIRST_ID, Parley
from db import engine
from db.search import cursors
from db.search.hits import BUDGET
from db.users import User

STACKS = ["parley-pg", "parley-sqlite"]
PATIENCE = 600.0

START = 1_700_000_000_000
APART = 60_000
"""Milliseconds between two messages."""

VOCABULARY = 30_000
FIRST = 4_000
"""The number of the first of them, and of the first conversation."""

QUERIES = 40

T = TypeVar("T")


@dataclass(frozen=True)
class Reader:
    """A user, by their number of conversations and their share of all messages."""

    number: int
    conversations: int
    share: float


READERS = [
    Reader(FIRST, 20, 0.0003),
    Reader(FIRST + 1, 40, 0.016),
    Reader(FIRST + 2, 500, 0.108),
    Reader(FIRST + 3, 2_000, 0.231),
    Reader(FIRST + 4, 3_000, 0.6447),
]
OTHER = FIRST_ID + FIRST + 5
"""To whom all of them write."""


def measure(run: Run) -> None:
    """In this process: how long it takes to find a page and what is shown of it."""
    for stack in run.chosen(*STACKS):
        assert isinstance(stack, Parley)
        run.attempt("search", stack, "all", partial(fill_and_ask, run, stack))


def fill_and_ask(run: Run, stack: Parley) -> None:
    url = stack.fresh_database()
    corpus = Corpus(run.messages)
    stack.insert(url, corpus.rows())
    asyncio.run(index_and_ask(run, stack, url, corpus))


async def index_and_ask(run: Run, stack: Parley, url: str, corpus: "Corpus") -> None:
    await engine.connect(url, 5, PATIENCE)
    try:
        seconds, _ = await timed(index_all())
        figures: Figures = {"messages_per_second": run.messages / seconds}
        run.note("indexing", stack, "of old messages", [figures])
        stack.execute(url)
        for reader in READERS[:-1]:
            user = User(FIRST_ID + reader.number, f"person{reader.number}", "Reader")
            for kind, queries in corpus.queries(reader).items():
                runs = [await asked(user, queries) for _ in range(run.repeats)]
                run.note("search", stack, f"{reader.conversations:,}, {kind}", runs)
    finally:
        await engine.disconnect()


async def index_all() -> None:
    """All, without pauses."""
    after: int | None = 0
    while after is not None:
        behind, after = await cursors.list_next(after, search_index.LOOK_BATCH)
        for batch in search_index.batches(behind):
            await search_index.index_batch(batch)


async def asked(user: User, queries: Iterable[str]) -> Figures:
    """The median and the 95th percentile, in milliseconds."""
    times, found, too_slow = list[float](), 0, 0
    for query in queries:
        try:
            seconds, results = await timed(search.search(user, query))
            found += len(results.found)
        except Invalid:
            seconds, too_slow = BUDGET, too_slow + 1
        times.append(1000 * seconds)
    times.sort()
    return {
        "p50_ms": times[len(times) // 2],
        "p95_ms": times[len(times) * 95 // 100],
        "found": found / len(times),
        "too_slow": too_slow,
    }


async def timed(work: Awaitable[T]) -> tuple[float, T]:
    began_at = time.perf_counter()
    result = await work
    return time.perf_counter() - began_at, result


class Corpus:
    """Messages of 1 to 20 words, some of which are very common (Zipf)."""

    def __init__(self, messages: int) -> None:
        self.messages = messages
        dice = random.Random(1)  # noqa: S311
        letters = "etaoinshrdlcumwfgypb"
        self.words = list(dict.fromkeys(
            "".join(dice.choices(letters, k=dice.randint(2, 9))) for _ in range(2 * VOCABULARY)
        ))[:VOCABULARY]  # fmt: skip
        self.weights = list(accumulate(1 / (rank + 1) for rank in range(len(self.words))))
        self.said: dict[int, list[str]] = {}
        """Some texts of each reader's conversations."""

    def rows(self) -> Iterator[tuple[str, list[tuple[object, ...]]]]:
        """What is to be inserted: tables and columns, each with rows."""
        chats = [
            (FIRST_ID + 100_000 * (n + 1) + each, reader, size_of(reader, self.messages))
            for n, reader in enumerate(READERS)
            for each in range(reader.conversations)
        ]
        yield (
            "conversations (id, kind, pair, title, creator_id, revision, last_position, active_at,"
            " ranked_at)",
            [
                (id, "group", None, f"Group {id}", OTHER, size, size, START, START)
                for id, _, size in chats
            ],
        )
        yield (
            "participants (user_id, conversation_id, read_position, ranked_at)",
            [
                (person, id, size, START)
                for id, reader, size in chats
                for person in (FIRST_ID + reader.number, OTHER)
            ],
        )
        yield (
            "messages (conversation_id, position, previous_position, revision, author_id,"
            " client_id, body, created_at)",
            list(self.sent(chats)),
        )

    def sent(self, chats: list[tuple[int, Reader, int]]) -> Iterator[tuple[object, ...]]:
        """One after the other, in all conversations at the same time."""
        dice = random.Random(2)  # noqa: S311
        turns = [(id, reader) for id, reader, size in chats for _ in range(size)]
        dice.shuffle(turns)
        positions: dict[int, int] = {}
        for n, (id, reader) in enumerate(turns):
            position = positions[id] = positions.get(id, 0) + 1
            body = " ".join(
                dice.choices(self.words, cum_weights=self.weights, k=dice.randint(1, 20))
            )
            author = FIRST_ID + reader.number if n % 2 else OTHER
            if len(said := self.said.setdefault(reader.number, [])) < 1000:
                said.append(body)
            client_id = f"00000000-0000-4000-8000-{n:012}"
            yield (id, position, position - 1 or None, position, author, client_id, body,
                   START + APART * n)  # fmt: skip

    def queries(self, reader: Reader) -> dict[str, list[str]]:
        """By kind. With a space at its end a last word is whole."""
        dice = random.Random(3)  # noqa: S311
        common, rare = self.words[:QUERIES], self.words[2_000 : VOCABULARY // 2]
        pairs = [said.split() for said in self.said[reader.number]]
        phrases = [f'"{a} {b}"' for a, b, *_ in (words for words in pairs if len(words) > 1)]
        return {
            "common word": [f"{word} " for word in common],
            "rare word": [f"{word} " for word in dice.sample(rare, QUERIES)],
            "phrase": dice.sample(phrases, min(QUERIES, len(phrases))),
            "beginning": [word[:3] for word in dice.sample(self.words[:1000], QUERIES)],
        }


def size_of(reader: Reader, messages: int) -> int:
    return max(1, round(messages * reader.share / reader.conversations))
