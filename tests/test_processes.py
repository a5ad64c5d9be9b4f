"""Several processes, and servers that go away under them."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager

import pytest
import redis.asyncio as redis

import settings
from db import engine, messages, scheduled
from db.engine import Unavailable
from routes.access import COOKIE
from tests import factories
from tests.applications import HOME, Process, Site, served
from tests.clients import NotAcknowledged, Socket
from tests.convergence import converged, talk
from tests.factories import make_conversation, make_scheduled, make_user
from tests.servers import PostgreSQL, Redis
from tests.services import migrated_database
from tests.waiting import PATIENCE, eventually, within

IN_TIME = 2.0
"""Seconds within which a message arrives also without Redis."""


@contextmanager
def two(**environment: str) -> Iterator[tuple[Process, Process]]:
    """Two processes on one database that can reach each other."""
    with ExitStack() as stack:
        one, other = (stack.enter_context(Process(**environment)) for _ in range(2))
        one.process, other.process = one.launch(), other.launch()
        one.start()
        other.start()
        yield one, other


@pytest.fixture
async def sites(database: str, redis_url: str) -> AsyncIterator[tuple[Site, Site]]:
    """Two processes on one Redis."""
    with two(DATABASE_URL=database, REDIS_URL=redis_url) as (one, other):
        first, second = Site(one.url), Site(other.url)
        async with first.visitors, second.visitors:
            yield first, second


async def test_processes_on_one_redis_deliver_to_each_other(sites: tuple[Site, Site]) -> None:
    users = [await make_user("ada"), await make_user("bob")]
    chat = await make_conversation(users)
    ada, bob = [await site.visitor(user) for site, user in zip(sites, users, strict=True)]
    here = await sites[0].visitor(users[1])
    async with (
        ada.tab("ws", chat) as ws,
        here.tab("plain", chat) as plain,
        bob.tab("ws", chat) as other_ws,
        bob.tab("sse", chat) as sse,
        bob.tab("poll", chat) as poll,
    ):
        with within(IN_TIME):
            await ws.send("Hello")
            for tab in (other_ws, sse, poll):
                await tab.wait_for_bodies("Hello")
        await asyncio.gather(talk(ws, "Ada", 10), talk(other_ws, "Bob", 10), talk(poll, "B", 10))
        await converged(chat, 31, ws, other_ws, sse, poll, plain)

        await bob.sign_out()
        assert [await tab.wait_for_end() for tab in (other_ws, sse, poll)] == [4401] * 3
        assert ws.ended is None


async def test_signing_out_at_one_process_ends_streams_at_the_other(
    sites: tuple[Site, Site],
) -> None:
    user = await make_user("ada")
    chat = await make_conversation([user])
    here, there = await sites[0].stranger(), await sites[1].stranger()
    token = await factories.make_session(user)
    for visitor in (here, there):
        visitor.http.cookies.set(COOKIE, token)
    async with (
        there.tab("ws", chat) as ws,
        there.tab("sse", chat) as sse,
        there.tab("poll", chat) as poll,
    ):
        with within(IN_TIME):
            await here.sign_out()
            assert [await tab.wait_for_end() for tab in (ws, sse, poll)] == [4401] * 3


async def test_delivery_survives_a_redis_restart(database: str, spare_redis: Redis) -> None:
    users = [await make_user("ada"), await make_user("bob")]
    chat = await make_conversation(users)
    with two(DATABASE_URL=database, REDIS_URL=spare_redis.url) as (one, other):
        first, second = Site(one.url), Site(other.url)
        async with first.visitors, second.visitors:
            ada, bob = await first.visitor(users[0]), await second.visitor(users[1])
            async with (
                ada.tab("ws", chat) as adas,
                bob.tab("ws", chat) as ws,
                bob.tab("sse", chat) as sse,
                bob.tab("poll", chat) as poll,
            ):
                number = 0

                async def deliver_in_time(what: str) -> None:
                    nonlocal number
                    for _ in range(3):
                        number += 1
                        await adas.send(f"{what} {number}")
                        with within(2 * IN_TIME):
                            for tab in (ws, sse, poll):
                                await tab.wait_for_bodies(*adas.bodies())

                await deliver_in_time("before")
                spare_redis.kill()
                await deliver_in_time("away")
                await asyncio.to_thread(spare_redis.start)
                await deliver_in_time("back")
                async with redis.Redis.from_url(spare_redis.url) as connection:
                    await connection.flushall()
                    await deliver_in_time("emptied")
                    await connection.client_kill_filter(_type="pubsub")
                    await deliver_in_time("cut off")
                await converged(chat, number, adas, ws, sse, poll)
                for tab in (adas, ws, sse, poll):
                    assert tab.ended is None, "no page has noticed any of it"


async def test_processes_work_with_postgresql_alone(spare_postgresql: PostgreSQL) -> None:
    url = await asyncio.to_thread(migrated_database, spare_postgresql)
    await engine.connect(url, 3, 2.5)
    users = [await make_user("ada"), await make_user("bob")]
    chat = await make_conversation(users)
    with two(DATABASE_URL=url, BROKER_URL=url) as (one, other):
        first, second = Site(one.url), Site(other.url)
        async with first.visitors, second.visitors:
            ada, bob = await first.visitor(users[0]), await second.visitor(users[1])
            async with ada.tab("ws", chat) as adas, bob.tab("sse", chat) as bobs:
                await asyncio.gather(talk(adas, "Ada", 5), talk(bobs, "Bob", 5))
                await adas.send("x" * 8000)
                await converged(chat, 11, adas, bobs)
    await engine.disconnect()


async def test_sockets_survive_a_killed_postgresql(
    spare_postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Honest meanwhile, and well again without a restart, on the same connections."""
    url = await asyncio.to_thread(migrated_database, spare_postgresql)
    monkeypatch.setattr(settings, "DATABASE_URL", url)
    async with served() as site:
        ada, bob = await site.people("ada", "bob")
        chat = await ada.start("bob")
        async with (
            ada.tab("ws", chat) as adas,
            bob.tab("ws", chat) as ws,
            bob.tab("sse", chat) as sse,
        ):
            await adas.send("Before")
            assert isinstance(adas, Socket)
            socket = adas.socket
            spare_postgresql.kill()
            await eventually(is_unavailable)
            with within(3):
                refused = await bob.post(
                    f"/chat/{chat}/messages/",
                    client_id="00000000-0000-4000-8000-000000000001",
                    body="Kept",
                )
            assert refused.status_code == 503
            assert "Kept" in refused.text
            with pytest.raises(NotAcknowledged):
                await adas.send("Away", "00000000-0000-4000-8000-000000000002")
            await asyncio.to_thread(spare_postgresql.start)
            await adas.deliver("After")
            sent = await bob.post(
                f"/chat/{chat}/messages/",
                client_id="00000000-0000-4000-8000-000000000001",
                body="Kept",
            )
            assert sent.status_code == 303
            for tab in (adas, ws, sse):
                await tab.wait_for_bodies("Before", "After", "Kept")
                assert tab.ended is None
            assert adas.socket is socket


