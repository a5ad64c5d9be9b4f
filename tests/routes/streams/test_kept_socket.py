"""Parley without its fast WebSocket: a few tasks and a queue for each socket, the same in all else.

A `site` here runs on uvicorn's own protocols, as `uvicorn app:app` does.
"""

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import websockets

import settings
from db.users import User
from live import hub, publication
from live.publication import ENDING, Publication
from routes.streams import transports
from tests.applications import Site, served
from tests.clients import Refused, Visitor
from tests.factories import make_conversation, make_messages, make_user
from tests.routes.streams.test_transports import close_code, said


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
async def site(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    monkeypatch.setattr(settings, "DATABASE_URL", database_url)
    async with served(without_fast_sockets=True) as site:
        yield site


@pytest.fixture
async def ada(site: Site) -> User:
    return await make_user("ada", "Ada")


@pytest.fixture
async def bob(site: Site) -> User:
    return await make_user("bob", "Bob")


@pytest.fixture
async def chat(ada: User, bob: User) -> int:
    return await make_conversation([ada, bob])


@pytest.fixture
async def here(site: Site, ada: User) -> Visitor:
    return await site.visitor(ada)


@pytest.fixture
async def there(site: Site, bob: User) -> Visitor:
    return await site.visitor(bob)


async def test_people_talk(here: Visitor, there: Visitor, ada: User, chat: int) -> None:
    await make_messages(ada, chat, 1)
    async with here.tab("ws", chat) as adas, there.tab("ws", chat) as bobs:
        await adas.send("Hello")
        await bobs.wait_for_bodies("Message 1", "Hello")
        with pytest.raises(Refused):
            await bobs.send(" ")


async def test_a_repeat_is_acknowledged_again(here: Visitor, chat: int) -> None:
    frame = {"type": "message", "client_id": str(uuid.uuid4()), "body": "Once"}
    async with here.connect(f"/ws/chat/{chat}/") as socket:
        for _ in range(2):
            await socket.send(json.dumps(frame))
            while "Once" not in await said(socket):
                continue


@pytest.mark.parametrize(
    ("frame", "code"),
    [("nonsense", 4400), ('{"type":"x"}', 4400), (b"\0", 4400), ("[]", 4400)],
)
async def test_bad_frames_end_the_socket(
    here: Visitor, chat: int, frame: str | bytes, code: int
) -> None:
    async with here.connect(f"/ws/chat/{chat}/") as socket:
        await socket.send(frame)
        assert await close_code(socket) == code


async def test_too_many_frames_end_the_socket(here: Visitor, chat: int) -> None:
    async with here.connect(f"/ws/chat/{chat}/") as socket:
        with suppress(websockets.ConnectionClosed):
            for _ in range(1200):
                await socket.send('{"type":"typing"}')
        assert await close_code(socket) == 4429


async def test_a_session_and_a_process_end_it(here: Visitor, there: Visitor, chat: int) -> None:
    async with here.tab("ws", chat) as adas, there.tab("ws", chat) as bobs:
        await here.sign_out()
        assert await adas.wait_for_end() == 4401
        hub.deliver(ENDING)
        assert await bobs.wait_for_end() == 1012


async def test_a_client_that_does_not_read_is_asked_to_come_back(
    here: Visitor, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transports, "SEND_TIMEOUT", 0.2)
    topic = publication.conversation(chat)
    async with here.connect(f"/ws/chat/{chat}/") as slow:
        await said(slow)
        for _ in range(300):
            hub.deliver(Publication(topic, "x" * 100_000))
        assert await close_code(slow) == 1013


async def test_a_quiet_socket_hears_heartbeats(
    here: Visitor, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "HEARTBEAT", 0.05)
    async with here.tab("ws", chat) as tab:
        await tab.wait_for(lambda: tab.page.heartbeats >= 2)
