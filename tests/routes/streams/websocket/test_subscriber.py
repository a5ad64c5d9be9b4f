"""Readers connected directly: told in the same turn, and from the database what they missed."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from actions import changes, messages, sessions
from db import conversations, engine
from db.users import User
from live import hub, metrics, presence, publication
from live.publication import RESYNC, Publication
from live.subscription import BACKLOG
from routes.middleware.request_log import Exchange
from routes.streams import heartbeats
from routes.streams.stream import Stream
from routes.streams.websocket import subscriber
from routes.streams.websocket.subscriber import Reader
from tests.factories import make_conversation, make_message, make_messages, make_session, make_user
from tests.pages import Page
from tests.wires import Transport

pytestmark = pytest.mark.usefixtures("live")


class Connected:
    """A reader's side of the connection."""

    def __init__(self, reader: Reader, transport: Transport) -> None:
        self.reader = reader
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

    async def until_it_has_looked(self) -> None:
        async with asyncio.timeout(10):
            while self.reader._is_looking or self.reader._greeting is not None:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        self.apply()


Connect = Callable[[User, int], Awaitable[Connected]]


@pytest.fixture
async def connected(live: None) -> AsyncIterator[Connect]:
    """Readers who have been told what they did not hold; at the end all of them go."""
    readers: list[Reader] = []

    async def connect(user: User, chat: int) -> Connected:
        session = await sessions.find(await make_session(user))
        assert session is not None
        stream = Stream(session, await conversations.get(chat, user.id))
        exchange = Exchange({"type": "websocket", "path": "/", "headers": []})
        found = Connected(Reader(stream, exchange), Transport())
        readers.append(found.reader)
        found.reader.take_over(found.transport, set(), is_paused=False)
        await found.until_it_has_looked()
        return found

    yield connect
    for each in readers:
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


async def test_what_is_published_is_framed_once_for_all(
    connected: Connect, ada: User, bob: User, chat: int
) -> None:
    here, there = await connected(ada, chat), await connected(bob, chat)
    message = await make_message(ada, chat, "Hello")
    hub.deliver(changes.changed(message))
    [written] = here.transport.written
    assert there.transport.written[0] is written
    await here.until("Hello")
    await there.until("Hello")
    assert here.reader.stream.cursor == 1


async def test_what_is_missing_is_read_before_what_comes_after_it(
    connected: Connect, ada: User, chat: int
) -> None:
    here = await connected(ada, chat)
    await make_messages(ada, chat, 3)
    last = await make_message(ada, chat, "Last")
    hub.deliver(changes.changed(last))
    assert here.transport.said() == [], "not before what was sent earlier"
    await here.until("Message 1", "Message 2", "Message 3", "Last")
    assert set(here.page.arrived.values()) == {1}


async def test_what_is_told_while_the_database_is_read_is_shown_once(
    connected: Connect, ada: User, chat: int
) -> None:
    here = await connected(ada, chat)
    hub.deliver(RESYNC)
    assert here.reader._is_looking
    for number in range(3):
        hub.deliver(changes.changed(await make_message(ada, chat, str(number))))
    await here.until_it_has_looked()
    await here.until("0", "1", "2")
    assert set(here.page.arrived.values()) == {1}


async def test_who_does_not_keep_up_is_told_the_rest_once_they_do(
    connected: Connect, ada: User, chat: int
) -> None:
    here = await connected(ada, chat)
    here.reader.pause_writing()
    for number in range(5):
        hub.deliver(changes.changed(await make_message(ada, chat, str(number))))
    assert here.transport.written == []
    here.reader.resume_writing()
    await here.until(*"01234")


async def test_who_leaves_too_much_untaken_is_asked_to_come_back(
    connected: Connect, ada: User, chat: int
) -> None:
    here = await connected(ada, chat)
    slow = metrics.slow_consumers._value.get()
    here.reader.pause_writing()
    for _ in range(BACKLOG + 1):
        hub.deliver(Publication(publication.conversation(chat), "x"))
    assert here.transport.close_codes() == [1013]
    assert metrics.slow_consumers._value.get() == slow + 1
    assert not hub._subscribers.get(publication.conversation(chat))


async def test_rights_end_also_for_those_who_do_not_keep_up(
    connected: Connect, ada: User, chat: int
) -> None:
    here = await connected(ada, chat)
    here.reader.pause_writing()
    session = here.reader.stream.session
    hub.deliver(publication.session_end(ada.id, session.token_hash))
    assert here.transport.close_codes() == [4401]


async def test_who_answers_no_ping_is_taken_for_gone(
    connected: Connect, ada: User, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = await connected(ada, chat)
    monkeypatch.setattr(subscriber, "SILENCE", 0.0)
    here.reader.beat()
    assert not here.transport.is_aborted, "nobody has asked before"
    here.reader.data_received(b"\x8a\x80\0\0\0\0")  # a pong
    here.reader.beat()
    assert not here.transport.is_aborted
    here.reader.beat()
    assert here.transport.is_aborted


async def test_a_database_that_is_away_is_asked_again(
    connected: Connect, ada: User, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriber, "RETRY", 0.01)
    here = await connected(ada, chat)
    await make_message(ada, chat, "Meanwhile")
    with monkeypatch.context() as away:
        away.setattr(engine, "_database", None)
        hub.deliver(RESYNC)
        await here.until_it_has_looked()
        assert here.page.bodies() == []
    await here.until("Meanwhile")


async def test_nothing_is_left_of_who_has_gone(connected: Connect, ada: User, chat: int) -> None:
    here = await connected(ada, chat)
    assert presence.everybody() == [ada.id]
    here.reader.connection_lost(None)
    assert presence.everybody() == []
    assert not hub._subscribers.get(publication.conversation(chat))
    assert not any(heartbeats._parts)
