"""Python's search for reference cycles, of which there are few here."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG = 5_000
"""Objects after which the newest are searched. With Python's 700 the search takes a tenth of a busy
server's time; with 20,000 each takes up to 22 ms, in which no request is served."""


@contextmanager
def rarely_collected() -> Iterator[None]:
    """In the block the search is rarer, and passes over what is there when it begins: code and
    templates, 100 ms of it."""
    thresholds = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
