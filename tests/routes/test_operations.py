"""What operators see: readiness and metrics."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.types import Message

import settings
from actions import sessions
from db import conversations, engine, migration, users
from live import broker, hub, metrics, publication
from live.delivery import Delivery
from live.process import metrics_directory as meeting
from live.publication import RESYNC, Publication
from live.subscription import BACKLOG
from routes import operations
from routes.streams import transports
from routes.streams.close_codes import Ended
from routes.streams.reader import Reader
from routes.streams.send_queue import SendQueue
from routes.streams.sse import EventStream, ServerSentEvent
from tests import factories
from tests.applications import HOME, Process, Site, served
from tests.clients import LIVE_TIERS, Visitor
from tests.servers import PostgreSQL, Redis, free_port
from tests.services import migrated_database
from tests.waiting import PATIENCE, eventually, in_time

IN_TIME = 0.2


async def asked(site: Site, times: int = 3) -> httpx.Response:
    """What /up says. Of several answers the fastest has to be in time: the machine may be busy."""
    visitor = await site.stranger()
    answers = [await visitor.get("/up") for _ in range(times)]
    assert in_time(min(answer.elapsed.total_seconds() for answer in answers), IN_TIME)
    return answers[-1]


async def until_up(site: Site) -> None:
    async def is_up() -> bool:
        return (await asked(site)).text == "up\n"

    await eventually(is_up)


def figures(text: str) -> dict[str, float]:
    """The samples of an exposition, by name{label,…}."""
    return {
        sample.name + (f"{{{','.join(sample.labels.values())}}}" if sample.labels else ""): float(
            sample.value
        )
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def now() -> dict[str, float]:
    return figures(metrics.exposition().decode())


@contextmanager
def growing(name: str, by: float) -> Iterator[None]:
    before = now().get(name, 0)
    yield
    assert now().get(name, 0) - before == by, name


@pytest.fixture
async def hanging(
    spare_postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Site]:
    """Parley on a PostgreSQL that has stopped answering without saying so."""
    monkeypatch.setattr(settings, "DATABASE_URL", migrated_database(spare_postgresql))
    async with served() as site:
        assert (await asked(site)).text == "up\n"
        assert spare_postgresql.process is not None
        pid = spare_postgresql.process.pid
        pids = [pid, *children(pid)]
        for each in pids:
            os.kill(each, signal.SIGSTOP)
        try:
            yield site
        finally:
            for each in pids:
                os.kill(each, signal.SIGCONT)


def children(pid: int, *options: str) -> list[int]:
    command = ["pgrep", "-P", str(pid), *options]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return [int(line) for line in found.stdout.split()]


# /up


async def test_it_is_up(site: Site) -> None:
    answer = await asked(site)
    assert (answer.status_code, answer.text) == (200, "up\n")


async def test_a_database_that_hangs_is_named_in_time(hanging: Site) -> None:
    answer = await asked(hanging, 6)
    assert answer.status_code == 503
    assert "database" in answer.text


async def test_a_database_that_hangs_is_asked_once_only(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_times = 0

    async def hang() -> str:
        nonlocal asked_times
        asked_times += 1
        await asyncio.sleep(1)
        return migration.HEAD

    monkeypatch.setattr(migration, "revision", hang)
    visitor = await site.stranger()
    answers = await asyncio.gather(*(visitor.get("/up") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {503}
    assert asked_times == 1
    assert operations._look is not None
    await operations._look


async def test_it_is_up_again_as_soon_as_the_database_is(
    spare_postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "DATABASE_URL", migrated_database(spare_postgresql))
    async with served() as site:
        await asyncio.to_thread(spare_postgresql.kill)
        assert (await asked(site)).status_code == 503
        await asyncio.to_thread(spare_postgresql.start)
        await until_up(site)


async def test_an_exhausted_pool_is_named_in_time(site: Site) -> None:
    everything_taken = asyncio.Event()

    async def take() -> None:
        async with engine.opened().connection():
            await everything_taken.wait()

    limit = engine.pool_use()["limit"]
    async with asyncio.TaskGroup() as tasks:
        for _ in range(limit):
            tasks.create_task(take())
        await eventually(lambda: engine.pool_use()["used"] == limit)
        answer = await asked(site)
        everything_taken.set()
    assert answer.status_code == 503
    assert "in use" in answer.text
    await until_up(site)


@pytest.mark.parametrize("revision", ["0000", None])
async def test_a_database_without_its_migrations_is_not_ready(
    site: Site, revision: str | None
) -> None:
    async with engine.transaction():
        await engine.rows("DELETE FROM alembic_version RETURNING version_num")
        if revision:
            await set_revision(revision)
    answer = await asked(site)
    assert answer.status_code == 503
    assert migration.HEAD in answer.text
    assert "python -m db.migration" in answer.text


async def test_an_empty_database_is_not_ready(site: Site) -> None:
    await engine.rows("DROP TABLE alembic_version")
    answer = await asked(site)
    assert answer.status_code == 503
    assert "revision none" in answer.text


async def test_a_database_ahead_of_this_process_is_ready(site: Site) -> None:
    """While a new release takes over, the old one goes on."""
    async with engine.transaction():
        await engine.rows("DELETE FROM alembic_version RETURNING version_num")
        await set_revision("9999")
    assert (await asked(site)).status_code == 200


async def set_revision(revision: str) -> None:
    await engine.row(
        "INSERT INTO alembic_version VALUES (:revision) RETURNING version_num", revision=revision
    )


async def test_without_the_broker_it_is_up_with_a_word(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "DATABASE_URL", sqlite_url)
    monkeypatch.setattr(settings, "BROKER_URL", f"redis://127.0.0.1:{free_port()}/0")
    async with served() as site:
        answer = await asked(site)
    assert answer.status_code == 200
    assert answer.text.startswith("up\nThe broker cannot be reached")


async def test_a_broker_that_hangs_delays_nothing_and_is_noticed_by_sending(
    sqlite_url: str, spare_redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "DATABASE_URL", sqlite_url)
    monkeypatch.setattr(settings, "BROKER_URL", spare_redis.url)
    async with served() as site:
        await until_up(site)
        with stopped(spare_redis):
            assert (await asked(site)).status_code == 200
            await broker.publish(Publication("somewhere", "lost"))
            assert "broker" in (await asked(site)).text
        await until_up(site)


@contextmanager
def stopped(server: Redis) -> Iterator[None]:
    assert server.process is not None
    server.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        server.process.send_signal(signal.SIGCONT)


# /metrics: who may read it


async def test_without_a_token_nobody_reads_the_figures(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This machine itself neither: it may be a proxy that names no client."""
    monkeypatch.setattr(settings, "METRICS_TOKEN", "")
    visitor = await site.stranger()
    for headers in ({}, {"Authorization": "Bearer"}, {"Authorization": "Bearer None"}):
        assert (await visitor.http.get("/metrics", headers=headers)).status_code == 404


