"""People at their pages over each of the four tiers, behind one interface.

A `Visitor` is a person with a browser; a `Tab` is a page that they look at. Whatever the tier, a
tab sends, shows what `Page` makes of the markup, and is waited for.
"""

import asyncio
import json
import ssl
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from typing import ClassVar, Self

import httpx
import websockets
from websockets.asyncio.client import ClientConnection, connect

from tests import waiting
from tests.pages import Page, Shown, errors, parsed, text_of

PATIENCE = waiting.PATIENCE
ACKNOWLEDGED_WITHIN = 10.0
SSL = ssl.create_default_context()  # making one takes longer than most tests
LOST = 1006


class Refused(Exception):
    """Not stored. The sentence says why."""


class NotAcknowledged(Exception):
    """Stored or not: the same client_id may be sent again."""


class Visitor:
    """A person with a browser of their own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.AsyncClient(
            base_url=url, verify=SSL, trust_env=False, timeout=PATIENCE + 20
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.http.get(path, headers=named(headers))

    async def post(self, path: str, **fields: str | list[str]) -> httpx.Response:
        """As a plain form does."""
        return await self.http.post(path, data=fields)

    async def hx_post(self, path: str, **fields: str) -> httpx.Response:
        """As htmx does."""
        return await self.http.post(path, data=fields, headers={"HX-Request": "true"})

    async def join(self, username: str, name: str, password: str) -> None:
        response = await self.post("/signup/", username=username, name=name, password=password)
        assert response.status_code == 303, response.text

    async def sign_in(self, username: str, password: str) -> None:
        response = await self.post("/login/", username=username, password=password)
        assert response.status_code == 303, response.text

    async def sign_out(self) -> None:
        assert (await self.post("/logout/")).status_code == 303

    async def start(self, *usernames: str, title: str = "") -> int:
        """The id of the conversation with these people."""
        response = await self.post("/chat/new/", to=list(usernames), title=title)
        assert response.status_code == 303, response.text
        return int(response.headers["location"].split("/")[2])

    async def page(self, path: str) -> Page:
        response = await self.get(path)
        assert response.status_code == 200, response.text
        return Page(response.text)

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())

    def connect(self, path: str, **headers: str) -> connect:
        """A WebSocket, as this person's browser opens it."""
        return connect(
            self.url.replace("http", "ws", 1) + path,
            additional_headers={"Cookie": self.cookie, **named(headers)},
            proxy=None,
            compression=None,
            max_size=None,
            close_timeout=1,
        )

    async def events(self, path: str, **headers: str) -> AsyncGenerator[dict[str, str], None]:
        """Server-Sent Events, each as its fields."""
        async with self.http.stream("GET", path, headers=named(headers)) as response:
            if response.status_code != 200:
                raise httpx.HTTPStatusError("", request=response.request, response=response)
            event: dict[str, str] = {}
            async for line in lines(response):
                field, _, value = line.partition(": ")
                if field:
                    event[field] = f"{event[field]}\n{value}" if field in event else value
                elif event:
                    yield event
                    event = {}

    def tab(self, tier: str, path: str | int, *, persistent: bool = False) -> "Tab":
        """A tab at `path`, or at the conversation with this id."""
        return TIERS[tier](self, f"/chat/{path}/" if isinstance(path, int) else path, persistent)


def named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


async def lines(response: httpx.Response) -> AsyncIterator[str]:
    """Ended by CR LF only: a message may well hold what else Python takes for the end of one."""
    rest = b""
    async for piece in response.aiter_bytes():
        *ended, rest = (rest + piece).split(b"\r\n")
        for line in ended:
            yield line.decode()


def refuse(response: httpx.Response) -> None:
    """Raise `Refused` for a message's page that says why something was not done."""
    if response.status_code in (409, 422):
        said = [*errors(response.text).values()]
        said += [text_of(p) for p in parsed(response.text).select("body > p.error")]
        raise Refused(said[0] if said else text_of(parsed(response.text).find(id="kept-hint")))


