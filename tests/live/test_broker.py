"""What connects processes: it heals by itself, and a send never fails for it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from broadcaster import Event
from redis import asyncio as redis

from live import broker, hub
from live.broker import CHANNEL, reconnecting
from live.broker.driver import Driver
from live.broker.postgres import PostgresDriver
from live.broker.reconnecting import RETRY_DELAY, BrokerDown, ReconnectingBackend
from live.broker.redis import RedisDriver
from live.publication import RESYNC, Publication, decode, encode
from live.subscription import Subscription
from tests.servers import PostgreSQL, Redis
from tests.waiting import PATIENCE, eventually

HELLO = Publication("a", "Hello")
IN_TIME = PATIENCE
"""Seconds within which everything arrives, with the broker or without."""


@pytest.fixture(params=["redis", "postgresql"])
def spare(request: pytest.FixtureRequest) -> Redis | PostgreSQL:
    """A broker's server, to be killed."""
    server: Redis | PostgreSQL = request.getfixturevalue(f"spare_{request.param}")
    return server


@asynccontextmanager
async def started(url: str) -> AsyncIterator[Subscription]:
    """This process with its broker, and a subscriber of topic `a`."""
    await broker.start(url)
    try:
        with hub.subscribe("a") as subscription:
            yield subscription
    finally:
        await broker.stop()


async def until(subscription: Subscription, wanted: Publication, within: float = IN_TIME) -> None:
    async with asyncio.timeout(within):
        while wanted not in await subscription.next(within):
            pass


def driver(url: str) -> Driver:
    return RedisDriver(url) if url.startswith("redis") else PostgresDriver(url)


class Another:
    """Another process on the same broker, as far as this one can tell."""

    def __init__(self, url: str) -> None:
        self.driver = driver(url)
        self.heard: list[Publication] = []
        self.happened = asyncio.Event()

    async def __aenter__(self) -> "Another":
        self.task = asyncio.create_task(self.listen())
        await self.happened.wait()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        await asyncio.wait([self.task])
        await self.driver.close()

    async def listen(self) -> None:
        while True:
            try:
                async for text in self.driver.receive(CHANNEL):
                    self.heard += [] if text is None else decode(text)
                    self.happened.set()
            except Exception:  # noqa: BLE001  # whatever the driver raises
                await asyncio.sleep(0.02)

    async def hears(self, publication: Publication, within: float = IN_TIME) -> None:
        async with asyncio.timeout(within):
            while publication not in self.heard:
                self.happened.clear()
                await self.happened.wait()

    async def says(self, *publications: Publication) -> None:
        for text in encode(publications, self.driver.limit):
            await self.driver.publish(CHANNEL, text)


async def test_one_process_needs_no_broker() -> None:
    async with started("memory://") as subscription:
        await broker.publish(HELLO, Publication("b"), HELLO)
        assert await subscription.next(5) == [HELLO, HELLO]


async def test_without_a_broker_publications_reach_this_process() -> None:
    with hub.subscribe("a") as subscription:
        await broker.publish(HELLO)
        assert await subscription.next(5) == [HELLO]
    await broker.stop()


async def test_processes_hear_each_other(spare: Redis | PostgreSQL) -> None:
    async with started(spare.url) as subscription, Another(spare.url) as another:
        await until(subscription, RESYNC)
        await broker.publish(HELLO, Publication("b", "漢" * 10, 7))
        await another.hears(Publication("b", "漢" * 10, 7))
        await until(subscription, HELLO)
        await another.says(Publication("a", "Hello yourself"))
        await until(subscription, Publication("a", "Hello yourself"))


async def test_a_publication_too_large_for_the_broker_becomes_a_pointer(
    spare_postgresql: PostgreSQL,
) -> None:
    async with started(spare_postgresql.url) as subscription:
        await until(subscription, RESYNC)
        await broker.publish(Publication("a", "x" * 100_000, 7))
        await until(subscription, Publication("a", "", 7))


async def test_a_killed_broker_fails_no_send_and_comes_back_by_itself(
    spare: Redis | PostgreSQL,
) -> None:
    async with started(spare.url) as subscription, Another(spare.url) as another:
        await until(subscription, RESYNC)
        for turn in range(2):
            spare.kill()
            for number in range(3):
                async with asyncio.timeout(IN_TIME):
                    await broker.publish(Publication("a", f"away {turn}/{number}"))
                await until(subscription, Publication("a", f"away {turn}/{number}"))
                await until(subscription, RESYNC)  # again and again, so the database is polled
            another.heard.clear()
            await asyncio.to_thread(spare.start)
            await another.hears(RESYNC, 2 * IN_TIME)
            await eventually(broker.is_up)
            await another.says(Publication("a", f"back {turn}"))
            await until(subscription, Publication("a", f"back {turn}"))
            await broker.publish(Publication("b", f"back {turn}"))
            await another.hears(Publication("b", f"back {turn}"))