async def test_only_the_bearer_of_the_token_reads_the_figures(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "METRICS_TOKEN", "open sesame")
    visitor = await site.stranger()
    for given in ("", "Bearer", "Bearer open", "open sesame", "Bearer höhle"):
        answer = await visitor.http.get("/metrics", headers=[(b"Authorization", given.encode())])
        assert answer.status_code == 404, given
    proved = {"Authorization": "Bearer open sesame", "X-Forwarded-For": "192.0.2.1"}
    answer = await visitor.http.get("/metrics", headers=proved)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")


# /metrics: what it says


async def test_requests_are_counted_by_route(site: Site) -> None:
    visitor = await site.stranger()
    with (
        growing("parley_requests_total{GET,/login/,200}", 2),
        growing("parley_requests_total{POST,/login/,422}", 1),
        growing("parley_request_seconds_count{/login/}", 3),
        growing("parley_requests_total{GET,/chat/{conversation_id}/,303}", 2),
        growing("parley_requests_total{GET,none,404}", 2),
        growing("parley_requests_total{none,none,404}", 1),
    ):
        await visitor.get("/login/")
        await visitor.get("/login/?next=/")
        await visitor.post("/login/", username="nobody", password="at all, really")
        await visitor.get("/chat/1/")
        await visitor.get("/chat/2/")
        await visitor.get("/nowhere")
        await visitor.get("/nowhere/else")
        await visitor.http.request("PROPFIND", "/coffee")


