"""Takes texts that were unsent out of the database's files as well, soon after the commit."""

import asyncio
import logging

from db import engine
from db.engine import Unavailable

REST = 1.0
"""Seconds between two looks."""

logger = logging.getLogger("parley.erasures")

_is_requested = True  # a process that was killed may have left something


def request(_: object = None) -> None:
    """Erase what was unsent until now."""
    global _is_requested
    _is_requested = True


async def maintain() -> None:
    """Erase whenever that is requested, until cancelled."""
    while True:
        await erase_if_requested()
        await asyncio.sleep(REST)


async def erase_if_requested() -> None:
    global _is_requested
    if not _is_requested:
        return
    _is_requested = False
    try:
        is_erased = await engine.erase()
    except Unavailable:
        is_erased = False
    except Exception:
        logger.exception("what was unsent could not be erased")
        is_erased = False
    if not is_erased:
        request()
