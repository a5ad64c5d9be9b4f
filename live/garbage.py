"""Python's search for garbage that refers to itself, of which there is little here."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG = 20_000
"""Objects after which the newest are searched, in about a millisecond. With the 700 of Python it
took a tenth of a busy server's time."""


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