@pytest.mark.parametrize("tier", LIVE_TIERS)
async def test_readers_are_counted_while_they_are_connected(site: Site, tier: str) -> None:
    ada, bob = await site.people("ada", "bob")
    chat = await ada.start("bob")
    name = f"parley_connections{{{tier}}}"
    before = now().get(name, 0)
    async with ada.tab(tier, chat) as hers, bob.tab(tier, chat) as his:
        await eventually(lambda: now().get(name, 0) == before + 2)
        deliveries = now()["parley_deliveries_total"]
        await hers.send("Hello")
        await his.wait_for_bodies("Hello")
        assert now()["parley_deliveries_total"] >= deliveries + 2
    await eventually(lambda: now()[name] == before)


async def test_commits_are_counted_and_timed(site: Site) -> None:
    seconds = now()["parley_commit_seconds_sum"]
    with growing("parley_commit_seconds_count", 1), growing("parley_commit_batch_size_sum", 1):
        async with engine.transaction():
            await asyncio.sleep(0.1)
    assert now()["parley_commit_seconds_sum"] - seconds >= 0.1


async def test_what_is_rolled_back_is_no_commit(site: Site) -> None:
    with growing("parley_commit_seconds_count", 0), suppress(KeyError):
        async with engine.transaction():
            raise KeyError


async def test_the_pool_and_the_broker_are_looked_at(site: Site) -> None:
    limit = engine.pool_use()["limit"]
    await eventually(lambda: now().get("parley_database_connections{limit}") == limit)
    assert now()["parley_broker_up"] == 1
    assert now()["parley_processes"] == 1


async def test_a_pool_in_use_and_a_broker_that_is_away_are_seen() -> None:
    async with metrics.sampled(lambda: False, lambda: {"used": 7}):
        await eventually(lambda: now().get("parley_database_connections{used}") == 7)
        assert now()["parley_broker_up"] == 0


async def test_tasks_are_counted(site: Site) -> None:
    await eventually(lambda: now().get("parley_tasks"))
    before, never = now()["parley_tasks"], asyncio.Event()
    waiting = [asyncio.create_task(never.wait()) for _ in range(50)]
    await eventually(lambda: now()["parley_tasks"] >= before + 40)
    never.set()
    await asyncio.wait(waiting)
    await eventually(lambda: now()["parley_tasks"] < before + 10)


async def test_a_blocked_event_loop_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "SAMPLED", 0.05)
    lag = now()["parley_event_loop_lag_seconds_sum"]
    async with metrics.sampled(broker.is_up, engine.pool_use):
        await asyncio.sleep(0.01)
        time.sleep(0.3)  # noqa: ASYNC251  # what should never be done
        await asyncio.sleep(0.1)
    assert now()["parley_event_loop_lag_seconds_sum"] - lag >= 0.2


@pytest.mark.usefixtures("live")
async def test_a_gap_to_mend_is_counted_once() -> None:
    ada, bob = await factories.make_user("ada"), await factories.make_user("bob")
    chat = await factories.make_conversation([ada, bob])
    session = await sessions.find(await factories.make_session(ada))
    assert session is not None
    reader = Reader(session, await conversations.get(chat, ada.id))
    topic = publication.conversation(chat)
    with transports.following(reader, "sse") as queue:
        await queue.next()
        with growing("parley_gaps_mended_total", 1):
            hub.deliver(Publication(topic, "Three", 3), Publication(topic, "Four", 4))
            hub.deliver(Publication(topic, "Five", 5))


