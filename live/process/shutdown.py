"""Streams end by themselves before the server closes their connections."""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from live import hub
from live.publication import ENDING

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def announced() -> Iterator[None]:
    """While the block runs, SIGINT and SIGTERM first deliver `ENDING` to every subscriber here.

    Then the previous handlers run. Servers wait for open responses before they shut down (and
    before the lifespan ends), so the signal itself has to end endless streams.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    handlers = {number: signal.getsignal(number) for number in SIGNALS}

    def announce(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(end)
        handler = handlers[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)
        else:
            signal.signal(number, handler)
            signal.raise_signal(number)

    for number in SIGNALS:
        signal.signal(number, announce)
    try:
        yield
    finally:
        hub.is_ending = False
        for number, handler in handlers.items():
            signal.signal(number, handler)


def end() -> None:
    hub.is_ending = True
    hub.deliver(ENDING)
