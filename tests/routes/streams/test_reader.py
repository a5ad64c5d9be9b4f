"""A reader gives its page each durable change once, in order, without a gap, whatever gets lost."""

import asyncio
import random
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

import settings
from actions import changes, messages, participants, sessions, typing_notifications
from db import conversations, engine, inbox
from db import messages as stored
from db.engine import Unavailable
from db.sessions import Session
from db.users import User
from live import hub, publication
from live.process.tasks import alongside
from live.publication import ENDING, RESYNC, Publication
from live.subscription import BACKLOG
from routes.streams import catch_up, heartbeats, transports
from routes.streams import reader as readers
from routes.streams.catch_up import TOO_FAR_BEHIND
from routes.streams.close_codes import Ended
from routes.streams.reader import Reader
from routes.streams.send_queue import SendQueue
from tests.factories import (
    make_conversation,
    make_message,
    make_messages,
    make_session,
    make_user,
)
from tests.pages import Page, parsed, shown

pytestmark = pytest.mark.usefixtures("live")


@pytest.fixture
async def heartbeat(live: None) -> AsyncIterator[None]:
    """Readers have heartbeats; in other tests nothing but what is published wakes them."""
    async with alongside(heartbeats.run()):
        yield


@pytest.fixture
async def ada(live: None) -> User:
    return await make_user("ada", "Ada")


@pytest.fixture
async def bob(live: None) -> User:
    return await make_user("bob", "Bob")


@pytest.fixture
async def chat(ada: User, bob: User) -> int:
    return await make_conversation([ada, bob])


async def session_of(user: User) -> Session:
    session = await sessions.find(await make_session(user))
    assert session is not None
    return session


async def reader_of(user: User, chat: int | None = None, digest: str | None = None) -> Reader:
    """A reader that holds nothing yet."""
    session = await session_of(user)
    if chat is None:
        return Reader(session, digest=digest)
    return Reader(session, await conversations.get(chat, user.id), 0, digest)


class Screen:
    """A page that a reader keeps complete through an queue, and every frame that came."""

    def __init__(self, reader: Reader, queue: SendQueue) -> None:
        self.reader = reader
        self.queue = queue
        self.page = Page()
        self.came: list[str] = []

    async def next(self) -> str:
        async with asyncio.timeout(10):
            frame = await self.queue.next()
        self.came.append(frame)
        self.page.apply(frame)
        return frame

    async def until_end(self) -> int:
        """The code with which it ends, after whatever still comes."""
        with pytest.raises(Ended) as end:
            await self.until("what never comes")
        return end.value.code

    async def until(self, *bodies: str) -> None:
        while self.page.bodies() != list(bodies):
            await self.next()


@asynccontextmanager
async def reading(reader: Reader) -> AsyncIterator[Screen]:
    """A screen that has had its first frame."""
    with transports.following(reader, "sse") as queue:
        screen = Screen(reader, queue)
        await screen.next()
        yield screen


def in_order(frame: str) -> list[str]:
    """The bodies of the messages in a frame, in the order in which they stand there."""
    return [message.body for message in shown(parsed(frame))]


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


async def publications(chat: int) -> list[Publication]:
    """What has been published of each message so far."""
    return [changes.changed(message) for message in await stored.after(chat, 0, 1000)]


async def send(author: User, chat: int, body: str) -> None:
    await messages.send(author, chat, str(uuid.uuid4()), body)


async def test_the_first_frame_comes_at_once_with_what_was_missed(ada: User, chat: int) -> None:
    async with reading(await reader_of(ada, chat)) as screen:
        assert screen.page.bodies() == []
        assert screen.page.cursor == 0
    await make_messages(ada, chat, 3)
    async with reading(await reader_of(ada, chat)) as screen:
        assert screen.page.bodies() == ["Message 1", "Message 2", "Message 3"]
        assert screen.page.cursor == 3


async def test_each_change_comes_once_and_in_order(ada: User, bob: User, chat: int) -> None:
    async with reading(await reader_of(ada, chat)) as screen:
        for number in range(5):
            await send(ada if number % 2 else bob, chat, str(number))
        await screen.until(*"01234")
        assert set(screen.page.arrived.values()) == {1}
        assert screen.page.cursor == 5


async def test_a_repeat_is_dropped(ada: User, chat: int) -> None:
    async with reading(await reader_of(ada, chat)) as screen:
        await send(ada, chat, "1")
        await screen.until("1")
        [again] = await publications(chat)
        hub.deliver(again)
        await send(ada, chat, "2")
        await screen.until("1", "2")
        assert set(screen.page.arrived.values()) == {1}


