"""Streams hear of the end before the server waits for theirs."""

import asyncio
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from live import hub
from live.process import shutdown
from live.publication import ENDING


@pytest.fixture
def handled() -> Iterator[list[int]]:
    """The signals that came, of those that would end this process."""
    came: list[int] = []
    before = {number: signal.getsignal(number) for number in shutdown.SIGNALS}
    for number in shutdown.SIGNALS:
        signal.signal(number, lambda number, _: came.append(number))
    yield came
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", shutdown.SIGNALS)
async def test_subscribers_hear_of_the_end_before_it_comes(
    handled: list[int], number: signal.Signals
) -> None:
    with hub.subscribe() as subscription:
        with shutdown.announced():
            os.kill(os.getpid(), number)
            assert await subscription.next(5) == [ENDING]
            assert handled == [number]
            with hub.subscribe() as late:
                assert await late.next(5) == [ENDING], "who comes now hears it, too"
        os.kill(os.getpid(), number)
        await asyncio.sleep(0)
        assert handled == [number, number]
        assert await subscription.next(0.02) == []


async def test_an_unhandled_signal_ends_the_process(
    handled: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    raised: list[Any] = []
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    monkeypatch.setattr(signal, "raise_signal", lambda n: raised.append((n, signal.getsignal(n))))
    with hub.subscribe() as subscription, shutdown.announced():
        os.kill(os.getpid(), signal.SIGTERM)
        assert await subscription.next(5) == [ENDING]
    assert raised == [(signal.SIGTERM, signal.SIG_DFL)]


async def test_a_thread_that_gets_no_signals_goes_without(handled: list[int]) -> None:
    def run() -> bool:
        with shutdown.announced():
            return True

    assert await asyncio.to_thread(run)