async def test_a_broker_that_is_away_at_the_start_is_found_later(
    spare: Redis | PostgreSQL,
) -> None:
    spare.kill()
    async with started(spare.url) as subscription:
        await broker.publish(HELLO)
        await until(subscription, HELLO)
        await asyncio.to_thread(spare.start)
        async with Another(spare.url) as another:
            await another.hears(RESYNC, 2 * IN_TIME)
            await eventually(broker.is_up)
            await another.says(HELLO)
            await until(subscription, HELLO)


async def test_a_restart_between_two_sends_loses_neither(spare_redis: Redis) -> None:
    """The connection that the first used is dead, which only using it tells."""
    async with started(spare_redis.url) as subscription:
        await until(subscription, RESYNC)
        await broker.publish(HELLO)
        await until(subscription, HELLO)
        await asyncio.to_thread(spare_redis.restart)
        await until(subscription, RESYNC)
        async with Another(spare_redis.url) as another:
            await broker.publish(Publication("a", "again"))
            await another.hears(Publication("a", "again"))


async def test_a_killed_subscription_is_renewed(spare_redis: Redis) -> None:
    async with started(spare_redis.url) as subscription, Another(spare_redis.url) as another:
        await until(subscription, RESYNC)
        async with redis.Redis.from_url(spare_redis.url) as connection:
            await connection.client_kill_filter(_type="pubsub")
        await until(subscription, RESYNC)
        await until(subscription, RESYNC)
        await another.says(HELLO)
        await until(subscription, HELLO)


async def test_a_killed_listener_is_renewed(spare_postgresql: PostgreSQL) -> None:
    url = spare_postgresql.url
    async with started(url) as subscription, Another(url) as another:
        await until(subscription, RESYNC)
        connection = await asyncpg.connect(url)
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        )
        await connection.close()
        await until(subscription, RESYNC)
        await until(subscription, RESYNC)
        await another.says(HELLO)
        await until(subscription, HELLO)


async def test_an_emptied_redis_is_not_noticed(spare_redis: Redis) -> None:
    async with started(spare_redis.url) as subscription, Another(spare_redis.url) as another:
        await until(subscription, RESYNC)
        async with redis.Redis.from_url(spare_redis.url) as connection:
            await connection.flushall()
        await another.says(HELLO)
        assert await subscription.next(IN_TIME) == [HELLO]


