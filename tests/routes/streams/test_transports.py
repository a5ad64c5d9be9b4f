"""The transports: what is special to each, and how each one ends."""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress

import pytest
import websockets
from websockets.asyncio.client import ClientConnection

import settings
from db import engine
from db.log import commit as log
from db.log.change import Change
from db.users import User
from live import hub, publication
from live.publication import ENDING, RESYNC, Publication
from live.subscription import BACKLOG
from routes import frames
from routes.rate_limit import BURST, frames_and_posts
from routes.streams import catch_up, transports
from routes.streams.limits import FRAME_BYTES
from routes.streams.reader import Reader
from tests.applications import Site
from tests.clients import LIVE_TIERS, PATIENCE, LiveTab, Refused, Visitor
from tests.factories import PASSWORD, make_conversation, make_message, make_messages, make_user
from tests.pages import Page


@pytest.fixture
async def user(site: Site) -> User:
    return await make_user("ada", "Ada")


@pytest.fixture
async def other(site: Site) -> User:
    return await make_user("bob", "Bob")


@pytest.fixture
async def ada(site: Site, user: User) -> Visitor:
    return await site.visitor(user)


@pytest.fixture
async def bob(site: Site, other: User) -> Visitor:
    return await site.visitor(other)


@pytest.fixture
async def chat(user: User, other: User) -> int:
    return await make_conversation([user, other])


def new() -> str:
    return str(uuid.uuid4())


def message(body: str, client_id: str | None = None) -> str:
    return json.dumps({"type": "message", "client_id": client_id or new(), "body": body})


async def said(socket: ClientConnection) -> str:
    async with asyncio.timeout(PATIENCE):
        frame = await socket.recv()
    assert isinstance(frame, str)
    return frame


async def close_code(socket: ClientConnection) -> int | None:
    """The code with which the server closes, after whatever it still says."""
    async with asyncio.timeout(PATIENCE):
        with suppress(websockets.ConnectionClosed):
            async for _ in socket:
                continue
    return socket.close_code


async def until_followed(chat: int, times: int = 1) -> None:
    """Returns once so many streams of a conversation are open."""
    async with asyncio.timeout(PATIENCE):
        while len(hub._subscribers.get(publication.conversation(chat), ())) < times:  # noqa: ASYNC110
            await asyncio.sleep(0.005)


# Cursors


@pytest.mark.parametrize("tier", LIVE_TIERS)
async def test_a_stream_goes_on_from_the_cursor(
    ada: Visitor, user: User, chat: int, tier: str
) -> None:
    await make_messages(user, chat, 3)
    for query, expected in (
        ("?after=0", ["Message 1", "Message 2", "Message 3"]),
        ("?after=2", ["Message 3"]),
        ("?after=3", []),
        ("?after=", []),
        ("", []),
    ):
        page = Page()
        page.apply(await first_frame(ada, tier, f"/chat/{chat}/{query}"))
        assert page.bodies() == expected
        if tier != "poll":
            assert page.cursor == 3


@pytest.mark.parametrize("query", ["?after=4", "?after=2&epoch=another"])
@pytest.mark.parametrize("tier", LIVE_TIERS)
async def test_a_page_from_before_a_backup_was_restored_gets_what_is_there_now(
    ada: Visitor, user: User, chat: int, tier: str, query: str
) -> None:
    await make_messages(user, chat, 4)
    page = await ada.page(f"/chat/{chat}/")
    async with engine.transaction():
        await engine.execute("DELETE FROM messages WHERE position = 4")
        await engine.execute("UPDATE conversations SET revision = 3, last_position = 3")
    page.apply(await first_frame(ada, tier, f"/chat/{chat}/{query}"))
    assert page.bodies() == ["Message 1", "Message 2", "Message 3"]
    assert page.cursor == 3
    here = f"?after=3&epoch={page.epoch}"
    after_that = Page()
    after_that.apply(await first_frame(ada, tier, f"/chat/{chat}/{here}"))
    assert after_that.bodies() == []


async def first_frame(visitor: Visitor, tier: str, path: str) -> str:
    match tier:
        case "ws":
            async with visitor.connect(f"/ws{path}") as socket:
                return await said(socket)
        case "sse":
            async with aclosing(visitor.events(f"/sse{path}")) as events:
                async for event in events:
                    return event["data"]
    return (await visitor.get(f"/poll{path}")).text