class Tab(ABC):
    """A page that a visitor looks at. A persistent one reconnects from its cursor."""

    tier: ClassVar[str]

    def __init__(self, visitor: Visitor, path: str, persistent: bool) -> None:
        self.visitor = visitor
        self.path = path
        self.live = "/inbox/" if path == "/" else path
        self.persistent = persistent
        self.page = Page()
        self.ended: int | None = None
        """The close code with which it was stopped, in whatever form the tier sends it."""
        self.changed = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self.load()
        return self

    @abstractmethod
    async def __aexit__(self, *_: object) -> None:
        """The page is closed."""

    async def load(self) -> None:
        """The page, as a browser loads it."""
        response = await self.visitor.get(self.path)
        assert response.status_code == 200, (response.status_code, response.text)
        self.page.load(response.text)
        self.changed.set()

    @abstractmethod
    def offline(self) -> AbstractAsyncContextManager[None]:
        """Without its live connection while the block runs; afterwards it goes on from its
        cursor."""

    def messages(self) -> list[Shown]:
        return self.page.messages()

    def bodies(self) -> list[str]:
        return self.page.bodies()

    @abstractmethod
    async def wait_for(self, wanted: Callable[[], object], patience: float = PATIENCE) -> None:
        """Returns once `wanted()` is true of the page."""

    async def wait_for_bodies(self, *bodies: str) -> None:
        await self.wait_for(lambda: self.bodies() == list(bodies))

    @abstractmethod
    async def wait_for_end(self) -> int:
        """The close code with which it is stopped, in whatever form the tier sends it."""

    @abstractmethod
    async def send(
        self, body: str, client_id: str | None = None, reply_to: int | None = None
    ) -> None:
        """Returns once it's acknowledged. Raises `Refused` or `NotAcknowledged`."""

    async def deliver(self, body: str) -> str:
        """Send for as long as it takes, under one client_id, which is returned."""
        client_id = str(uuid.uuid4())
        deadline = time.monotonic() + 2 * PATIENCE
        send = self.send
        while True:
            try:
                await send(body, client_id)
            except NotAcknowledged:
                assert time.monotonic() < deadline, f"{self.tier}: {body} could not be sent"
                send = self.send_by_post
                await asyncio.sleep(0.05)
            else:
                return client_id

    async def send_by_post(
        self, body: str, client_id: str | None = None, reply_to: int | None = None
    ) -> None:
        """As htmx does, whatever the tier."""
        fields = {"client_id": client_id or str(uuid.uuid4()), "body": body}
        fields["author"] = self.page.author
        fields["reply_to"] = str(reply_to or "")
        try:
            response = await self.visitor.hx_post(f"{self.path}messages/", **fields)
        except httpx.HTTPError as error:
            raise NotAcknowledged from error
        if response.status_code == 503:
            raise NotAcknowledged
        assert response.status_code in (200, 422), (response.status_code, response.text)
        self.page.apply(response.text)
        self.changed.set()
        if response.status_code == 422:
            raise Refused(self.page.refused[fields["client_id"]])

    def base(self, position: int) -> int:
        """The revision of the message that stands on the page."""
        return next(m.revision for m in self.messages() if m.position == position)

    async def edit(self, position: int, body: str, base: int | None = None) -> None:
        """As htmx does, whatever the tier. Raises `Refused`."""
        revision = str(self.base(position) if base is None else base)
        await self.change(f"{position}/edit/", body=body, revision=revision)

    async def unsend(self, position: int) -> None:
        """As htmx does, whatever the tier. Raises `Refused`."""
        await self.change(f"{position}/unsend/")

    async def pin(self, position: int, on: str = "1") -> None:
        """As htmx does, whatever the tier. Raises `Refused`."""
        await self.change(f"{position}/pin/", on=on)

    async def react(self, position: int, emoji: str, *, on: bool = True) -> None:
        """As htmx does, whatever the tier. Raises `Refused`."""
        await self.change(f"{position}/react/", emoji=emoji, on=str(int(on)))

    async def change(self, form: str, **fields: str) -> None:
        response = await self.visitor.hx_post(f"{self.path}{form}", **fields)
        refuse(response)
        assert response.status_code == 200, (response.status_code, response.text)
        self.page.apply(response.text)
        self.changed.set()

    async def save(self, body: str, client_id: str) -> None:
        """As htmx does, whatever the tier. Raises `Refused`."""
        await self.ask("draft/", body=body, client_id=client_id)

    async def send_later(self, body: str, client_id: str, send_at: str) -> None:
        """As htmx does, whatever the tier. Raises `Refused`."""
        await self.ask("messages/", body=body, client_id=client_id, send_at=send_at)

    async def ask(self, form: str, **fields: str) -> None:
        response = await self.visitor.hx_post(f"{self.path}{form}", **fields)
        if response.status_code == 422:
            raise Refused(text_of(parsed(response.text).select_one("p.error")))
        assert response.status_code == 200, (response.status_code, response.text)

    async def type(self) -> None:
        """One key."""
        response = await self.visitor.hx_post(f"{self.path}typing/")
        assert response.status_code == 204

    async def read(self) -> None:
        """All that's shown."""
        position = str(self.messages()[-1].position)
        response = await self.visitor.hx_post(f"{self.path}read/", position=position)
        assert response.status_code == 204

    async def hold(self) -> None:
        """Say that the page holds all that's shown."""
        response = await self.visitor.hx_post("/delivered/", positions=json.dumps(self.positions()))
        assert response.status_code == 204

    def positions(self) -> dict[str, int]:
        """The last position, by conversation."""
        return {self.path.split("/")[2]: self.messages()[-1].position}

    def failure(self, patience: float) -> AssertionError:
        page = self.page
        shown = self.bodies(), page.cursor, page.inbox(), page.typing, page.receipts, self.ended
        return AssertionError(f"{self.tier} at {self.path}: after {patience} s still {shown}")