async def is_unavailable() -> bool:
    try:
        await engine.row("SELECT 1 AS one")
    except Unavailable:
        return True
    return False


async def test_a_terminated_server_closes_its_streams_and_exits(
    database: str, process: Process
) -> None:
    user = await make_user("ada")
    chat = await make_conversation([user])
    site = Site(process.url)
    async with site.visitors:
        ada = await site.visitor(user)
        async with (
            ada.tab("ws", chat) as ws,
            ada.tab("sse", chat) as sse,
            ada.tab("poll", chat) as poll,
        ):
            with within(4):
                await asyncio.to_thread(process.stop)
            assert [await tab.wait_for_end() for tab in (ws, sse)] == [1012] * 2
            assert await poll.wait_for_end()
    assert process.process is not None
    assert process.process.returncode in (0, -signal.SIGTERM)


def test_several_workers_without_redis_are_refused(sqlite_url: str) -> None:
    environment = {**os.environ, "DATABASE_URL": sqlite_url, "WEB_CONCURRENCY": "2"}
    for module in ("db.migration", "app"):
        refused = subprocess.run(
            [sys.executable, "-c", f"import {module}"],
            cwd=HOME,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=2 * PATIENCE,
        )
        assert refused.returncode == 1
        assert "set REDIS_URL" in refused.stderr


def test_a_second_process_without_redis_is_refused(sqlite_url: str) -> None:
    with Process(DATABASE_URL=sqlite_url) as one, Process(DATABASE_URL=sqlite_url) as other:
        one.start()
        other.process = other.launch()
        assert other.process.wait(60) != 0
        assert "set REDIS_URL" in other.log()
        assert one.running
        one.kill()
        other.process = None
        other.start()


async def test_two_processes_send_what_is_scheduled_once_and_in_time(
    sites: tuple[Site, Site], database: str
) -> None:
    """Each of them looks for what is due."""
    user = await make_user("ada")
    chat = await make_conversation([user])
    await make_scheduled(user, chat, [500 + 20 * n for n in range(100)])
    due = {message.body: message.send_at for message in await scheduled.list_of(user.id)}
    ada = await sites[0].visitor(user)
    async with ada.tab("ws", chat) as tab:
        await tab.wait_for(lambda: len(tab.bodies()) == 100)
        assert sorted(tab.bodies()) == sorted(due)
    sent = await messages.after(chat, 0, 1000)
    assert len(sent) == 100
    assert all(0 <= each.created_at - due[each.body] < 5_000 for each in sent)
