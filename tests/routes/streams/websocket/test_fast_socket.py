"""A reader on a fast socket: published frames are written in the same turn, the rest is read."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from starlette.types import Scope

from actions import changes, messages, sessions
from db import conversations
from db.users import User
from live import hub, metrics, presence, publication
from live.publication import RESYNC, Publication
from live.subscription import BACKLOG
from routes.middleware.request_log import Exchange
from routes.streams import heartbeats
from routes.streams.reader import Reader
from routes.streams.websocket import fast_socket
from routes.streams.websocket.fast_socket import FastSocket
from tests.factories import make_conversation, make_message, make_messages, make_session, make_user
from tests.pages import Page
from tests.recording_transport import Transport

pytestmark = pytest.mark.usefixtures("live")


class Connected:
    """The client's side of the connection."""

    def __init__(self, reader: Reader, socket: FastSocket, transport: Transport) -> None:
        self.reader = reader
        self.socket = socket
        self.transport = transport
        self.page = Page()

    def apply(self) -> None:
        for text in self.transport.said():
            self.page.apply(text)

    async def until(self, *bodies: str) -> None:
        async with asyncio.timeout(10):
            while self.page.bodies() != list(bodies):
                await asyncio.sleep(0.001)
                self.apply()

    async def until_caught_up(self) -> None:
        async with asyncio.timeout(10):
            while self.reader._is_catching_up:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        self.apply()


Connect = Callable[[User, int], Awaitable[Connected]]


@pytest.fixture
async def connected(live: None) -> AsyncIterator[Connect]:
    """Connects readers that have caught up; at the end all of them disconnect."""
    sockets: list[FastSocket] = []

    async def connect(user: User, chat: int) -> Connected:
        session = await sessions.find(await make_session(user))
        assert session is not None
        reader = Reader(session, await conversations.get(chat, user.id))
        scope: Scope = {"type": "websocket", "path": "/", "headers": []}
        socket = FastSocket(reader, {**scope, "exchange": Exchange(scope)})
        found = Connected(reader, socket, Transport())
        sockets.append(socket)
        socket.take_over(found.transport, set())
        await found.until_caught_up()
        return found

    yield connect
    for each in sockets:
        each.connection_lost(None)


@pytest.fixture
async def ada(live: None) -> User:
    return await make_user("ada", "Ada")


@pytest.fixture
async def bob(live: None) -> User:
    return await make_user("bob", "Bob")


@pytest.fixture
async def chat(ada: User, bob: User) -> int:
    return await make_conversation([ada, bob])


async def send(author: User, chat: int, body: str) -> None:
    await messages.send(author, chat, str(uuid.uuid4()), body)


async def test_what_is_published_is_framed_once_for_all_readers(
    connected: Connect, ada: User, bob: User, chat: int
) -> None:
    here, there = await connected(ada, chat), await connected(bob, chat)
    message = await make_message(ada, chat, "Hello")
    hub.deliver(changes.changed(message))
    [written] = here.transport.written
    assert there.transport.written[0] is written
    await here.until("Hello")
    await there.until("Hello")
    assert here.reader.cursor == 1


async def test_what_was_missed_comes_before_what_follows_it(
    connected: Connect, ada: User, chat: int
) -> None:
    here = await connected(ada, chat)
    await make_messages(ada, chat, 3)
    last = await make_message(ada, chat, "Last")
    hub.deliver(changes.changed(last))
    assert here.transport.said() == [], "not before what was sent earlier"
    await here.until("Message 1", "Message 2", "Message 3", "Last")
    assert set(here.page.arrived.values()) == {1}


async def test_what_is_published_during_a_catch_up_comes_once(
    connected: Connect, ada: User, chat: int
) -> None:
    here = await connected(ada, chat)
    hub.deliver(RESYNC)
    assert here.reader._is_catching_up
    for number in range(3):
        hub.deliver(changes.changed(await make_message(ada, chat, str(number))))
    await here.until_caught_up()
    await here.until("0", "1", "2")
    assert set(here.page.arrived.values()) == {1}


async def test_a_slow_reader_gets_the_rest_once_it_drains(
    connected: Connect, ada: User, chat: int
) -> None:
    here = await connected(ada, chat)
    here.socket.pause_writing()
    for number in range(5):
        hub.deliver(changes.changed(await make_message(ada, chat, str(number))))
    assert here.transport.written == []
    here.socket.resume_writing()
    await here.until(*"01234")


async def test_a_reader_with_too_large_a_backlog_is_asked_to_come_back(
    connected: Connect, ada: User, chat: int
) -> None:
    here = await connected(ada, chat)
    slow = metrics.slow_consumers._value.get()
    here.socket.pause_writing()
    for _ in range(BACKLOG + 1):
        hub.deliver(Publication(publication.conversation(chat), "x"))
    assert here.transport.close_codes() == [1013]
    assert metrics.slow_consumers._value.get() == slow + 1
    assert not hub._subscribers.get(publication.conversation(chat))


async def test_a_slow_reader_ends_with_its_session_too(
    connected: Connect, ada: User, chat: int
) -> None:
    here = await connected(ada, chat)
    here.socket.pause_writing()
    session = here.reader.session
    hub.deliver(publication.session_end(ada.id, session.token_hash))
    assert here.transport.close_codes() == [4401]


async def test_a_client_that_answers_no_ping_is_dropped(
    connected: Connect, ada: User, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = await connected(ada, chat)
    monkeypatch.setattr(fast_socket, "PONG_TIMEOUT", 0.0)
    here.reader.beat()
    assert not here.transport.is_aborted, "nobody has asked before"
    here.socket.data_received(b"\x8a\x80\0\0\0\0")  # a pong
    here.reader.beat()
    assert not here.transport.is_aborted
    here.reader.beat()
    assert here.transport.is_aborted


async def test_a_heartbeat_goes_with_a_catch_up(connected: Connect, ada: User, chat: int) -> None:
    here = await connected(ada, chat)
    await make_message(ada, chat, "Lost")
    here.reader.beat()
    assert here.transport.written == [fast_socket.HEARTBEAT]
    await here.until("Lost")


async def test_nothing_is_left_of_a_closed_socket(connected: Connect, ada: User, chat: int) -> None:
    here = await connected(ada, chat)
    assert presence.everybody() == [ada.id]
    here.socket.connection_lost(None)
    assert presence.everybody() == []
    assert not hub._subscribers.get(publication.conversation(chat))
    assert not any(heartbeats._slots)