class LiveTab(Tab):
    """One that is told what happens, by a task that follows along."""

    _follower: asyncio.Task[None]

    def __init__(self, visitor: Visitor, path: str, persistent: bool) -> None:
        super().__init__(visitor, path, persistent)
        self.pushed: list[int] = []
        """Positions of the messages that came over the connection, in the order in which they
        did."""

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.disconnect()

    @asynccontextmanager
    async def offline(self) -> AsyncIterator[None]:
        await self.disconnect()
        yield
        await self.connect()

    async def connect(self) -> None:
        """Return once it follows, or has been stopped."""
        self.followed = asyncio.Event()
        self._follower = asyncio.create_task(self.follow())
        await asyncio.wait(
            [self._follower, waiting := asyncio.create_task(self.followed.wait())],
            return_when=asyncio.FIRST_COMPLETED,
            timeout=PATIENCE,
        )
        waiting.cancel()

    async def disconnect(self) -> None:
        self._follower.cancel()
        with suppress(asyncio.CancelledError):
            await self._follower

    async def wait_for(self, wanted: Callable[[], object], patience: float = PATIENCE) -> None:
        deadline = time.monotonic() + patience
        while not wanted():
            self.changed.clear()
            try:
                async with asyncio.timeout(deadline - time.monotonic()):
                    await self.changed.wait()
            except TimeoutError:
                raise self.failure(patience) from None

    async def wait_for_end(self) -> int:
        await self.wait_for(lambda: self.ended)
        assert self.ended is not None
        return self.ended

    async def send(
        self, body: str, client_id: str | None = None, reply_to: int | None = None
    ) -> None:
        await self.send_by_post(body, client_id, reply_to)

    async def follow(self) -> None:
        while True:
            code = await self.follow_once()
            if not self.persistent or code in (4401, 4403):
                self.ended = code
                self.changed.set()
                return
            await asyncio.sleep(0.05)

    @abstractmethod
    async def follow_once(self) -> int:
        """Apply frames until the connection is lost; with which close code it was."""

    def apply(self, frame: str) -> None:
        before = len(self.page.upserted)
        self.page.apply(frame)
        self.pushed += self.page.upserted[before:]
        self.followed.set()
        self.changed.set()

    def query(self) -> str:
        cursor = "" if self.page.cursor is None else f"after={self.page.cursor}&"
        held = f"inbox={self.page.digest}&people={self.page.people}&viewer={self.page.reader}"
        held += f"&receipts={self.page.receipts_digest}"
        return f"{self.live}?{cursor}{held}"