async def test_last_event_id_wins(ada: Visitor, user: User, chat: int) -> None:
    await make_messages(user, chat, 3)
    path = f"/sse/chat/{chat}/?after=0"
    async with aclosing(ada.events(path, Last_Event_ID="2")) as events:
        event = await anext(events)
    page = Page()
    page.apply(event["data"])
    assert page.bodies() == ["Message 3"]
    assert event["id"] == "3"
    async with aclosing(ada.events(path, Last_Event_ID="")) as events:
        page.apply((await anext(events))["data"])
    assert page.bodies() == ["Message 1", "Message 2", "Message 3"]


@pytest.mark.parametrize("damaged", ["x", "-1", "1.5", "9" * 20])
async def test_a_damaged_cursor_is_refused(ada: Visitor, chat: int, damaged: str) -> None:
    for tier in ("sse", "poll"):
        answer = await ada.get(f"/{tier}/chat/{chat}/?after={damaged}")
        assert answer.status_code == 400
        answer = await ada.get(f"/{tier}/chat/{chat}/", Last_Event_ID=damaged)
        assert answer.status_code == 400
    with pytest.raises(websockets.InvalidStatus) as refusal:
        async with ada.connect(f"/ws/chat/{chat}/?after={damaged}"):
            pass
    assert refusal.value.response.status_code == 400
    assert (await ada.get(f"/poll/chat/{chat}/?wait={damaged}")).status_code == 400


# Heartbeats


@pytest.mark.parametrize("tier", ["ws", "sse"])
async def test_a_quiet_stream_has_heartbeats(
    ada: Visitor, chat: int, tier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "HEARTBEAT", 0.05)
    async with ada.tab(tier, chat) as tab:
        await tab.wait_for(lambda: tab.page.heartbeats >= 2)


@pytest.mark.parametrize("tier", LIVE_TIERS)
async def test_a_message_that_was_never_published_comes_with_a_heartbeat(
    ada: Visitor, user: User, chat: int, tier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "HEARTBEAT", 0.05)
    async with ada.tab(tier, chat) as tab:
        await until_followed(chat)
        await catch_up.snapshots.finished()
        await make_message(user, chat, "Lost")
        await tab.wait_for_bodies("Lost")


async def test_a_heartbeat_can_be_seen_by_scripts(
    ada: Visitor, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "HEARTBEAT", 0.05)
    async with aclosing(ada.events(f"/sse/chat/{chat}/")) as events:
        await anext(events)
        assert await anext(events) == {"event": "heartbeat", "data": "1", "id": "0"}
    async with ada.connect(f"/ws/chat/{chat}/") as socket:
        await said(socket)
        assert await said(socket) == ""


@pytest.mark.parametrize("tier", ["ws", "sse"])
async def test_the_inbox_alone_can_be_followed(
    ada: Visitor, bob: Visitor, chat: int, tier: str
) -> None:
    async with bob.tab(tier, "/") as inbox:
        assert inbox.page.inbox() == []
        await ada.hx_post(f"/chat/{chat}/messages/", client_id=new(), body="Hello")
        await inbox.wait_for(lambda: inbox.page.unread == 1)
        assert [line.id for line in inbox.page.inbox()] == [chat]
    async with aclosing(ada.events("/sse/inbox/")) as events:
        event = await anext(events)
        assert "id" not in event


# Polling


async def test_a_poll_answers_as_soon_as_there_is_news(
    ada: Visitor, bob: Visitor, chat: int
) -> None:
    polling = asyncio.create_task(ada.get(f"/poll/chat/{chat}/?after=0&wait=25"))
    await until_followed(chat)
    begun = time.monotonic()
    await bob.hx_post(f"/chat/{chat}/messages/", client_id=new(), body="Hello")
    page = Page()
    page.apply((await polling).text)
    assert page.bodies() == ["Hello"]
    assert page.cursor == 1
    assert time.monotonic() - begun < 5


async def test_a_poll_without_news_ends_in_time(ada: Visitor, chat: int) -> None:
    for wait in ("", "?wait=0", "?wait=1"):
        begun = time.monotonic()
        answer = await ada.get(f"/poll/chat/{chat}/{wait}")
        assert (answer.status_code, answer.content) == (204, b"")
        assert time.monotonic() - begun < 4