async def test_a_server_that_says_nothing_is_asked_whether_it_is_there(
    spare: Redis | PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("live.broker.redis.HEALTH_CHECK", 0.05)
    monkeypatch.setattr("live.broker.postgres.HEALTH_CHECK", 0.05)
    async with started(spare.url) as subscription, Another(spare.url) as another:
        await until(subscription, RESYNC)
        assert await subscription.next(0.2) == []
        await another.says(HELLO)
        assert await subscription.next(IN_TIME) == [HELLO]


class ScriptedDriver:
    """A driver that does what the test says."""

    limit = 1000

    def __init__(self) -> None:
        self.published: list[str] = []
        self.attempts = 0
        self.is_down = False
        self.incoming: asyncio.Queue[str | Exception | None] = asyncio.Queue()
        self.taken = asyncio.Event()
        """Nothing of what came in waits any more."""

    async def publish(self, channel: str, text: str) -> None:
        self.attempts += 1
        if self.is_down:
            raise ConnectionError("on purpose")
        self.published.append(text)

    async def receive(self, channel: str) -> AsyncIterator[str | None]:
        while True:
            if self.incoming.empty():
                self.taken.set()
            text = await self.incoming.get()
            if isinstance(text, Exception):
                raise text
            yield text

    async def close(self) -> None:
        pass


@pytest.fixture
def scripted() -> ScriptedDriver:
    return ScriptedDriver()


@pytest.fixture
async def backend(scripted: ScriptedDriver) -> AsyncIterator[ReconnectingBackend]:
    """A backend over the scripted driver."""
    backend = ReconnectingBackend(scripted)
    yield backend
    await backend.disconnect()


def said(events: Sequence[Event]) -> list[Any]:
    return [publication for event in events for publication in event.message]


async def test_too_much_that_waits_becomes_one_wish_to_read_again(
    scripted: ScriptedDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconnecting, "BACKLOG", 3)
    backend = ReconnectingBackend(scripted)
    await backend.subscribe(CHANNEL)
    for number in range(5):
        [text] = encode([Publication("a", str(number))], 1000)
        scripted.incoming.put_nowait(text)
    await scripted.taken.wait()
    found = said([await backend.next_published(), await backend.next_published()])
    assert found == [RESYNC, Publication("a", "4")]
    await backend.disconnect()


@pytest.mark.parametrize(
    "end",
    [ConnectionError("away"), RuntimeError("the handler is closed"), None],
    ids=["down", "broken", "silent"],
)
async def test_however_a_connection_ends_another_one_is_opened(
    end: Exception | None,
    scripted: ScriptedDriver,
    backend: ReconnectingBackend,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reconnecting, "SILENCE_TIMEOUT", 1.0 if end else 0.1)
    await backend.subscribe(CHANNEL)
    scripted.incoming.put_nowait(None)
    assert said([await backend.next_published()]) == [RESYNC]
    if end:
        scripted.incoming.put_nowait(end)
    async with asyncio.timeout(IN_TIME):
        assert said([await backend.next_published()]) == [RESYNC]
        scripted.incoming.put_nowait(encode([HELLO], 1000)[0])
        while said([await backend.next_published()]) != [HELLO]:
            pass
    assert backend.is_up


async def test_while_a_broker_takes_no_subscription_the_database_is_asked_again_and_again(
    backend: ReconnectingBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It hangs, so nothing ends the attempt but time."""
    monkeypatch.setattr(reconnecting, "SUBSCRIBE_TIMEOUT", 0.05)
    await backend.subscribe(CHANNEL)
    async with asyncio.timeout(IN_TIME):
        assert said([await backend.next_published() for _ in range(3)]) == [RESYNC] * 3
    assert not backend.is_up


async def test_why_a_broker_is_away_is_logged_once(
    scripted: ScriptedDriver, backend: ReconnectingBackend, caplog: pytest.LogCaptureFixture
) -> None:
    await backend.subscribe(CHANNEL)
    for reason in ("refused", "refused", "no such name"):
        scripted.incoming.put_nowait(ConnectionError(reason))
        assert said([await backend.next_published()]) == [RESYNC]
    assert [record.message for record in caplog.records] == [
        "the broker is away: ConnectionError('refused')",
        "the broker is away: ConnectionError('no such name')",
    ]


async def test_a_silent_connection_that_answers_pings_is_kept(
    scripted: ScriptedDriver, backend: ReconnectingBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconnecting, "SILENCE_TIMEOUT", 2.0)
    await backend.subscribe(CHANNEL)
    for _ in range(10):
        scripted.incoming.put_nowait("")
        await asyncio.sleep(0.3)
    scripted.incoming.put_nowait(encode([HELLO], 1000)[0])
    assert said([await backend.next_published()]) == [HELLO]


async def test_whatever_a_driver_raises_a_send_only_hears_that_it_is_down(
    scripted: ScriptedDriver, backend: ReconnectingBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: str) -> None:
        raise RuntimeError("the handler is closed")

    monkeypatch.setattr(scripted, "publish", broken)
    with pytest.raises(BrokerDown, match="the handler is closed"):
        await backend.publish(CHANNEL, [HELLO])


async def test_a_frozen_broker_is_noticed_and_found_again(
    spare: Redis | PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("live.broker.redis.HEALTH_CHECK", 0.2)
    monkeypatch.setattr("live.broker.postgres.HEALTH_CHECK", 0.2)
    monkeypatch.setattr(reconnecting, "SILENCE_TIMEOUT", 2.0)
    async with started(spare.url) as subscription:
        await until(subscription, RESYNC)
        with spare.frozen():
            await until(subscription, RESYNC, 2 * IN_TIME)
            assert not broker.is_up()
        await eventually(broker.is_up)
        async with Another(spare.url) as another:
            await another.says(HELLO)
            await until(subscription, HELLO)


async def test_a_broker_that_is_away_is_asked_once_a_second_at_most(
    scripted: ScriptedDriver, backend: ReconnectingBackend
) -> None:
    scripted.is_down = True
    for _ in range(20):
        with pytest.raises(BrokerDown):
            await backend.publish(CHANNEL, [HELLO])
    assert scripted.attempts == 1
    scripted.is_down = False
    await asyncio.sleep(RETRY_DELAY)
    await backend.publish(CHANNEL, [HELLO])
    assert scripted.attempts == 2


async def test_a_failed_delivery_does_not_stop_the_listener(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with started("memory://") as subscription:
        with monkeypatch.context() as patch:
            reached = asyncio.Event()

            def broken(*_: Publication) -> None:
                reached.set()
                raise ValueError

            patch.setattr(hub, "deliver", broken)
            await broker.publish(Publication("a", "lost"))
            await reached.wait()
        await broker.publish(Publication("a", "heard"))
        await until(subscription, Publication("a", "heard"))
