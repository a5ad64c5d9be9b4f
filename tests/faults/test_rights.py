"""Rights end on time even while nothing can be published."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest

from tests.faults import deployments
from tests.faults.deployments import Deployment
from tests.faults.oracle import Oracle
from tests.faults.readers import Follower
from tests.waiting import slowness

WITHOUT_REDIS = 5.0
"""Seconds within which every process has found out by itself."""


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    """One whose heartbeats end nothing: on a busy machine they would come in time by themselves."""
    with deployments.deployment(HEARTBEAT="3600") as deployment:
        yield deployment


@pytest.mark.parametrize("hangs", [False, True], ids=["away", "hangs"])
async def test_a_sign_out_without_redis(
    deployment: Deployment, oracle: Oracle, hangs: bool
) -> None:
    """It ends what it opened on both workers, over every tier, and nothing of others. Nobody writes
    meanwhile: a worker would notice by what it cannot publish."""
    assert deployment.redis is not None
    deployment.redis.start()
    await oracle.follow(*(tier for tier in ("ws", "sse", "poll", "ws") for _ in oracle.people))
    tabs = [tab for tab in oracle.readers if isinstance(tab, Follower)]
    ada = oracle.people.pop(0)
    async with AsyncExitStack() as until:
        if hangs:
            until.enter_context(deployment.redis.frozen())
        else:
            deployment.redis.kill()
        hers = [tab for tab in tabs if tab.visitor is ada]
        oracle.readers = [tab for tab in tabs if tab.visitor is not ada]
        await ada.sign_out()
        async with asyncio.timeout(WITHOUT_REDIS * slowness()):
            await asyncio.gather(*(tab.wait_for_end() for tab in hers))
        assert {tab.ended for tab in hers} == {4401}
        await until.enter_async_context(oracle.writing("htmx", "htmx"))
        await oracle.more_acknowledged(10)
    assert (await oracle.verdict()).holds(within=5)