async def test_a_poll_waits_no_longer_than_it_may(
    ada: Visitor, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transports, "POLL_TIMEOUT", 0.05)
    assert (await ada.get(f"/poll/chat/{chat}/?wait=9999")).status_code == 204


async def test_a_poll_says_who_is_typing(ada: Visitor, bob: Visitor, chat: int) -> None:
    polling = asyncio.create_task(ada.get(f"/poll/chat/{chat}/?wait=25"))
    await until_followed(chat)
    await bob.hx_post(f"/chat/{chat}/typing/")
    page = Page()
    page.apply((await polling).text)
    assert len(page.typing) == 1
    assert (await ada.get(f"/poll/chat/{chat}/")).status_code == 204, "it is not repeated"


async def test_a_poll_ends_when_its_client_disconnects(ada: Visitor, site: Site, chat: int) -> None:
    host, _, port = site.url.removeprefix("http://").partition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    request = f"GET /poll/chat/{chat}/?wait=25 HTTP/1.1\r\nHost: x\r\nCookie: {ada.cookie}\r\n\r\n"
    writer.write(request.encode())
    await until_followed(chat)
    writer.close()
    await writer.wait_closed()
    async with asyncio.timeout(5):
        while publication.conversation(chat) in hub._subscribers:  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def test_a_poll_with_too_large_a_backlog_reads_it_the_next_time(
    ada: Visitor, user: User, chat: int
) -> None:
    polling = asyncio.create_task(ada.get(f"/poll/chat/{chat}/?after=0&wait=25"))
    await until_followed(chat)
    for _ in range(BACKLOG + 1):
        hub.deliver(Publication(publication.conversation(chat), "x"))
    assert (await polling).status_code == 204
    await make_messages(user, chat, 1)
    assert (await ada.get(f"/poll/chat/{chat}/?after=0&wait=25")).status_code == 200


# Frames that come in


async def test_frames_of_a_socket_take_effect_in_order(
    ada: Visitor, bob: Visitor, chat: int
) -> None:
    async with ada.tab("ws", chat) as tab, bob.connect(f"/ws/chat/{chat}/") as socket:
        for number in range(30):
            await socket.send(message(str(number)))
        await tab.wait_for_bodies(*map(str, range(30)))


async def test_a_repeat_over_the_socket_is_acknowledged_again(ada: Visitor, chat: int) -> None:
    client_id = new()
    async with ada.tab("ws", chat) as tab:
        await tab.send("Hello", client_id)
        await tab.send("Hello", client_id)
        assert tab.bodies() == ["Hello"]


async def test_a_refusal_goes_to_its_sender_alone(ada: Visitor, bob: Visitor, chat: int) -> None:
    async with ada.tab("ws", chat) as sender, bob.tab("ws", chat) as reader:
        with pytest.raises(Refused, match="Type a message first"):
            await sender.send(" ")
        with pytest.raises(Refused, match="its client_id is not a UUID"):
            await sender.send("Hello", "damaged")
        await sender.send("Hello")
        await reader.wait_for_bodies("Hello")
        assert reader.page.refused == {}


async def test_lone_surrogates_are_replaced(ada: Visitor, chat: int) -> None:
    async with ada.tab("ws", chat) as tab, ada.connect(f"/ws/chat/{chat}/") as socket:
        frame = f'{{"type":"message","client_id":"{new()}","body":"a\\ud800\\u0000b"}}'
        await socket.send(frame)
        await tab.wait_for_bodies("a\ufffdb")
        refused = '{"type":"message","client_id":"\\ud800","body":"Hello"}'
        await socket.send(refused)
        while "damaged" not in await said(socket):
            continue


async def test_reading_over_the_socket_is_noted(
    ada: Visitor, bob: Visitor, other: User, chat: int
) -> None:
    await make_messages(other, chat, 3)
    async with ada.tab("ws", chat) as tab:
        assert tab.page.unread == 3
        await tab.read()
        await tab.wait_for(lambda: tab.page.unread == 0)


