"""What a page follows: each durable change once, in order, without a gap, whatever gets lost."""

import asyncio
import random
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

import pytest

import settings
from actions import changes, messages, participants, sessions, typing_notifications
from db import conversations, engine
from db import messages as stored
from db.engine import Unavailable
from db.sessions import Session
from db.users import User
from live import hub, publication
from live.presence import connected
from live.publication import ENDING, RESYNC, Publication
from live.subscription import BACKLOG, SlowConsumer
from routes.streams import stream as streams
from routes.streams.catch_up import TOO_FAR_BEHIND
from routes.streams.stream import Ended, Stream
from tests.factories import (
    make_conversation,
    make_message,
    make_messages,
    make_session,
    make_user,
)
from tests.pages import Page

pytestmark = pytest.mark.usefixtures("live")


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


async def stream_of(user: User, chat: int | None = None, digest: str | None = None) -> Stream:
    """A reader who holds nothing yet."""
    session = await session_of(user)
    if chat is None:
        return Stream(session, digest=digest)
    return Stream(session, await conversations.get(chat, user.id), 0, digest)


class Reader:
    """A page that follows a stream, and every frame that came."""

    def __init__(self, stream: Stream, frames: AsyncGenerator[str, None]) -> None:
        self.stream = stream
        self.frames = frames
        self.page = Page()
        self.came: list[str] = []

    async def next(self) -> str:
        async with asyncio.timeout(10):
            frame = await anext(self.frames)
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
async def reading(stream: Stream) -> AsyncIterator[Reader]:
    user, shows_inbox = stream.session.user, stream.digest is not None
    with hub.subscribe(*stream.topics) as subscription, connected(user.id, shows_inbox=shows_inbox):
        async with aclosing(stream.frames(subscription)) as frames:
            yield Reader(stream, frames)


def bodies(frame: str) -> list[str]:
    page = Page()
    page.apply(frame)
    return page.bodies()


async def publications(chat: int) -> list[Publication]:
    """What has been published of each message so far."""
    return [changes.changed(message) for message in await stored.after(chat, 0, 1000)]


async def send(author: User, chat: int, body: str) -> None:
    await messages.send(author, chat, str(uuid.uuid4()), body)


async def test_the_first_frame_comes_at_once_with_what_was_missed(ada: User, chat: int) -> None:
    async with reading(await stream_of(ada, chat)) as reader:
        await reader.next()
        assert reader.page.bodies() == []
        assert reader.page.cursor == 0
    await make_messages(ada, chat, 3)
    async with reading(await stream_of(ada, chat)) as reader:
        await reader.next()
        assert reader.page.bodies() == ["Message 1", "Message 2", "Message 3"]
        assert reader.page.cursor == 3


async def test_each_change_comes_once_and_in_order(ada: User, bob: User, chat: int) -> None:
    async with reading(await stream_of(ada, chat)) as reader:
        await reader.next()
        for number in range(5):
            await send(ada if number % 2 else bob, chat, str(number))
        await reader.until(*"01234")
        assert set(reader.page.arrived.values()) == {1}
        assert reader.page.cursor == 5


async def test_a_repeat_is_dropped(ada: User, chat: int) -> None:
    async with reading(await stream_of(ada, chat)) as reader:
        await reader.next()
        await send(ada, chat, "1")
        await reader.until("1")
        [again] = await publications(chat)
        hub.deliver(again)
        await send(ada, chat, "2")
        await reader.until("1", "2")
        assert set(reader.page.arrived.values()) == {1}


async def test_a_gap_is_mended_from_the_database(ada: User, chat: int) -> None:
    async with reading(await stream_of(ada, chat)) as reader:
        await reader.next()
        await make_messages(ada, chat, 3)
        hub.deliver((await publications(chat))[-1])
        await reader.next()
        assert reader.page.bodies() == ["Message 1", "Message 2", "Message 3"]
        assert reader.page.cursor == 3
        assert set(reader.page.arrived.values()) == {1}


async def test_a_pointer_is_read_from_the_database(ada: User, chat: int) -> None:
    async with reading(await stream_of(ada, chat)) as reader:
        await reader.next()
        await make_message(ada, chat, "Hello")
        hub.deliver(Publication(publication.conversation(chat), "", 1))
        await reader.until("Hello")
        assert reader.page.cursor == 1