async def test_messages_that_are_caught_up_are_counted(site: Site) -> None:
    ada, bob = await site.people("ada", "bob")
    chat = await ada.start("bob")
    author = await users.get_by_username("ada")
    assert author is not None
    async with bob.tab("ws", chat) as his:
        await his.wait_for_bodies()
        read = now()["parley_caught_up_messages_total"]
        await factories.make_message(author, chat, "One, of which nobody was told")
        await factories.make_message(author, chat, "Two, of which nobody was told")
        hub.deliver(RESYNC)
        await his.wait_for_bodies("One, of which nobody was told", "Two, of which nobody was told")
        assert now()["parley_caught_up_messages_total"] == read + 2


async def test_resyncs_are_counted() -> None:
    with growing("parley_resyncs_total", 1), growing("parley_publications_total", 2):
        broker.deliver([Publication("a", "text"), RESYNC])


async def test_deliveries_are_counted_for_each_subscriber() -> None:
    with (
        hub.subscribe("a"),
        hub.subscribe("a"),
        hub.subscribe("b"),
        growing("parley_deliveries_total", 2),
        growing("parley_fan_out_seconds_count", 1),
    ):
        hub.deliver(Publication("a", "text"))


async def test_slow_consumers_are_counted(site: Site) -> None:
    ada, bob = await site.people("ada", "bob")
    chat = await ada.start("bob")
    async with bob.tab("sse", chat) as his:
        with growing("parley_slow_consumers_total", 1):
            for _ in range(BACKLOG + 1):
                hub.deliver(Publication(publication.conversation(chat), "text"))
        assert await his.wait_for_end() == 1013


async def forever(*_: object) -> None:
    await asyncio.Event().wait()


async def test_sockets_that_take_nothing_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transports, "SEND_TIMEOUT", 0.05)
    websocket: Any = SimpleNamespace(send_text=forever, scope={})
    queue = SendQueue("ws")
    queue.send("text")
    with growing("parley_slow_consumers_total", 1), pytest.raises(Ended):
        await transports.send_frames(websocket, queue)


async def events() -> AsyncIterator[ServerSentEvent]:
    yield ServerSentEvent("frame")


async def test_event_streams_that_take_nothing_are_counted_and_end() -> None:
    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            await forever()

    response = EventStream(events(), 0.05, {})
    with growing("parley_slow_consumers_total", 1):
        async with asyncio.timeout(PATIENCE):
            await response({"type": "http", "method": "GET"}, forever, send)  # type: ignore[arg-type]


async def test_the_lag_runs_from_publishing_until_the_reader_asks_for_more() -> None:
    def change(revision: int | None) -> Publication:
        published_at = time.time() - 2
        return Publication("a", "text", revision, published_at)

    queue = SendQueue("sse")
    seconds = now()["parley_publish_to_socket_seconds_sum"]
    with growing("parley_publish_to_socket_seconds_count", 2):
        for number in range(metrics.LAGS_MEASURED + 1):
            queue.deliver(Delivery("a", [change(number)]))
            await queue.next()
        queue.deliver(Delivery("a", [change(None)]))
        await queue.next()
    await queue.next(0)
    assert 4 <= now()["parley_publish_to_socket_seconds_sum"] - seconds < 14


async def test_publications_carry_their_moment_to_other_processes() -> None:
    sent = Publication("a", "text", 7)
    [received] = publication.decode(publication.encode([sent], 1000)[0])
    assert received.published_at == sent.published_at > time.time() - 60


# Several processes


@pytest.fixture
def left_by_an_ended_server(tmp_path: Path) -> Path:
    ended = subprocess.Popen(["true"])
    ended.wait()
    folder = tmp_path / f"{meeting.PREFIX}{ended.pid}-0123456789abcdef"
    folder.mkdir()
    return folder


@pytest.fixture
def workers(postgresql_url: str, redis_url: str, tmp_path: Path) -> Iterator[Process]:
    """Two worker processes under one parent; nothing but `WEB_CONCURRENCY` says so."""
    environment = {"DATABASE_URL": postgresql_url, "REDIS_URL": redis_url, "TMPDIR": str(tmp_path)}
    with Process(WEB_CONCURRENCY="2", METRICS_TOKEN="sesame", **environment) as process:
        process.start()
        yield process


