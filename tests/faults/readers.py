"""Those who read under fire: they note what came, and when, and come back as a page does."""

import asyncio
import random
import re
import time
from contextlib import suppress
from itertools import count

import httpx

from tests.clients import LOST, Events, LiveTab, Poll, Socket
from tests.faults.states import Held, held, held_in
from tests.pages import Page

SILENCE = 20.0
"""Seconds without a frame after which a page gives its connection up (static/js/live.js)."""

MESSAGE = re.compile(r'id="message-\d+-([0-9a-f-]{36})"\s+data-position="(\d+)"')
REVISION = re.compile(r'<hx-cursor revision="(\d+)">')
DIGEST = re.compile(r'<hx-cursor inbox="([^"]*)">')
REFUSED = re.compile(r'data-refused="([^"]*)"')
NUMBERS = count(1)


class Ledger(Page):
    """A page on which messages stand in the order in which they came. Nothing sorts them: what a
    stream sends has to be in order by itself."""

    def load(self, html: str) -> None:
        super().load(html)
        self.came = {each.id[-36:]: time.time() for each in self.messages()}
        self.states = {each.id[-36:]: held(each) for each in self.messages()}
        self.times: dict[str, int] = {}
        self.drawn_anew = 0
        self.changed_before: set[str] = set()
        """What had been changed already when it came: it comes in the order of its last change, and
        a page puts it into its place."""

    def apply(self, frame: str) -> None:
        """As `Page` does, by patterns: thousands of frames come, and parsing takes long."""
        if not frame:
            self.heartbeats += 1
            return
        if 'hx-target="#messages" hx-swap="innerHTML"' in frame:
            self.came, self.states = {}, {}
            self.drawn_anew += 1
        moment = time.time()
        messages = MESSAGE.findall(frame)
        assert len(messages) == frame.count('<li class="message'), frame
        for client_id, _ in messages:
            self.came.setdefault(client_id, moment)
            self.times[client_id] = self.times.get(client_id, 0) + 1
        self.update(held_in(frame))
        for revision in REVISION.findall(frame):
            self.cursor = int(revision)
        for digest in DIGEST.findall(frame):
            self.digest = digest
        for client_id in REFUSED.findall(frame):
            self.refused[client_id] = "refused"

    def in_order(self) -> list[tuple[str, float]]:
        """What came, in the order in which it did, but for what had been changed before."""
        came = [each for each in self.came.items() if each[0] not in self.changed_before]
        for client_id in self.changed_before & self.came.keys():
            position = self.states[client_id].position
            later = (n for n, (id, _) in enumerate(came) if self.states[id].position > position)
            came.insert(next(later, len(came)), (client_id, self.came[client_id]))
        return came

    def update(self, fresh: dict[str, Held]) -> None:
        for client_id, has in fresh.items():
            if client_id not in self.states and has.revision > has.position:
                self.changed_before.add(client_id)
            if client_id not in self.states or self.states[client_id].revision <= has.revision:
                self.states[client_id] = has


class Follower(LiveTab):
    """A tab with a ledger, which leaves a silent connection and comes back with jitter."""

    def __init__(self, *place: object, **options: object) -> None:
        super().__init__(*place, **options)  # type: ignore[arg-type]
        self.page: Ledger = Ledger()
        self.name = f"{self.tier} {next(NUMBERS)}"
        self.connections = 0

    async def held(self) -> list[tuple[str, float]]:
        if self._follower.done():
            self._follower.result()
            raise AssertionError(f"{self.name} was stopped: {self.ended}")
        return self.page.in_order()

    async def states(self) -> dict[str, Held]:
        return self.page.states

    def began_anew(self) -> bool:
        return self.page.drawn_anew > 0

    def query(self) -> str:
        """Without the inbox, which would be most of the work."""
        return f"{self.live}?after={self.page.cursor}"

    def apply(self, frame: str) -> None:
        self.heard = time.monotonic()
        super().apply(frame)

    async def follow(self) -> None:
        failures = 0
        while True:
            self.heard = opened = time.monotonic()
            self.connections += 1
            code = await self.follow_until_silent()
            if code in (4401, 4403):
                self.ended = code
                self.changed.set()
                return
            failures = 0 if self.heard > opened else failures + 1
            await asyncio.sleep(random.uniform(0.05, 0.1) * 2 ** min(failures, 4))  # noqa: S311

    async def follow_until_silent(self) -> int:
        following = asyncio.ensure_future(self.follow_once())
        try:
            while not following.done():
                left = self.heard + SILENCE - time.monotonic()
                if left <= 0:
                    return LOST
                await asyncio.wait([following], timeout=left)
            return following.result()
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following


class FollowingSocket(Follower, Socket):
    def times_acknowledged(self, client_id: str) -> int:
        return self.page.times.get(client_id, 0)


class FollowingEvents(Follower, Events):
    pass


class FollowingPoll(Follower, Poll):
    async def follow_once(self) -> int:
        """Asks as a page does: for less time than what counts as silence."""
        self.followed.set()
        while True:
            try:
                response = await self.visitor.get(f"/poll{self.query()}&wait=15")
            except httpx.HTTPError:
                return LOST
            if response.status_code not in (200, 204):
                return {401: 4401, 404: 4403}.get(response.status_code, LOST)
            self.apply(response.text)


FOLLOWERS: dict[str, type[FollowingSocket | FollowingEvents | FollowingPoll]] = {
    "ws": FollowingSocket,
    "sse": FollowingEvents,
    "poll": FollowingPoll,
}