class Socket(LiveTab):
    tier = "ws"
    socket: ClientConnection | None = None

    async def follow_once(self) -> int:
        try:
            async with self.visitor.connect(f"/ws{self.query()}") as self.socket:
                async for frame in self.socket:
                    assert isinstance(frame, str)
                    self.apply(frame)
                return self.socket.close_code or LOST
        except websockets.InvalidStatus as refusal:
            return 4403 if refusal.response.status_code == 404 else LOST
        except (websockets.ConnectionClosedError, websockets.InvalidMessage, OSError):
            return (self.socket and self.socket.close_code) or LOST
        finally:
            self.socket = None

    async def say(self, **frame: object) -> None:
        """Hand a frame to the socket."""
        if self.socket is None:
            raise NotAcknowledged
        try:
            await self.socket.send(json.dumps(frame, ensure_ascii=False))  # as browsers do
        except websockets.ConnectionClosed as closed:
            raise NotAcknowledged from closed

    async def send(
        self, body: str, client_id: str | None = None, reply_to: int | None = None
    ) -> None:
        client_id = client_id or str(uuid.uuid4())
        before = self.times_acknowledged(client_id)
        self.page.refused.pop(client_id, None)
        socket = self.socket
        await self.say(type="message", client_id=client_id, body=body, reply_to=reply_to)
        with suppress(AssertionError):
            await self.wait_for(
                lambda: (
                    self.times_acknowledged(client_id) > before
                    or client_id in self.page.refused
                    or self.socket is not socket
                ),
                ACKNOWLEDGED_WITHIN,
            )
        if client_id in self.page.refused:
            raise Refused(self.page.refused[client_id])
        if self.times_acknowledged(client_id) == before:
            raise NotAcknowledged

    def times_acknowledged(self, client_id: str) -> int:
        """How often a message of one's own has come in, known by the end of its id."""
        arrived = self.page.arrived.items()
        return sum(times for id, times in arrived if id.endswith(f"-{client_id.lower()}"))

    async def edit(self, position: int, body: str, base: int | None = None) -> None:
        revision = self.base(position) if base is None else base
        await self.say_change("edit", position, body=body, revision=revision)

    async def unsend(self, position: int) -> None:
        await self.say_change("unsend", position)

    async def react(self, position: int, emoji: str, *, on: bool = True) -> None:
        await self.say_change("react", position, emoji=emoji, on=on)

    async def say_change(self, kind: str, position: int, **fields: object) -> None:
        """By a frame, which the message as it is then acknowledges, or a sentence refuses."""
        before = self.page.upserted.count(position), len(self.page.sentences)
        await self.say(type=kind, position=position, **fields)
        await self.wait_for(
            lambda: before != (self.page.upserted.count(position), len(self.page.sentences))
        )
        if len(self.page.sentences) > before[1]:
            raise Refused(self.page.sentences[-1])

    async def save(self, body: str, client_id: str) -> None:
        await self.say_draft(type="draft", client_id=client_id, body=body)

    async def send_later(self, body: str, client_id: str, send_at: str) -> None:
        await self.say_draft(type="message", client_id=client_id, body=body, send_at=send_at)

    async def say_draft(self, **frame: object) -> None:
        """By a frame, which a mark acknowledges, or a sentence refuses."""
        before = self.page.marks, len(self.page.sentences)
        await self.say(**frame)
        await self.wait_for(lambda: before != (self.page.marks, len(self.page.sentences)))
        if len(self.page.sentences) > before[1]:
            raise Refused(self.page.sentences[-1])

    async def type(self) -> None:
        await self.say(type="typing")

    async def read(self) -> None:
        await self.say(type="read", position=self.messages()[-1].position)

    async def hold(self) -> None:
        await self.say(type="delivered", positions=self.positions())


