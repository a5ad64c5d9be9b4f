"""Inboxes are in the same order as if they were sorted as a whole each time."""

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable

import pytest

from actions import inbox_ranks
from db import conversations, engine, inbox, participants, unread
from db import inbox_ranks as stored
from db.engine import Unavailable
from db.engine.script import Script
from db.inbox_ranks import HOUR, UNRANKED
from db.log.commit import commit
from db.messages import Send
from db.users import User
from live.process.tasks import alongside
from routes.background import background
from tests.factories import make_conversation, make_departure, make_message, make_user

pytestmark = pytest.mark.usefixtures("database")

NOON = 1_700_000_000_000


async def ranks_of(id: int) -> list[int]:
    """The rank of a conversation, then those of its participants."""
    rows = await engine.rows(
        """
        SELECT ranked_at FROM conversations WHERE id = :id
        UNION ALL SELECT ranked_at FROM participants WHERE conversation_id = :id
        """,
        id=id,
    )
    return [row[0] for row in rows]


async def write_as_before(id: int, active_at: int) -> None:
    """Store activity the way the version without ranks does."""
    await engine.execute(
        """
        UPDATE conversations
        SET revision = revision + 1, last_position = revision + 1, active_at = :active_at
        WHERE id = :id
        """,
        id=id,
        active_at=active_at,
    )


async def make_as_before(person: User, active_at: int) -> int:
    """A group as the version without ranks creates it."""
    id = random.getrandbits(53)
    await engine.execute(
        "INSERT INTO conversations (id, kind, title, creator_id, active_at) "
        "VALUES (:id, 'group', 'Tea', :person, :active_at)",
        id=id,
        person=person.id,
        active_at=active_at,
    )
    await engine.execute(
        "INSERT INTO participants (conversation_id, user_id) VALUES (:id, :person)",
        id=id,
        person=person.id,
    )
    return id


async def in_order(person: User) -> list[tuple[int, int]]:
    """An inbox sorted as a whole: activity and id."""
    rows = await engine.rows(
        """
        SELECT c.active_at, c.id
        FROM participants me JOIN conversations c ON c.id = me.conversation_id
        WHERE me.user_id = :person
          AND (c.last_position > 0 OR c.kind = 'group' OR c.creator_id = :person)
        ORDER BY c.active_at DESC, c.id DESC
        """,
        person=person.id,
    )
    return [(row[0], row[1]) for row in rows]


