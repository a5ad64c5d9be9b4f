"""The one judge of every fault: what was acknowledged, what is stored, what readers hold.

Writers note each client_id and whether it was acknowledged; readers note what they hold, in the
order in which it came. At the end each acknowledged message has to be in the database, the database
has to hold each once, and each reader has to hold the database's list in its order, each message as
it is there after all that was changed: its text, edited or unsent, pinned or not, its reactions.
"""

import asyncio
import random
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import count, cycle, pairwise
from statistics import quantiles
from typing import Protocol, Self

from routes.access import COOKIE
from tests.clients import Visitor
from tests.faults.readers import FOLLOWERS
from tests.faults.states import Held, Record, records
from tests.faults.writers import WAYS, Changer, Writer
from tests.waiting import in_time, slowness

PASSWORD = "correct horse battery"
AT_MOST = 30.0
"""Seconds within which every reader holds what was acknowledged, whatever broke."""

HONEST_WITHIN = 3.5
"""Seconds in which a POST is answered, one way or the other; half of one is this machine's."""

EMOJI = ("👍", "🎉", "😂")
RECENT = 100
"""Messages among which people choose what they change."""

STALLED = 60.0
"""Seconds without any acknowledgement after which there won't be another."""


class Reader(Protocol):
    """An open page."""

    name: str

    async def held(self) -> list[tuple[str, float]]:
        """The client_ids that it holds, in its order, and when each came (seconds since 1970)."""

    async def states(self) -> dict[str, Held]:
        """What it holds of each message, by client_id."""

    def began_anew(self) -> bool:
        """Whether it may lack the beginning, since it was so far behind that it was drawn anew."""


@dataclass(frozen=True)
class Verdict:
    lost: int
    """Acknowledged and not stored, or stored and not held by a reader: each such case."""
    dup: int
    """Stored or held more than once."""
    misordered: int
    """Held, or come in, before what stands before it."""
    diverged: int
    """Held otherwise than it is stored: each such case."""
    delays: Sequence[float]
    """Seconds from each acknowledgement until each reader held the message."""

    def __str__(self) -> str:
        return (
            f"lost {self.lost} dup {self.dup} misordered {self.misordered} "
            f"diverged {self.diverged} "
            f"converge_p95 {self.converge(95):.2f} converge_max {self.converge(100):.2f}"
        )

    def converge(self, percent: int) -> float:
        """Seconds within which so many of a hundred had come."""
        if percent == 100 or len(self.delays) < 2:
            return max(self.delays, default=0)
        return quantiles(self.delays, n=100)[percent - 1]

    def holds(self, within: float = AT_MOST) -> bool:
        """Whether nothing went wrong, and everything came within so many seconds."""
        is_exact = not (self.lost or self.dup or self.misordered or self.diverged)
        return is_exact and in_time(self.converge(100), within)