DAMAGED = [
    "",
    "{",
    "nonsense",
    "[]",
    '"text"',
    "null",
    "1",
    "{}",
    '{"type":1}',
    '{"type":"nonsense"}',
    '{"type":"message"}',
    '{"type":"message","client_id":1,"body":"x"}',
    '{"type":"message","client_id":"x","body":null}',
    '{"type":"message","client_id":"x","body":["x"]}',
    '{"type":"read"}',
    '{"type":"read","position":"1"}',
    '{"type":"read","position":-1}',
    '{"type":"read","position":1.5}',
    '{"type":"read","position":true}',
    '{"type":"read","position":1e400}',
    '{"type":"read","position":99999999999999999999}',
    '{"type":"read","position":' + "9" * 5000 + "}",
    '{"a":' * 9000 + "1" + "}" * 9000,
    "[" * 60_000,
]


async def test_a_damaged_frame_ends_the_socket(ada: Visitor, chat: int) -> None:
    frames: list[str | bytes] = [*DAMAGED, b"", b"{}", message("x").encode()]
    for frame in frames:
        async with ada.connect(f"/ws/chat/{chat}/") as socket:
            await socket.send(frame)
            assert await close_code(socket) == 4400, frame[:50]
    assert (await ada.page(f"/chat/{chat}/")).bodies() == []


async def test_the_inbox_takes_no_frames(ada: Visitor) -> None:
    for frame in (message("x"), '{"type":"typing"}', '{"type":"read","position":1}'):
        async with ada.connect("/ws/inbox/") as socket:
            await socket.send(frame)
            assert await close_code(socket) == 4400


async def test_unknown_fields_are_passed_over(ada: Visitor, chat: int) -> None:
    async with ada.connect(f"/ws/chat/{chat}/") as socket:
        await said(socket)
        frame = {"type": "message", "client_id": new(), "body": "Hello", "author_id": 1}
        await socket.send(json.dumps(frame | {"position": 99, "new": {"thing": []}}))
        page = Page()
        while not page.messages():  # a heartbeat may come before
            page.apply(await said(socket))
        assert (page.messages()[0].author, page.messages()[0].position) == ("Ada", 1)