@pytest.mark.parametrize("seed", range(5))
async def test_shuffled_lost_and_repeated_publications_converge(
    ada: User, bob: User, chat: int, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311  # chance that can be repeated
    on_the_way: list[Publication] = []
    async with reading(await stream_of(ada, chat)) as reader:
        following = asyncio.create_task(reader.until(*map(str, range(30))))
        for number in range(30):
            message = await make_message(chance.choice([ada, bob]), chat, str(number))
            on_the_way += [changes.changed(message)] * chance.choice([0, 1, 1, 1, 2])
            while chance.random() < 0.6 and on_the_way:
                hub.deliver(on_the_way.pop(chance.randrange(len(on_the_way))))
        hub.deliver(RESYNC if chance.random() < 0.5 else (await publications(chat))[-1])
        await following
        assert reader.page.cursor == 30
        positions = [message.position for message in reader.page.messages()]
        assert positions == list(range(1, 31))
        assert set(reader.page.arrived.values()) == {1}


async def test_a_reader_too_far_behind_gets_the_newest_page_whole(ada: User, chat: int) -> None:
    await make_messages(ada, chat, TOO_FAR_BEHIND)
    async with reading(await stream_of(ada, chat)) as reader:
        await reader.next()
        assert len(reader.page.messages()) == TOO_FAR_BEHIND
    await make_message(ada, chat, "One more")
    async with reading(await stream_of(ada, chat)) as reader:
        reader.page.apply('<hx-partial hx-target="#messages" hx-swap="keyed"></hx-partial>')
        frame = await reader.next()
        assert 'hx-swap="innerHTML"' in frame
        assert len(reader.page.messages()) == 50
        assert reader.page.bodies()[-1] == "One more"
        assert reader.page.cursor == TOO_FAR_BEHIND + 1
        await send(ada, chat, "And on")
        await reader.next()
        assert reader.page.bodies()[-1] == "And on"


async def test_a_heartbeat_finds_what_nobody_told_of(
    ada: User, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "HEARTBEAT", 0.05)
    async with reading(await stream_of(ada, chat)) as reader:
        await reader.next()
        assert await reader.next() == ""
        await make_message(ada, chat, "Lost")
        await reader.until("Lost")
        assert reader.page.cursor == 1
        assert await reader.next() == ""


async def test_a_heartbeat_comes_in_time_however_much_is_published(
    ada: User, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "HEARTBEAT", 0.05)

    async def chatter() -> None:
        while True:
            hub.deliver(Publication(publication.conversation(chat), "", 0))  # news to nobody
            await asyncio.sleep(0.005)

    async with reading(await stream_of(ada, chat)) as reader:
        await reader.next()
        chattering = asyncio.create_task(chatter())
        assert await reader.next() == ""
        await make_message(ada, chat, "Lost")
        await reader.until("Lost")
        chattering.cancel()


async def test_a_wish_to_read_again_is_followed_at_once(ada: User, chat: int) -> None:
    async with reading(await stream_of(ada, chat)) as reader:
        await reader.next()
        await make_message(ada, chat, "Lost")
        hub.deliver(RESYNC)
        await reader.until("Lost")


async def test_typing_is_told_without_being_stored_or_repeated(
    ada: User, bob: User, chat: int
) -> None:
    async with reading(await stream_of(ada, chat)) as reader:
        await reader.next()
        await typing_notifications.publish(bob, chat)
        await reader.next()
        assert reader.page.typing == {str(bob.id)}
    async with reading(await stream_of(ada, chat)) as reader:
        await reader.next()
        assert reader.page.typing == set()


async def test_a_database_that_is_away_is_asked_again_until_it_answers(
    ada: User, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "RETRY", 0.02)
    async with reading(await stream_of(ada, chat)) as reader:
        await reader.next()
        [before] = [engine._database]
        with monkeypatch.context() as away:
            away.setattr(engine, "_database", None)
            hub.deliver(RESYNC)
            assert await reader.next() == ""
            assert await reader.next() == ""
            hub.deliver(Publication(publication.inbox(ada.id)))
            hub.deliver(Publication(publication.conversation(chat), "", 9))
            assert await reader.next() == ""
        assert engine._database is before
        await make_message(ada, chat, "Meanwhile")
        await reader.until("Meanwhile")
        assert not reader.stream.is_behind


async def test_an_inbox_line_that_could_not_be_read_is_read_with_the_rest(
    ada: User, bob: User, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "RETRY", 0.02)
    async with reading(await stream_of(ada, digest="")) as reader:
        await reader.next()

        async def away(*_: object) -> None:
            raise Unavailable

        monkeypatch.setattr(conversations, "list_lines", away)
        await send(bob, chat, "Hello")
        await reader.next()
        assert reader.page.unread == 1
        assert [line.id for line in reader.page.inbox()] == [chat]


async def test_lines_of_inboxes_go_on_after_one_that_could_not_be_told(
    ada: User, bob: User, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "RETRY", 0.02)
    async with reading(await stream_of(ada, digest="")) as reader:
        await reader.next()

        async def broken(*_: object) -> None:
            raise ValueError

        with monkeypatch.context() as patch:
            patch.setattr(conversations, "list_lines", broken)
            await send(bob, chat, "Hello")
            while reader.page.unread != 1:
                await reader.next()
        await send(bob, chat, "And on")
        while reader.page.unread != 2:
            await reader.next()
        assert [line.id for line in reader.page.inbox()] == [chat]


async def test_a_reader_who_does_not_keep_up_is_given_up(ada: User, chat: int) -> None:
    async with reading(await stream_of(ada, chat)) as reader:
        await reader.next()
        for _ in range(BACKLOG + 1):
            hub.deliver(Publication(publication.conversation(chat), "x"))
        with pytest.raises(SlowConsumer):
            await reader.next()


async def test_a_stream_ends_with_its_session_and_no_other(ada: User, chat: int) -> None:
    async with (
        reading(await stream_of(ada, chat)) as here,
        reading(await stream_of(ada, chat)) as there,
        reading(await stream_of(ada, digest="")) as inbox,
    ):
        for reader in (here, there, inbox):
            await reader.next()
        await sessions.sign_out(here.stream.session)
        await send(ada, chat, "Not for everybody")
        assert await here.until_end() == 4401
        assert here.page.bodies() == []
        await there.until("Not for everybody")
        await inbox.next()
        await sessions.sign_out_everywhere(ada)
        for reader in (there, inbox):
            assert await reader.until_end() == 4401


async def test_a_stream_ends_with_its_place_in_the_group(ada: User, bob: User) -> None:
    tea = await make_conversation([ada, bob], "Tea")
    other = await make_conversation([ada, bob], "Coffee")
    async with (
        reading(await stream_of(bob, tea)) as reader,
        reading(await stream_of(bob, other)) as staying,
        reading(await stream_of(ada, tea)) as ada_reading,
    ):
        for each in (reader, staying, ada_reading):
            await each.next()
        conversation = await conversations.get(tea, bob.id)
        assert conversation is not None
        await participants.leave(bob, conversation)
        await send(ada, tea, "Not for Bob")
        await send(ada, other, "For Bob")
        assert await reader.until_end() == 4403
        assert reader.page.bodies() == []
        await staying.until("For Bob")
        await ada_reading.until("Not for Bob")


async def test_rights_are_looked_up_again_when_something_may_have_been_lost(
    ada: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    tea = await make_conversation([ada, bob], "Tea")
    async with reading(await stream_of(bob, tea)) as reader:
        await reader.next()
        async with engine.transaction():
            await engine.row(
                "DELETE FROM participants WHERE user_id = :id RETURNING user_id", id=bob.id
            )
        hub.deliver(RESYNC)
        assert await reader.until_end() == 4403
    monkeypatch.setattr(settings, "HEARTBEAT", 0.02)
    async with reading(await stream_of(bob, digest="")) as reader:
        await reader.next()
        async with engine.transaction():
            await engine.rows("DELETE FROM sessions RETURNING user_id")
        assert await reader.until_end() == 4401


async def test_a_stream_ends_with_its_process(ada: User, chat: int) -> None:
    async with reading(await stream_of(ada, chat)) as reader:
        await reader.next()
        hub.deliver(ENDING)
        assert await reader.until_end() == 1012


async def test_an_inbox_that_is_held_already_is_not_sent_again(
    ada: User, bob: User, chat: int
) -> None:
    await make_message(bob, chat, "Hello")
    async with reading(await stream_of(ada, digest="")) as reader:
        await reader.next()
        assert [line.id for line in reader.page.inbox()] == [chat]
        assert reader.page.unread == 1
        digest = reader.page.digest
    async with reading(await stream_of(ada, digest=digest)) as reader:
        assert await reader.next() == ""
    await make_message(bob, chat, "Hello again")
    async with reading(await stream_of(ada, chat, digest=digest)) as reader:
        await reader.next()
        assert reader.page.unread == 2
        assert reader.page.digest != digest
        assert reader.page.bodies() == ["Hello", "Hello again"]


async def test_a_line_of_the_inbox_comes_with_each_change(ada: User, bob: User, chat: int) -> None:
    tea = await make_conversation([ada, bob], "Tea", active_at=1)
    await make_message(bob, chat, "First")
    async with reading(await stream_of(ada, digest="")) as reader:
        await reader.next()
        assert [line.id for line in reader.page.inbox()] == [chat, tea]
        for _ in range(3):
            await send(bob, tea, "Tea?")
        while reader.page.unread != 4:
            await reader.next()
        assert [(line.id, line.unread) for line in reader.page.inbox()] == [(tea, 3), (chat, 1)]
        await participants.read(ada, tea, 2)
        while reader.page.unread != 2:
            await reader.next()
        assert [(line.id, line.unread) for line in reader.page.inbox()] == [(tea, 1), (chat, 1)]


async def test_a_page_without_an_inbox_is_not_told_of_it(ada: User, bob: User, chat: int) -> None:
    tea = await make_conversation([ada, bob], "Tea")
    async with reading(await stream_of(ada, chat)) as reader:
        await reader.next()
        await send(bob, tea, "Elsewhere")
        await send(bob, chat, "Here")
        await reader.until("Here")
        assert reader.page.inbox() == []
        assert not any("Elsewhere" in frame for frame in reader.came)


async def test_what_one_tick_owes_a_reader_is_one_frame(ada: User, chat: int) -> None:
    async with reading(await stream_of(ada, chat)) as reader:
        await reader.next()
        await make_messages(ada, chat, 10)
        for change in await publications(chat):
            hub.deliver(change)
        await reader.next()
        assert len(reader.page.messages()) == 10


async def test_a_frame_is_the_same_for_every_reader(ada: User, bob: User, chat: int) -> None:
    async with (
        reading(await stream_of(ada, chat)) as one,
        reading(await stream_of(bob, chat)) as other,
    ):
        await one.next()
        await other.next()
        await send(ada, chat, "Hello")
        assert await one.next() == await other.next()