def worker_ids(process: Process) -> list[int]:
    assert process.process is not None
    return children(process.process.pid, "-f", "spawn_main")


async def scraped(process: Process) -> dict[str, float]:
    """As Prometheus does it: on a connection of its own, so by any of the workers."""
    async with Visitor(process.url) as visitor:
        answer = await visitor.get("/metrics", Authorization="Bearer sesame")
    assert answer.status_code == 200
    return figures(answer.text)


@pytest.fixture
async def site_of_workers(workers: Process, postgresql_url: str) -> AsyncIterator[Site]:
    await engine.connect(postgresql_url, 1, 5)
    site = Site(workers.url)

    async def both_serve() -> bool:
        told = await scraped(workers)
        return told["parley_processes"] == 2 and told["parley_broker_up"] == 1

    async with site.visitors:
        await eventually(both_serve)
        yield site
    await engine.disconnect()


async def test_any_worker_shows_the_figures_of_all(workers: Process, site_of_workers: Site) -> None:
    ada, bob = await site_of_workers.people("ada", "bob")
    chat = await ada.start("bob")
    async with AsyncExitStack() as tabs:
        for _ in range(10):
            await tabs.enter_async_context(bob.tab("ws", chat))
        await tabs.enter_async_context(ada.tab("sse", chat))
        told = [await scraped(workers) for _ in range(20)]
    assert {each["parley_connections{ws}"] for each in told} == {10}
    assert {each["parley_connections{sse}"] for each in told} == {1}
    assert {each["parley_database_connections{limit}"] for each in told} == {10}
    assert {each["parley_broker_up"] for each in told} == {1}


async def test_a_killed_worker_leaves_its_counts_and_no_connections(
    workers: Process, site_of_workers: Site
) -> None:
    ada, _ = await site_of_workers.people("ada", "bob")
    chat = await ada.start("bob")
    async with ada.tab("ws", chat) as tab:
        await tab.send("Hello")
        before = await scraped(workers)
        for worker in worker_ids(workers):
            os.kill(worker, signal.SIGKILL)
        async with asyncio.timeout(PATIENCE):
            await tab.wait_for(lambda: tab.ended)

    async def both_serve_again() -> dict[str, float] | None:
        """A dead worker counts until its parent has waited for it."""
        with suppress(httpx.HTTPError):
            figures = await scraped(workers)
            if figures["parley_processes"] == 2 and figures["parley_connections{ws}"] == 0:
                return figures
        return None

    after = await eventually(both_serve_again)
    assert after
    for name in ("parley_deliveries_total", "parley_commit_seconds_count"):
        assert after[name] >= before[name] > 0


def test_what_ended_servers_counted_is_swept_away(
    left_by_an_ended_server: Path, workers: Process
) -> None:
    folder = left_by_an_ended_server.parent
    assert not left_by_an_ended_server.exists()
    assert workers.process is not None
    assert len(list(folder.glob(f"{meeting.PREFIX}{workers.process.pid}-*"))) == 1


def test_what_running_servers_count_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    kept = tmp_path / f"{meeting.PREFIX}{os.getpid()}-0123456789abcdef"
    kept.mkdir()
    meeting.remove_stale()
    assert kept.exists()


REBORN = """
import os
from prometheus_client.mmap_dict import MmapedDict, mmap_key
folder, name = os.environ["PROMETHEUS_MULTIPROC_DIR"], "parley_processes"
earlier = MmapedDict(f"{folder}/gauge_livesum_{os.getpid()}.db")
earlier.write_value(mmap_key(name, name, (), (), "Processes that serve"), 9, 0)
earlier.close()
from live import metrics
print(metrics.exposition().decode())
"""


def test_a_process_does_not_inherit_from_an_earlier_one_with_its_id(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", REBORN],
        cwd=HOME,
        env=os.environ | {meeting.VARIABLE: str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert figures(done.stdout)["parley_processes"] == 0