async def page_by_page(person: User, size: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    more: tuple[int, int] | None = None
    while True:
        entries, more, _ = await inbox.list_entries(person.id, more, size)
        found += [(entry.active_at, entry.id) for entry in entries]
        if more is None:
            return found
        assert len(entries) == size


async def count_all_unread(person: User) -> int:
    """The unread messages among all messages; too few to reach a limit."""
    row = await engine.row(
        """
        SELECT COUNT(*) FROM participants me
        JOIN messages m ON m.conversation_id = me.conversation_id AND m.position > me.read_position
        WHERE me.user_id = :person AND m.author_id <> :person
        """,
        person=person.id,
    )
    assert row is not None
    return int(row[0])


async def write(author: User, id: int, created_at: int) -> None:
    await make_message(author, id, created_at=created_at)


async def read_all(person: User, id: int) -> None:
    seen = await conversations.get(id, person.id)
    if seen is not None:
        await participants.update_read([(id, person.id, seen.last_position)])


async def catch_up(person: User, clock: int) -> None:
    async with engine.transaction():
        await stored.mark_caught_up([person.id], clock)


class Life:
    """What may happen to two users' conversations, at random but the same each time."""

    def __init__(self, seed: int, ada: User, bob: User) -> None:
        self.chance = random.Random(seed)  # noqa: S311
        self.ada, self.bob = ada, bob
        self.clock = NOON
        self.ids: list[int] = []

    async def go_on(self) -> None:
        """Time passes, hours in some steps and none in others; clocks differ a little."""
        self.clock += self.chance.choice([0, 1, 7, 60_000, HOUR // 2, HOUR - 1, HOUR, 3 * HOUR])
        moment = self.clock - self.chance.choice([0, 0, 0, 5, 90_000])
        if len(self.ids) < 5 or self.chance.random() < 0.2:
            await self.start(moment)
            return
        id = self.chance.choice(self.ids)
        author = self.chance.choice([self.ada, self.bob])
        await self.chance.choice([self.write, self.write, self.write, self.read, self.catch_up])(
            author, id, moment
        )

    async def start(self, moment: int) -> None:
        stranger = await make_user()
        make: list[Callable[[], Awaitable[int]]] = [
            lambda: make_conversation([self.ada, self.bob], "Tea", active_at=moment),
            lambda: make_conversation([self.ada, stranger], active_at=moment),
            lambda: make_conversation([stranger, self.ada], active_at=moment),
            lambda: make_as_before(self.ada, moment),
        ]
        self.ids.append(await self.chance.choice(make)())

    async def write(self, author: User, id: int, moment: int) -> None:
        body = Send(id, author.id, str(uuid.UUID(int=self.chance.getrandbits(128))), "x", moment)
        await commit([body])  # refused where the author takes no part

    async def read(self, reader: User, id: int, _: int) -> None:
        await read_all(reader, id)

    async def catch_up(self, person: User, _id: int, moment: int) -> None:
        await catch_up(person, moment)


@pytest.mark.parametrize("seed", range(4))
async def test_inboxes_are_in_order_and_counted_whatever_happens(seed: int) -> None:
    ada, bob = await make_user(), await make_user()
    life = Life(seed, ada, bob)
    for step in range(150):
        await life.go_on()
        if step % 5 == 0:
            for person in (ada, bob):
                assert await unread.count(person.id) == await count_all_unread(person)
                first, _, counted = await inbox.list_entries(person.id, None, 3)
                assert [(e.active_at, e.id) for e in first] == (await in_order(person))[:3]
                assert counted == await count_all_unread(person)
    for size in (1, 2, 7, 30):
        assert await page_by_page(ada, size) == await in_order(ada)
        assert await page_by_page(bob, size) == await in_order(bob)


async def test_a_page_may_end_among_conversations_of_one_moment() -> None:
    ada = await make_user()
    for n in range(40):
        await make_conversation([ada], f"Tea {n}", active_at=NOON + n // 9 * (HOUR // 2))
    for size in (1, 4, 9, 10, 39, 40):
        assert await page_by_page(ada, size) == await in_order(ada)


async def test_the_last_millisecond_of_an_hour_counts() -> None:
    ada = await make_user()
    for later in (HOUR - 2, HOUR - 1):
        for n in range(5):
            id = await make_conversation([ada], f"Tea {n}", active_at=NOON)
            await write(ada, id, NOON + HOUR - 1)
            await make_conversation([ada], f"Milk {n}", active_at=NOON + later)
    for size in (1, 2, 4):
        assert await page_by_page(ada, size) == await in_order(ada)


async def test_a_message_ranks_its_conversation_once_an_hour() -> None:
    ada, bob = await make_user(), await make_user()
    id = await make_conversation([ada, bob], "Tea", active_at=NOON)
    assert await ranks_of(id) == [NOON] * 3
    await write(ada, id, NOON + HOUR - 1)
    assert await ranks_of(id) == [NOON] * 3
    await write(ada, id, NOON + HOUR)
    assert await ranks_of(id) == [NOON + HOUR] * 3
    await write(ada, id, NOON + 5)  # by a clock that is behind, or was ahead
    assert await ranks_of(id) == [NOON + 5] * 3


async def test_within_the_hour_no_rank_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ada, bob = await make_user(), await make_user()
    id = await make_conversation([ada, bob], "Tea", active_at=NOON)
    propagated: list[int] = []
    propagate = stored.propagate

    def noted(ids: list[int]) -> Script[None]:
        propagated.extend(ids)
        return propagate(ids)

    monkeypatch.setattr(stored, "propagate", noted)
    await write(ada, id, NOON + 1)
    assert propagated == []
    await write(ada, id, NOON + HOUR)
    assert propagated == [id]


async def test_conversations_of_the_version_without_ranks_are_in_order() -> None:
    ada = await make_user()
    for n in range(5):
        await make_conversation([ada], f"Tea {n}", active_at=NOON + n * 2 * HOUR)
        id = await make_as_before(ada, NOON + n * 2 * HOUR + 1)
        assert await ranks_of(id) == [UNRANKED] * 2
    for size in (1, 3, 4, 30):
        assert await page_by_page(ada, size) == await in_order(ada)


async def test_the_next_message_corrects_a_rank_that_it_left_wrong() -> None:
    ada, bob = await make_user(), await make_user()
    id = await make_conversation([ada, bob], "Tea", active_at=NOON)
    await write_as_before(id, NOON + 2 * HOUR)
    await write(ada, id, NOON + 2 * HOUR + 1)
    assert await ranks_of(id) == [NOON + 2 * HOUR + 1] * 3


async def test_ranks_that_it_left_wrong_are_repaired(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_ranks, "LOOK_BATCH", 3)
    monkeypatch.setattr(inbox_ranks, "REPAIR_BATCH", 2)
    ada, bob = await make_user(), await make_user()
    ids = [await make_conversation([ada, bob], "Tea", active_at=NOON) for _ in range(10)]
    ids += [await make_as_before(ada, NOON + 5) for _ in range(10)]
    for n, id in enumerate(ids):
        await write_as_before(id, NOON + n * HOUR // 2)
    await inbox_ranks.repair()
    assert await page_by_page(ada, 4) == await in_order(ada)
    assert await page_by_page(bob, 4) == await in_order(bob)
    for n, id in enumerate(ids):
        assert set(await ranks_of(id)) == {NOON if n < 2 else NOON + n * HOUR // 2}


async def is_caught_up(person: User, id: int) -> bool:
    row = await engine.row(
        "SELECT is_settled FROM participants WHERE conversation_id = :id AND user_id = :person",
        id=id,
        person=person.id,
    )
    assert row is not None
    return bool(row[0])


async def test_a_reader_of_everything_is_caught_up_two_hours_later() -> None:
    ada, bob = await make_user(), await make_user()
    id = await make_conversation([ada, bob], active_at=NOON)
    await write(bob, id, NOON + 5)
    await catch_up(ada, NOON + 9 * HOUR)
    assert not await is_caught_up(ada, id)
    await read_all(ada, id)
    await catch_up(ada, NOON + 2 * HOUR)
    assert not await is_caught_up(ada, id)
    await catch_up(ada, NOON + 2 * HOUR + 1)
    assert await is_caught_up(ada, id)
    assert not await is_caught_up(bob, id)
    assert await unread.count(ada.id) == 0
    await write(bob, id, NOON + 2 * HOUR + 1)
    assert await unread.count(ada.id) == 1


async def test_readers_are_caught_up_in_the_next_round(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inbox_ranks, "CAUGHT_UP_BATCH", 1)
    monkeypatch.setattr(inbox_ranks, "now", lambda: NOON + 9 * HOUR)
    ada, bob, cem = [await make_user() for _ in range(3)]
    id = await make_conversation([ada, bob, cem], "Tea", active_at=NOON)
    inbox_ranks.read_by([ada.id, bob.id])
    await inbox_ranks.mark_caught_up()
    assert [await is_caught_up(person, id) for person in (ada, bob, cem)] == [True, True, False]


async def test_ranks_are_repaired_at_startup() -> None:
    ada = await make_user()
    id = await make_as_before(ada, NOON)
    async with asyncio.timeout(20), background():
        while await ranks_of(id) != [NOON] * 2:
            pass


async def test_ranks_are_maintained_whatever_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    failures = [Unavailable("away"), RuntimeError("broken")]
    kept = asyncio.Event()

    async def repair() -> None:
        if failures:
            raise failures.pop()
        kept.set()

    monkeypatch.setattr(inbox_ranks, "repair", repair)
    monkeypatch.setattr(inbox_ranks, "FIRST_PAUSE", 0)
    async with alongside(inbox_ranks.maintain()):
        await kept.wait()


async def mark(person: User) -> tuple[int, ...]:
    return (await inbox.list_marks([person.id]))[person.id]


async def test_every_change_gives_an_inbox_another_mark() -> None:
    ada, bob = await make_user(), await make_user()
    old = await make_conversation([ada, bob], "Old", active_at=NOON)
    new = await make_conversation([ada, bob], "New", active_at=NOON + 9 * HOUR)
    marks = [await mark(ada)]
    for moment, id in ((1, new), (1, new), (HOUR, new), (HOUR + 1, old), (HOUR + 1, old)):
        await write(bob, id, NOON + 9 * HOUR + moment)
        marks.append(await mark(ada))
    await participants.update_read([(old, ada.id, 1)])
    marks.append(await mark(ada))
    await make_conversation([ada], "Tea")
    marks.append(await mark(ada))
    await make_as_before(ada, NOON)
    marks.append(await mark(ada))
    await make_departure(ada, old)
    marks.append(await mark(ada))
    assert len(set(marks)) == len(marks)
    assert await mark(ada) == marks[-1]