class Oracle:
    """A conversation of three people, those who write there and those who read."""

    def __init__(self, url: str, database_url: str) -> None:
        self.url = url
        self.database_url = database_url
        self.acknowledged: dict[str, float] = {}
        self.texts: dict[str, list[str]] = {}
        """By client_id: the texts that acknowledged edits gave a message."""
        self.unsent: set[str] = set()
        """The client_ids of messages whose unsending was acknowledged."""
        self.reactions: dict[tuple[str, int, str], bool] = {}
        """By client_id, user and emoji: whether the last acknowledged change reacted so, or took it
        back."""
        self.answers: Counter[str] = Counter()
        """What became of attempts to send: acknowledged, or why not."""
        self.waits: list[float] = []
        """Seconds that the answers to POSTs took."""
        self.timed_from = 0.0
        """What was acknowledged before is judged, but for how long it took."""
        self.readers: list[Reader] = []
        self.people: list[Visitor] = []
        self._stack = AsyncExitStack()
        self._progress = asyncio.Condition()

    async def __aenter__(self) -> Self:
        names = [f"{name}_{uuid.uuid4().hex[:8]}" for name in ("ada", "bob", "cleo")]
        for name in names:
            self.people.append(await self._stack.enter_async_context(Visitor(self.url)))
            await self.people[-1].join(name, name.title(), PASSWORD)
        self.conversation_id = await self.people[0].start(*names[1:], title="Under fire")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def follow(self, *tiers: str, url: str | None = None) -> None:
        """Persistent readers over these tiers, each of whom holds the log so far."""
        for person, tier in zip(cycle(self.people), tiers, strict=False):
            visitor = person if url is None else await self.at(url, person)
            tab = FOLLOWERS[tier](visitor, f"/chat/{self.conversation_id}/", persistent=True)
            self.readers.append(await self._stack.enter_async_context(tab))

    async def at(self, url: str, person: Visitor) -> Visitor:
        """The same person, who comes by another way."""
        visitor = await self._stack.enter_async_context(Visitor(url))
        visitor.http.cookies.set(COOKIE, person.http.cookies[COOKIE])
        return visitor

    @asynccontextmanager
    async def writing(
        self, *ways: str, a_second: float = 20, url: str | None = None, length: int = 0
    ) -> AsyncIterator[None]:
        """While the block runs people write: over WebSockets, by htmx's POST and by plain forms.

        Each message has `length` characters more than it needs. At the block's end everything begun
        has been acknowledged.
        """
        ways = ways or ("ws", "htmx", "form")
        stopped = asyncio.Event()
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
            for person, way in zip(cycle(self.people), ways, strict=False):
                visitor = person if url is None else await self.at(url, person)
                writer: Writer = WAYS[way](visitor, self.conversation_id, self.answers, self.waits)
                await stack.enter_async_context(writer)
                pace = len(ways) / a_second
                tasks.create_task(self._write(writer, pace, stopped, length))
            try:
                yield
            finally:
                stopped.set()

    async def _write(
        self, writer: Writer, pace: float, stopped: asyncio.Event, length: int
    ) -> None:
        due = time.monotonic()
        while not stopped.is_set():
            client_id = str(uuid.uuid4())
            await writer.deliver(client_id, words(client_id) + " " + "x" * length)
            await self.note(client_id)
            due = max(due + pace, time.monotonic() - 1)  # who was kept waiting hurries a little
            with suppress(TimeoutError):
                async with asyncio.timeout(due - time.monotonic()):
                    await stopped.wait()

    @asynccontextmanager
    async def changing(self, a_second: float = 4, seed: int = 0) -> AsyncIterator[None]:
        """While the block runs people edit, unsend, pin and react to what stands there, as
        the first of the readers holds it."""
        stopped = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            for n, person in enumerate(self.people):
                page = await person.page(f"/chat/{self.conversation_id}/")
                changer = Changer(person, self.conversation_id, self.answers)
                chance = random.Random(f"{seed} {n}")  # noqa: S311
                pace = len(self.people) / a_second
                tasks.create_task(self._change(changer, int(page.reader), pace, stopped, chance))
            try:
                yield
            finally:
                stopped.set()

    async def _change(
        self,
        changer: Changer,
        user_id: int,
        pace: float,
        stopped: asyncio.Event,
        chance: random.Random,
    ) -> None:
        for number in count():
            with suppress(TimeoutError):
                async with asyncio.timeout(pace * chance.uniform(0.5, 1.5)):
                    await stopped.wait()
            if stopped.is_set():
                return
            states = await self.readers[0].states()
            own = [id for id, has in states.items() if has.author_id == user_id]
            [kind] = chance.choices(("edit", "unsend", "pin", "react"), (6, 1, 3, 6))
            ids = own if kind in ("edit", "unsend") else list(states)
            if not ids:
                continue
            client_id = chance.choice(ids[-RECENT:])
            has = states[client_id]
            if kind == "react":
                emoji, on = chance.choice(EMOJI), chance.random() < 0.7
                await self.react(changer, user_id, client_id, has, emoji, on=on)
            else:
                await self.change(changer, kind, client_id, has, f"{user_id} {number}")

    async def change(
        self, changer: Changer, kind: str, client_id: str, has: Held, number: str
    ) -> None:
        """Until it is answered."""
        form = f"{has.position}/{kind}/"
        if kind == "edit":
            body = f"{words(client_id)}, edit {number}"
            if await changer.change(form, body=body, revision=str(has.revision)):
                self.texts.setdefault(client_id, []).append(body)
        elif kind == "pin":
            await changer.change(form, on="0" if has.state.is_pinned else "1")
        elif await changer.change(form):
            self.unsent.add(client_id)

    async def react(
        self, changer: Changer, user_id: int, client_id: str, has: Held, emoji: str, *, on: bool
    ) -> None:
        """Until it is answered."""
        if await changer.change(f"{has.position}/react/", emoji=emoji, on=str(int(on))):
            self.reactions[client_id, user_id, emoji] = on

    async def note(self, client_id: str) -> None:
        """This message has just been acknowledged."""
        async with self._progress:
            self.acknowledged[client_id] = time.time()
            self._progress.notify_all()

    async def more_acknowledged(self, number: int) -> None:
        """Returns once so many more messages have been acknowledged."""
        wanted = len(self.acknowledged) + number
        async with self._progress:
            while (present := len(self.acknowledged)) < wanted:
                try:
                    async with asyncio.timeout(STALLED):
                        await self._progress.wait()
                except TimeoutError:
                    raise AssertionError(f"stalled at {present}: {self.answers}") from None

    async def answered(self, what: str) -> None:
        """Returns once one more attempt has ended so."""
        before = self.answers[what]
        deadline = time.monotonic() + STALLED
        while self.answers[what] == before:
            assert time.monotonic() < deadline, f"no {what}: {self.answers}"
            await asyncio.sleep(0.02)

    def answers_in_time(self) -> bool:
        """Whether every POST was answered soon, one way or the other."""
        return in_time(max(self.waits), HONEST_WITHIN)

    async def verdict(self, within: float = AT_MOST) -> Verdict:
        """The oracle's line, which it prints. Waits until all readers hold all, or `within`."""
        found = await records(self.database_url, self.conversation_id)
        stored = [record.client_id for record in found]
        deadline = time.monotonic() + within * slowness()
        while True:
            held = [await reader.held() for reader in self.readers]
            late = [has for has in held if stored[-1] not in dict(has)]
            diverged = [await differences(found, reader) for reader in self.readers]
            if not (late or any(diverged)) or time.monotonic() > deadline:
                break
            await asyncio.sleep(0.05)
        verdict = self.judge(stored, held, self.lost_changes(found), sum(map(len, diverged)))
        print(verdict)
        if not verdict.holds(within):
            counts = {reader.name: len(has) for reader, has in zip(self.readers, held, strict=True)}
            for reader, differing in zip(self.readers, diverged, strict=True):
                print(reader.name, differing[:3])
            print(f"stored {len(stored)}, held {counts}, {dict(self.answers)}")
        return verdict

    def lost_changes(self, found: Sequence[Record]) -> int:
        """Acknowledged changes that are not stored."""
        by_id = {record.client_id: record for record in found}
        edits = sum(
            text not in by_id[client_id].texts
            for client_id, texts in self.texts.items()
            if client_id in by_id and not by_id[client_id].state.is_unsent
            for text in texts
        )
        reactions = sum(
            ((user_id, emoji) in by_id[client_id].reactors) is not on
            for (client_id, user_id, emoji), on in self.reactions.items()
            if client_id in by_id and not by_id[client_id].state.is_unsent
        )
        unsent = sum(not by_id[id].state.is_unsent for id in self.unsent if id in by_id)
        return edits + reactions + unsent

    def judge(
        self,
        stored: Sequence[str],
        held: Sequence[list[tuple[str, float]]],
        lost_changes: int,
        diverged: int,
    ) -> Verdict:
        place = {client_id: n for n, client_id in enumerate(stored)}
        lost = len(self.acknowledged.keys() - place.keys()) + lost_changes
        dup = len(stored) - len(place)
        misordered, delays = 0, list[float]()
        for reader, has in zip(self.readers, held, strict=True):
            came = dict(has)
            places = [place[client_id] for client_id, _ in has if client_id in place]
            first = min(places, default=0) if reader.began_anew() else 0
            lost += len(set(stored[first:]) - came.keys())
            dup += len(has) - len(came)
            misordered += sum(one > other for one, other in pairwise(places))
            delays += [
                max(0, moment - self.acknowledged[client_id])
                for client_id, moment in has
                if self.acknowledged.get(client_id, 0) > self.timed_from
            ]
        return Verdict(lost, dup, misordered, diverged, delays)


def words(client_id: str) -> str:
    """A message that names its client_id."""
    return f"Words that only {client_id} has"


async def differences(found: Sequence[Record], reader: Reader) -> list[object]:
    """What a reader holds otherwise than it is stored."""
    held = await reader.states()
    return [
        (record, held[record.client_id])
        for record in found
        if record.client_id in held and held[record.client_id].state != record.state
    ]


async def log(database_url: str, conversation_id: int) -> list[str]:
    """The client_ids of what is stored, in its order."""
    return [record.client_id for record in await records(database_url, conversation_id)]
