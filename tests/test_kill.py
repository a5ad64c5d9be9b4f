"""kill -9 of the server, at any moment: nothing acknowledged is lost, nothing is doubled."""

import asyncio
import random
from contextlib import AsyncExitStack

import pytest

from db import messages, scheduled
from tests.applications import Process, Site
from tests.clients import TIERS, Tab
from tests.convergence import converged
from tests.factories import make_conversation, make_scheduled, make_user
from tests.waiting import PATIENCE, eventually

EACH = 10
KILLS = 3
SCHEDULED = 200


class Talk:
    """People who talk at once, and who know what was acknowledged."""

    def __init__(self, tabs: list[Tab]) -> None:
        self.tabs = tabs
        self.acknowledged: list[str] = []

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for tab in self.tabs:
                tasks.create_task(self.speak(tab))

    async def speak(self, tab: Tab) -> None:
        for number in range(EACH):
            body = f"{tab.tier} {number}"
            await tab.deliver(body)
            self.acknowledged.append(body)

    async def has_come_to(self, number: int) -> None:
        await eventually(lambda: len(self.acknowledged) >= number, 3 * PATIENCE)


@pytest.mark.parametrize("seed", range(2))
async def test_a_killed_server_loses_nothing_and_doubles_nothing(
    database: str, process: Process, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311  # chance that can be repeated
    moments = sorted(chance.sample(range(4, 3 * EACH), KILLS))
    users = [await make_user(f"{tier}.person") for tier in TIERS]
    chat = await make_conversation(users, "All of them")
    site = Site(process.url)
    async with site.visitors, AsyncExitStack() as stack:
        tabs: list[Tab] = [
            await stack.enter_async_context(
                (await site.visitor(user)).tab(tier, chat, persistent=True)
            )
            for user, tier in zip(users, TIERS, strict=True)
        ]
        talk = Talk(tabs)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(talk.run())
            for moment in moments:
                await talk.has_come_to(moment)
                await asyncio.sleep(chance.uniform(0, 0.05))  # in the middle of whatever it does
                process.kill()
                acknowledged = set(talk.acknowledged)
                await asyncio.to_thread(process.start)
                stored = await messages.after(chat, 0, 1000)
                assert acknowledged <= {message.body for message in stored}
        await converged(chat, len(TIERS) * EACH, *tabs)
        for tab in tabs:
            own = [m.body for m in tab.messages() if m.body.startswith(tab.tier)]
            assert own == [f"{tab.tier} {number}" for number in range(EACH)]


@pytest.mark.parametrize("tier", TIERS)
async def test_what_was_acknowledged_a_moment_before_the_kill_is_there(
    database: str, process: Process, tier: str
) -> None:
    user = await make_user("ada")
    chat = await make_conversation([user])
    site = Site(process.url)
    async with site.visitors, (await site.visitor(user)).tab(tier, chat) as tab:
        await tab.send("Hello")
        process.kill()
    [message] = await messages.after(chat, 0, 9)
    assert message.body == "Hello"


@pytest.mark.parametrize("seed", range(2))
async def test_a_server_killed_while_scheduled_messages_are_due_sends_each_once(
    database: str, process: Process, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311  # chance that can be repeated
    user = await make_user("ada")
    chat = await make_conversation([user])
    await make_scheduled(user, chat, [chance.randrange(4_000) for _ in range(SCHEDULED)])
    for _ in range(KILLS):
        await asyncio.sleep(chance.uniform(0.5, 1.5))
        process.kill()
        await asyncio.to_thread(process.start)

    async def are_all_sent() -> bool:
        return await scheduled.count(user.id) == 0

    await eventually(are_all_sent)
    bodies = [message.body for message in await messages.after(chat, 0, 1000)]
    assert sorted(bodies) == sorted(f"{n}" for n in range(SCHEDULED))
