"""Python's search for garbage that refers to itself, of which there is little here."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG = 5_000
"""Objects after which the newest are searched. With the 700 of Python that took a tenth of a busy
server's time; with 20,000, where connections come and go, up to 22 ms in which nobody else is
served."""


@contextmanager
def rarely_collected() -> Iterator[None]:
    """In the block the search is rarer, and passes over all that is there when it begins: code and
    templates, 100 ms worth of them."""
    thresholds = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
