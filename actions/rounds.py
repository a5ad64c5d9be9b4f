"""The pace of work that is done in rounds, which gather what comes meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

SHORTEST_REST = 0.26
"""Never more than four rounds in a second."""

LONGEST_REST = 5.0
REST_FACTOR = 20.0
"""The length of a rest, relative to the round before it: rounds take a twentieth of the process."""


@asynccontextmanager
async def resting() -> AsyncIterator[None]:
    """Rest after the block."""
    loop = asyncio.get_running_loop()
    began_at = loop.time()
    yield
    took = loop.time() - began_at
    await asyncio.sleep(min(LONGEST_REST, max(SHORTEST_REST, REST_FACTOR * took)))