async def test_a_frame_has_64_kibibytes_at_most(
    ada: Visitor, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for letter in ("x", "漢"):
        size = FRAME_BYTES // len(letter.encode())
        async with ada.connect(f"/ws/chat/{chat}/") as socket:
            await socket.send(letter * (size + 1))
            assert await close_code(socket) == 1009
    async with ada.connect(f"/ws/chat/{chat}/") as socket:
        await said(socket)
        empty = len(message(""))
        await socket.send(message("x" * (FRAME_BYTES - empty)))
        while "at most 8,000 characters" not in await said(socket):
            continue
    monkeypatch.setattr(frames, "FRAME_BYTES", 200)  # where the server itself lets more through
    for body in ("x" * 200, "漢" * 70):
        async with ada.connect(f"/ws/chat/{chat}/") as socket:
            await socket.send(json.dumps(body, ensure_ascii=False))
            assert await close_code(socket) == 1009


async def test_too_many_frames_end_the_socket(ada: Visitor, bob: Visitor, chat: int) -> None:
    async with bob.tab("ws", chat) as reader, ada.connect(f"/ws/chat/{chat}/") as socket:
        await socket.send(message("Before"))
        with suppress(websockets.ConnectionClosed):
            for _ in range(20 * BURST):
                await socket.send('{"type":"typing"}')
        assert await close_code(socket) == 4429
        await reader.send("Others go on")
        assert reader.bodies() == ["Before", "Others go on"]


async def test_frames_and_posts_count_for_the_person_not_for_the_socket(
    ada: Visitor, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames_and_posts, "rate", 0.001)
    monkeypatch.setattr(frames_and_posts, "burst", 3)
    assert (await ada.hx_post(f"/chat/{chat}/typing/")).status_code == 204
    async with ada.connect(f"/ws/chat/{chat}/") as one, ada.connect("/ws/inbox/") as other:
        await one.send('{"type":"typing"}')
        await one.send('{"type":"typing"}')
        await one.ping()
        assert await close_code(one) == 4429
        await other.ping()
        assert await close_code(other) == 4429
    assert (await ada.hx_post(f"/chat/{chat}/typing/")).status_code == 429


async def test_a_person_has_so_many_connections_and_no_more(
    ada: Visitor, bob: Visitor, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.CONNECTIONS_PER_PERSON == 20
    monkeypatch.setattr(settings, "CONNECTIONS_PER_PERSON", 2)
    async with ada.tab("ws", chat), ada.tab("sse", chat):
        async with ada.connect(f"/ws/chat/{chat}/") as third:
            assert await close_code(third) == 4429
        codes = [event["data"] async for event in ada.events(f"/sse/chat/{chat}/")]
        assert codes == ["4429"]
        refused = await ada.get(f"/poll/chat/{chat}/")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "25")
        async with bob.tab("ws", chat) as others:
            await others.send("Others have their own")
    async with ada.tab("ws", chat) as again:
        await again.wait_for_bodies("Others have their own")


@pytest.mark.parametrize(
    ("mine", "theirs", "is_shared"),
    [
        ("192.0.2.7", "192.0.2.7", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::2", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
    ],
)
async def test_an_address_has_so_many_connections_whoever_they_are_for(
    ada: Visitor,
    bob: Visitor,
    chat: int,
    monkeypatch: pytest.MonkeyPatch,
    mine: str,
    theirs: str,
    is_shared: bool,
) -> None:
    assert settings.CONNECTIONS_PER_ADDRESS == 200
    monkeypatch.setattr(settings, "CONNECTIONS_PER_ADDRESS", 2)
    ada.http.headers["X-Forwarded-For"], bob.http.headers["X-Forwarded-For"] = mine, theirs
    path = f"/chat/{chat}/"
    async with ada.tab("sse", chat), ada.connect(f"/ws{path}", X_Forwarded_For=mine) as second:
        await said(second)
        polled = await bob.get(f"/poll{path}")
        assert polled.status_code == (429 if is_shared else 204)
        async with bob.connect(f"/ws{path}", X_Forwarded_For=theirs) as third:
            if is_shared:
                assert await close_code(third) == 4429
            else:
                await said(third)
        monkeypatch.setattr(settings, "CONNECTIONS_PER_ADDRESS", 0)
        assert (await bob.get(f"/poll{path}")).status_code == 204
    monkeypatch.setattr(settings, "CONNECTIONS_PER_ADDRESS", 2)
    async with ada.tab("sse", chat) as again:
        await again.wait_for_bodies()


async def test_a_send_that_finds_no_database_is_not_acknowledged(
    ada: Visitor, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ada.connect(f"/ws/chat/{chat}/") as socket:
        await said(socket)
        client_id = new()
        done = asyncio.Event()
        commit = log.commit

        async def committing(batch: Sequence[Change]) -> Sequence[object]:
            try:
                return await commit(batch)
            finally:
                done.set()

        monkeypatch.setattr(log, "commit", committing)
        with monkeypatch.context() as away:
            away.setattr(engine, "_database", None)
            await socket.send(message("Hello", client_id))
            await done.wait()
        await socket.send(message("Hello", client_id))
        page = Page()
        while not page.bodies():  # what a look has found may be said before
            page.apply(await said(socket))
        assert page.bodies() == ["Hello"], "the first attempt said nothing, and closed nothing"


# Ends


@asynccontextmanager
async def tabs(visitor: Visitor, chat: int) -> AsyncIterator[list[LiveTab]]:
    """A tab of every live tier at a conversation, and one at the inbox."""
    async with (
        visitor.tab("ws", chat) as ws,
        visitor.tab("sse", chat) as sse,
        visitor.tab("poll", chat) as poll,
        visitor.tab("ws", "/") as inbox,
    ):
        found = [ws, sse, poll, inbox]
        assert all(isinstance(tab, LiveTab) for tab in found)
        await until_followed(chat, 3)
        yield [tab for tab in found if isinstance(tab, LiveTab)]


async def test_signing_out_ends_every_stream_of_that_session_at_once(
    site: Site, user: User, bob: Visitor, chat: int
) -> None:
    here, there = await site.visitor(user), await site.visitor(user)
    async with tabs(here, chat) as ending, there.tab("ws", chat) as going_on:
        cookie = here.cookie
        begun = time.monotonic()
        await here.sign_out()
        await bob.hx_post(f"/chat/{chat}/messages/", client_id=new(), body="Not one frame after")
        assert [await tab.wait_for_end() for tab in ending] == [4401] * 4
        assert time.monotonic() - begun < 5
        await going_on.wait_for_bodies("Not one frame after")
        for tab in ending:
            assert tab.bodies() == []
            assert tab.page.unread == 0
    assert cookie
    for path in ("/ws/inbox/", f"/ws/chat/{chat}/"):
        async with here.connect(path, Cookie=cookie) as socket:
            assert await close_code(socket) == 4401


@pytest.mark.parametrize("way", ["password", "everywhere", "delete"])
async def test_so_do_a_new_password_and_the_end_of_an_account(
    site: Site, user: User, chat: int, way: str
) -> None:
    here, there = await site.visitor(user), await site.visitor(user)
    async with tabs(there, chat) as ending:
        match way:
            case "password":
                fields = {"current": PASSWORD, "password": "another one"}
                assert (await here.post("/account/password/", **fields)).status_code == 303
            case "everywhere":
                assert (await here.post("/account/sessions/")).status_code == 303
            case "delete":
                fields = {"delete": PASSWORD}
                assert (await here.post("/account/delete/", **fields)).status_code == 303
        assert [await tab.wait_for_end() for tab in ending] == [4401] * 4


async def test_leaving_a_group_ends_what_follows_it(
    ada: Visitor, bob: Visitor, user: User, other: User
) -> None:
    tea = await make_conversation([user, other], "Tea")
    async with tabs(bob, tea) as [ws, sse, poll, inbox]:
        await inbox.wait_for(lambda: [line.id for line in inbox.page.inbox()] == [tea])
        await bob.post(f"/chat/{tea}/leave/")
        await ada.hx_post(f"/chat/{tea}/messages/", client_id=new(), body="Not for Bob")
        assert [await tab.wait_for_end() for tab in (ws, sse, poll)] == [4403] * 3
        assert all(tab.bodies() == [] for tab in (ws, sse, poll))
        assert inbox.ended is None


async def test_a_session_end_that_was_never_published_ends_its_streams_with_a_resync(
    ada: Visitor, user: User, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when Redis was away while another process signed out."""
    async with tabs(ada, chat) as ending:
        async with engine.transaction():
            await engine.rows("DELETE FROM sessions RETURNING user_id")
        await make_message(user, chat, "Not one frame after")
        hub.deliver(RESYNC)
        assert [await tab.wait_for_end() for tab in ending] == [4401] * 4
        assert all(tab.bodies() == [] for tab in ending)


async def test_streams_end_with_their_process(ada: Visitor, chat: int) -> None:
    async with ada.tab("ws", chat) as ws, ada.tab("sse", chat) as sse:
        polling = asyncio.create_task(ada.get(f"/poll/chat/{chat}/?wait=25"))
        await until_followed(chat, 3)
        hub.deliver(ENDING)
        assert isinstance(ws, LiveTab)
        assert isinstance(sse, LiveTab)
        assert await ws.wait_for_end() == 1012
        assert await sse.wait_for_end() == 1012
        assert (await polling).status_code == 204


async def test_a_client_that_does_not_read_is_asked_to_come_back(
    ada: Visitor, bob: Visitor, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And harms nobody meanwhile: nobody waits for a slow reader."""
    large = Publication(publication.conversation(chat), "<i>" + "x" * 100_000 + "</i>")
    async with bob.tab("ws", chat) as reader:
        slow = await ada.connect(f"/ws/chat/{chat}/")
        await until_followed(chat, 2)
        async with asyncio.timeout(20):
            while len(hub._subscribers[publication.conversation(chat)]) == 2:
                hub.deliver(large)
                before = len(reader.bodies())
                if before < 20:
                    await reader.send("Others go on")
                else:
                    await asyncio.sleep(0.01)
        assert await close_code(slow) == 1013
        await slow.close()
        await reader.send("And on")


async def test_a_client_that_does_not_read_events_is_asked_to_come_back(
    ada: Visitor, site: Site, chat: int
) -> None:
    host, _, port = site.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
    request = f"GET /sse/chat/{chat}/ HTTP/1.1\r\nHost: x\r\nCookie: {ada.cookie}\r\n\r\n"
    writer.write(request.encode())
    await until_followed(chat)
    [reader_there] = hub._subscribers[publication.conversation(chat)]
    assert isinstance(reader_there, Reader)
    large = Publication(publication.conversation(chat), "x" * 100_000)
    async with asyncio.timeout(PATIENCE):
        while not reader_there.is_closed:
            hub.deliver(large)
            await asyncio.sleep(0)
        received = b""
        while b"event: end\r\ndata: 1013\r\n" not in received[-200_000:]:
            received = received[-200_000:] + await reader.read(100_000)
    writer.close()
    await writer.wait_closed()