class Events(LiveTab):
    tier = "sse"

    async def follow_once(self) -> int:
        try:
            async for event in self.visitor.events(f"/sse{self.query()}"):
                match event.get("event"):
                    case None:
                        self.apply(event["data"])
                    case "heartbeat":
                        self.apply("")
                    case "end":
                        return int(event["data"])
        except httpx.HTTPStatusError as refusal:
            return {401: 4401, 404: 4403}.get(refusal.response.status_code, LOST)
        except httpx.HTTPError:
            pass
        return LOST


class Poll(LiveTab):
    tier = "poll"

    async def hold(self) -> None:
        """The next poll says it."""

    async def follow_once(self) -> int:
        self.followed.set()
        while True:
            try:
                response = await self.visitor.get(f"/poll{self.query()}&wait=25")
            except httpx.HTTPError:
                return LOST
            if response.status_code not in (200, 204):
                return {401: 4401, 404: 4403}.get(response.status_code, LOST)
            self.apply(response.text)


class Plain(Tab):
    """Pages and forms alone; waiting is loading the page again and again."""

    tier = "plain"

    async def __aexit__(self, *_: object) -> None:
        """There is nothing to end."""

    def offline(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    async def wait_for(self, wanted: Callable[[], object], patience: float = PATIENCE) -> None:
        deadline = time.monotonic() + patience
        while not wanted():
            if time.monotonic() > deadline:
                raise self.failure(patience)
            await asyncio.sleep(0.05)
            with suppress(httpx.HTTPError):
                response = await self.visitor.get(self.path)
                if response.status_code == 200:
                    self.page.load(response.text)

    async def wait_for_end(self) -> int:
        """A page can only find out when it is loaded: what it then gets, as a close code."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            status = (await self.visitor.get(self.path)).status_code
            if status != 200:
                return {303: 4401, 404: 4403}[status]
            await asyncio.sleep(0.05)
        raise self.failure(PATIENCE)

    async def send(
        self, body: str, client_id: str | None = None, reply_to: int | None = None
    ) -> None:
        client_id = client_id or self.page.client_id
        try:
            response = await self.visitor.post(
                f"{self.path}messages/",
                client_id=client_id,
                body=body,
                author=self.page.author,
                reply_to=str(reply_to or ""),
            )
            if response.status_code == 303:
                response = await self.visitor.get(response.headers["location"])
        except httpx.HTTPError as error:
            raise NotAcknowledged from error
        if response.status_code == 503:
            raise NotAcknowledged
        assert response.status_code in (200, 422), (response.status_code, response.text)
        self.page.load(response.text)
        if response.status_code == 422:
            raise Refused(self.page.error)

    async def deliver(self, body: str) -> str:
        client_id = self.page.client_id
        deadline = time.monotonic() + 2 * PATIENCE
        while True:
            try:
                await self.send(body, client_id)
            except NotAcknowledged:
                assert time.monotonic() < deadline, f"plain: {body} could not be sent"
                await asyncio.sleep(0.05)
            else:
                return client_id

    async def change(self, form: str, **fields: str) -> None:
        """By a plain form, which leads to the message's place."""
        response = await self.visitor.post(f"{self.path}{form}", **fields)
        refuse(response)
        assert response.status_code == 303, (response.status_code, response.text)
        self.page.load((await self.visitor.get(self.path)).text)

    async def type(self) -> None:
        """Nobody is told: there is nothing that could."""

    async def read(self) -> None:
        position = str(self.messages()[-1].position)
        response = await self.visitor.post(f"{self.path}read/", position=position)
        assert response.status_code == 303

    async def hold(self) -> None:
        """It was given the page."""
        await self.load()


TIERS: dict[str, type[Socket | Events | Poll | Plain]] = {
    tab.tier: tab for tab in (Socket, Events, Poll, Plain)
}
LIVE_TIERS = ["ws", "sse", "poll"]
