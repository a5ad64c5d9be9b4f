"""A response of events: ends with them, with its reader, or with its task, and leaves nothing."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.types import Message, Scope

from routes.streams.sse import EventStream, ServerSentEvent

PATIENCE = 5
SCOPE: Scope = {"type": "http", "method": "GET"}


class Reader:
    """Who takes what is sent, and leaves when `left` is set."""

    def __init__(self) -> None:
        self.taken: list[Message] = []
        self.began = asyncio.Event()
        self.left = asyncio.Event()
        self.closed = asyncio.Event()

    async def events(self, count: int | None = None) -> AsyncIterator[ServerSentEvent]:
        """So many, or one and then none without end."""
        try:
            for number in range(count or 1):
                yield ServerSentEvent(str(number))
            if count is None:
                await asyncio.Event().wait()
        finally:
            self.closed.set()

    async def receive(self) -> Message:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.taken.append(message)
        if message.get("body"):
            self.began.set()

    async def read(self, count: int | None = None, scope: Scope = SCOPE) -> None:
        async with asyncio.timeout(PATIENCE):
            await EventStream(self.events(count), PATIENCE, {})(scope, self.receive, self.send)


async def test_events_end_with_an_empty_body() -> None:
    reader = Reader()
    await reader.read(2)
    assert [m.get("body") for m in reader.taken] == [
        None,
        b"data: 0\r\n\r\n",
        b"data: 1\r\n\r\n",
        b"",
    ]
    assert [m.get("more_body") for m in reader.taken] == [None, True, True, False]
    assert reader.closed.is_set()


async def test_a_reader_who_leaves_ends_them_at_once() -> None:
    reader = Reader()
    async with asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(reader.read())
        await reader.began.wait()
        reader.left.set()
        await reading
    assert reader.closed.is_set()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_reader_who_leaves_while_something_is_sent_ends_them_too() -> None:
    reader = Reader()

    async def send(message: Message) -> None:
        if message.get("body"):
            reader.left.set()
            await asyncio.Event().wait()

    async with asyncio.timeout(PATIENCE):
        await EventStream(reader.events(), PATIENCE, {})(SCOPE, reader.receive, send)
    assert reader.closed.is_set()


async def test_a_server_that_gives_up_its_task_ends_them() -> None:
    reader = Reader()
    reading = asyncio.create_task(reader.read())
    await reader.began.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert reader.closed.is_set()


async def test_who_asks_for_the_head_gets_no_events() -> None:
    reader = Reader()
    await reader.read(scope={"type": "http", "method": "HEAD"})
    assert [message["type"] for message in reader.taken] == [
        "http.response.start",
        "http.response.body",
    ]
    assert not any(message.get("body") for message in reader.taken)