async def test_a_gap_is_mended_from_the_database(ada: User, chat: int) -> None:
    async with reading(await reader_of(ada, chat)) as screen:
        await make_messages(ada, chat, 3)
        hub.deliver((await publications(chat))[-1])
        frame = await screen.next()
        assert in_order(frame) == ["Message 1", "Message 2", "Message 3"]
        assert screen.page.bodies() == ["Message 1", "Message 2", "Message 3"]
        assert screen.page.cursor == 3
        assert set(screen.page.arrived.values()) == {1}


async def test_a_gap_that_opens_during_a_catch_up_is_mended_at_once(
    ada: User, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_read, may_go_on = asyncio.Event(), asyncio.Event()
    list_changed = stored.list_changed

    async def held(*args: Any) -> Any:
        found = await list_changed(*args)
        has_read.set()
        await may_go_on.wait()
        return found

    async with reading(await reader_of(ada, chat)) as screen:
        monkeypatch.setattr(stored, "list_changed", held)
        await make_message(ada, chat, "1")
        hub.deliver(RESYNC)
        await has_read.wait()
        await make_messages(ada, chat, 2)
        hub.deliver((await publications(chat))[-1])
        may_go_on.set()
        await screen.until("1", "Message 1", "Message 2")
        assert set(screen.page.arrived.values()) == {1}


async def test_a_pointer_is_read_from_the_database(ada: User, chat: int) -> None:
    async with reading(await reader_of(ada, chat)) as screen:
        await make_message(ada, chat, "Hello")
        hub.deliver(Publication(publication.conversation(chat), "", 1))
        await screen.until("Hello")
        assert screen.page.cursor == 1


@pytest.mark.parametrize("seed", range(5))
async def test_shuffled_lost_and_repeated_publications_converge(
    ada: User, bob: User, chat: int, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311  # chance that can be repeated
    on_the_way: list[Publication] = []
    async with reading(await reader_of(ada, chat)) as screen:
        following = asyncio.create_task(screen.until(*map(str, range(30))))
        for number in range(30):
            message = await make_message(chance.choice([ada, bob]), chat, str(number))
            on_the_way += [changes.changed(message)] * chance.choice([0, 1, 1, 1, 2])
            while chance.random() < 0.6 and on_the_way:
                hub.deliver(on_the_way.pop(chance.randrange(len(on_the_way))))
        hub.deliver(RESYNC if chance.random() < 0.5 else (await publications(chat))[-1])
        await following
        assert screen.page.cursor == 30
        positions = [message.position for message in screen.page.messages()]
        assert positions == list(range(1, 31))
        assert set(screen.page.arrived.values()) == {1}


async def test_a_reader_too_far_behind_gets_the_newest_page_whole(ada: User, chat: int) -> None:
    await make_messages(ada, chat, TOO_FAR_BEHIND)
    async with reading(await reader_of(ada, chat)) as screen:
        assert len(screen.page.messages()) == TOO_FAR_BEHIND
    await make_message(ada, chat, "One more")
    async with reading(await reader_of(ada, chat)) as screen:
        assert 'hx-swap="innerHTML"' in screen.came[0]
        assert len(screen.page.messages()) == 50
        assert screen.page.bodies()[-1] == "One more"
        assert screen.page.cursor == TOO_FAR_BEHIND + 1
        await send(ada, chat, "And on")
        await screen.next()
        assert screen.page.bodies()[-1] == "And on"


@pytest.mark.usefixtures("heartbeat")
async def test_a_heartbeat_finds_what_was_never_published(
    ada: User, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "HEARTBEAT", 0.05)
    async with reading(await reader_of(ada, chat)) as screen:
        assert await screen.next() == ""
        await make_message(ada, chat, "Lost")
        await screen.until("Lost")
        assert screen.page.cursor == 1
        assert await screen.next() == ""


@pytest.mark.usefixtures("heartbeat")
async def test_a_heartbeat_comes_in_time_however_much_is_published(
    ada: User, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "HEARTBEAT", 0.05)

    async def chatter() -> None:
        while True:
            hub.deliver(Publication(publication.conversation(chat), "", 0))  # news to nobody
            await asyncio.sleep(0.005)

    async with reading(await reader_of(ada, chat)) as screen:
        chattering = asyncio.create_task(chatter())
        assert await screen.next() == ""
        await make_message(ada, chat, "Lost")
        await screen.until("Lost")
        chattering.cancel()


async def test_a_resync_is_followed_at_once(ada: User, chat: int) -> None:
    async with reading(await reader_of(ada, chat)) as screen:
        await make_message(ada, chat, "Lost")
        hub.deliver(RESYNC)
        await screen.until("Lost")


async def test_typing_is_neither_stored_nor_repeated(ada: User, bob: User, chat: int) -> None:
    async with reading(await reader_of(ada, chat)) as screen:
        await typing_notifications.publish(bob, chat)
        await screen.next()
        assert screen.page.typing == {str(bob.id)}
    async with reading(await reader_of(ada, chat)) as screen:
        assert screen.page.typing == set()


@pytest.fixture
def failures(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The database is unavailable to readers while this says `down`; the attempts since then."""
    attempts: list[str] = []
    list_open = sessions.list_open

    async def failing(token_hashes: set[str]) -> dict[str, Session]:
        if attempts[:1] == ["down"]:
            attempts.append("failed")
            raise Unavailable
        return await list_open(token_hashes)

    monkeypatch.setattr(sessions, "list_open", failing)
    monkeypatch.setattr(readers, "RETRY_DELAY", 0.01)
    return attempts


async def test_an_unavailable_database_is_asked_again_until_it_answers(
    ada: User, chat: int, failures: list[str]
) -> None:
    async with reading(await reader_of(ada, chat)) as screen:
        failures.append("down")
        hub.deliver(RESYNC)
        hub.deliver(Publication(publication.conversation(chat), "", 9))
        await until(lambda: len(failures) > 3)
        await make_message(ada, chat, "Meanwhile")
        failures.clear()
        await screen.until("Meanwhile")
        await until(lambda: not screen.reader.is_behind)


async def test_heartbeats_meanwhile_start_no_further_attempts(
    ada: User, chat: int, failures: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with reading(await reader_of(ada, chat)) as screen:
        failures.append("down")
        monkeypatch.setattr(readers, "RETRY_DELAY", 3600)
        hub.deliver(RESYNC)
        await until(lambda: "failed" in failures)
        for _ in range(3):
            screen.reader.beat()
            await catch_up.snapshots.finished()
        assert failures == ["down", "failed"]


async def test_the_first_frame_comes_without_a_database_too(
    ada: User, chat: int, failures: list[str]
) -> None:
    await make_message(ada, chat, "Hello")
    reader = await reader_of(ada, chat)
    failures.append("down")
    async with reading(reader) as screen:
        assert (screen.page.cursor, screen.page.bodies()) == (0, [])
        failures.clear()
        await screen.until("Hello")


async def test_an_inbox_line_that_could_not_be_read_is_read_with_the_rest(
    ada: User, bob: User, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "RETRY_DELAY", 0.02)
    async with reading(await reader_of(ada, digest="")) as screen:

        async def away(*_: object) -> None:
            raise Unavailable

        monkeypatch.setattr(inbox, "list_lines", away)
        await send(bob, chat, "Hello")
        await screen.next()
        assert screen.page.unread == 1
        assert [line.id for line in screen.page.inbox()] == [chat]


async def test_inbox_lines_go_on_after_one_that_failed(
    ada: User, bob: User, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "RETRY_DELAY", 0.02)
    async with reading(await reader_of(ada, digest="")) as screen:

        async def broken(*_: object) -> None:
            raise ValueError

        with monkeypatch.context() as patch:
            patch.setattr(inbox, "list_lines", broken)
            await send(bob, chat, "Hello")
            while screen.page.unread != 1:
                await screen.next()
        await send(bob, chat, "And on")
        while screen.page.unread != 2:
            await screen.next()
        assert [line.id for line in screen.page.inbox()] == [chat]


async def test_a_slow_consumer_is_asked_to_come_back(ada: User, chat: int) -> None:
    async with reading(await reader_of(ada, chat)) as screen:
        for _ in range(BACKLOG + 1):
            hub.deliver(Publication(publication.conversation(chat), "x"))
        assert await screen.until_end() == 1013


async def test_a_stream_ends_with_its_session_and_no_other(ada: User, chat: int) -> None:
    async with (
        reading(await reader_of(ada, chat)) as here,
        reading(await reader_of(ada, chat)) as there,
        reading(await reader_of(ada, digest="")) as inbox,
    ):
        await sessions.sign_out(here.reader.session)
        await send(ada, chat, "Not for everybody")
        assert await here.until_end() == 4401
        assert here.page.bodies() == []
        await there.until("Not for everybody")
        await inbox.next()
        await sessions.sign_out_everywhere(ada)
        for screen in (there, inbox):
            assert await screen.until_end() == 4401


async def test_a_stream_ends_with_its_place_in_the_group(ada: User, bob: User) -> None:
    tea = await make_conversation([ada, bob], "Tea")
    other = await make_conversation([ada, bob], "Coffee")
    async with (
        reading(await reader_of(bob, tea)) as screen,
        reading(await reader_of(bob, other)) as staying,
        reading(await reader_of(ada, tea)) as ada_reading,
    ):
        conversation = await conversations.get(tea, bob.id)
        assert conversation is not None
        await participants.leave(bob, conversation)
        await send(ada, tea, "Not for Bob")
        await send(ada, other, "For Bob")
        assert await screen.until_end() == 4403
        assert screen.page.bodies() == []
        await staying.until("For Bob")
        await ada_reading.until("Not for Bob")


@pytest.mark.usefixtures("heartbeat")
async def test_rights_are_read_again_when_something_may_have_been_lost(
    ada: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    tea = await make_conversation([ada, bob], "Tea")
    async with reading(await reader_of(bob, tea)) as screen:
        async with engine.transaction():
            await engine.row(
                "DELETE FROM participants WHERE user_id = :id RETURNING user_id", id=bob.id
            )
        hub.deliver(RESYNC)
        assert await screen.until_end() == 4403
    monkeypatch.setattr(settings, "HEARTBEAT", 0.02)
    async with reading(await reader_of(bob, digest="")) as screen:
        async with engine.transaction():
            await engine.rows("DELETE FROM sessions RETURNING user_id")
        assert await screen.until_end() == 4401


async def test_a_stream_ends_with_its_process(ada: User, chat: int) -> None:
    async with reading(await reader_of(ada, chat)) as screen:
        hub.deliver(ENDING)
        assert await screen.until_end() == 1012


async def test_an_inbox_that_is_held_already_is_not_sent_again(
    ada: User, bob: User, chat: int
) -> None:
    await make_message(bob, chat, "Hello")
    async with reading(await reader_of(ada, digest="")) as screen:
        assert [line.id for line in screen.page.inbox()] == [chat]
        assert screen.page.unread == 1
        digest = screen.page.digest
    async with reading(await reader_of(ada, digest=digest)) as screen:
        assert screen.came == [""]
    await make_message(bob, chat, "Hello again")
    async with reading(await reader_of(ada, chat, digest=digest)) as screen:
        assert screen.page.unread == 2
        assert screen.page.digest != digest
        assert screen.page.bodies() == ["Hello", "Hello again"]


async def test_a_line_of_the_inbox_comes_with_each_change(ada: User, bob: User, chat: int) -> None:
    tea = await make_conversation([ada, bob], "Tea", active_at=1)
    await make_message(bob, chat, "First")
    async with reading(await reader_of(ada, digest="")) as screen:
        assert [line.id for line in screen.page.inbox()] == [chat, tea]
        for _ in range(3):
            await send(bob, tea, "Tea?")
        while screen.page.unread != 4:
            await screen.next()
        assert [(line.id, line.unread) for line in screen.page.inbox()] == [(tea, 3), (chat, 1)]
        await participants.read(ada, tea, 2)
        while screen.page.unread != 2:
            await screen.next()
        assert [(line.id, line.unread) for line in screen.page.inbox()] == [(tea, 1), (chat, 1)]


async def test_a_page_without_an_inbox_gets_no_lines_of_it(ada: User, bob: User, chat: int) -> None:
    tea = await make_conversation([ada, bob], "Tea")
    async with reading(await reader_of(ada, chat)) as screen:
        await send(bob, tea, "Elsewhere")
        await send(bob, chat, "Here")
        await screen.until("Here")
        assert screen.page.inbox() == []
        assert not any("Elsewhere" in frame for frame in screen.came)


async def test_what_one_tick_owes_a_reader_is_one_frame(ada: User, chat: int) -> None:
    async with reading(await reader_of(ada, chat)) as screen:
        await make_messages(ada, chat, 10)
        for change in await publications(chat):
            hub.deliver(change)
        await screen.next()
        assert len(screen.page.messages()) == 10


async def test_a_frame_is_the_same_for_every_reader(ada: User, bob: User, chat: int) -> None:
    async with (
        reading(await reader_of(ada, chat)) as one,
        reading(await reader_of(bob, chat)) as other,
    ):
        await send(ada, chat, "Hello")
        assert await one.next() == await other.next()
