"""The subscribers of one process: delivered in order, bounded, and independent of each other."""

import asyncio

import pytest

from live import hub
from live.delivery import Delivery
from live.publication import EVERYBODY, RESYNC, Publication
from live.subscription import BACKLOG, BACKLOG_CHARACTERS, SlowConsumer

SILENCE = 0.02


async def test_subscribers_get_what_is_under_their_topics_in_order() -> None:
    with hub.subscribe("a", "b") as both, hub.subscribe("b") as one:
        for text in "123":
            hub.deliver(Publication("a", text))
            hub.deliver(Publication("b", text))
            hub.deliver(Publication("c", text))
        assert [p.topic + p.text for p in await both.next(5)] == [
            "a1",
            "b1",
            "a2",
            "b2",
            "a3",
            "b3",
        ]
        assert [p.topic + p.text for p in await one.next(5)] == ["b1", "b2", "b3"]
        assert await both.next(SILENCE) == []


async def test_subscribers_are_served_in_the_order_in_which_they_joined() -> None:
    told: list[int] = []
    crowd = [Listener(n, told) for n in range(100)]
    for listener in crowd:
        hub.join(listener, "a")
    hub.leave(crowd.pop(7), "a")
    hub.join(crowd[7], "a")  # who is there already keeps their place
    hub.deliver(Publication("a"))
    for listener in crowd:
        hub.leave(listener, "a")
    assert told == [n for n in range(100) if n != 7]


class Listener:
    def __init__(self, number: int, told: list[int]) -> None:
        self.number = number
        self.told = told

    def put(self, delivery: Delivery) -> None:
        self.told.append(self.number)


async def test_a_resync_reaches_every_subscriber() -> None:
    with hub.subscribe("a") as one, hub.subscribe() as other:
        hub.deliver(RESYNC)
        assert await one.next(5) == [RESYNC]
        assert await other.next(5) == [RESYNC]


async def test_a_waiting_subscriber_is_woken() -> None:
    with hub.subscribe("a") as subscription:
        waiting = asyncio.create_task(subscription.next(5))
        await asyncio.sleep(0)
        hub.deliver(Publication("a"))
        assert await waiting == [Publication("a")]


async def test_leaving_removes_every_trace_of_a_subscriber() -> None:
    with hub.subscribe("a", "b"), hub.subscribe("b"):
        pass
    hub.deliver(Publication("a"))
    assert [hub.subscriber_count(topic) for topic in ("a", "b", EVERYBODY)] == [0, 0, 0]


@pytest.mark.parametrize(
    ("text", "fitting"),
    [("", BACKLOG), ("x" * (BACKLOG_CHARACTERS // 4), 4), ("x" * BACKLOG_CHARACTERS, 1)],
    ids=["many", "several large", "one very large"],
)
async def test_what_waits_for_a_slow_consumer_is_bounded(text: str, fitting: int) -> None:
    with hub.subscribe("a") as slow, hub.subscribe("a") as quick:
        for _ in range(fitting):
            hub.deliver(Publication("a", text))
        assert len(await slow.next(5)) == fitting
        assert len(await quick.next(5)) == fitting
        for _ in range(fitting + 1):
            hub.deliver(Publication("a", text))
            assert len(await quick.next(5)) == 1
        for _ in range(2):
            with pytest.raises(SlowConsumer):
                await slow.next(5)
        hub.deliver(Publication("a"))
        with pytest.raises(SlowConsumer):
            await slow.next(5)
        assert await quick.next(5) == [Publication("a")]
