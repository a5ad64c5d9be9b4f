"""Parley, which crashes after storing its twentieth message, before it publishes it.

Run like uvicorn, with the same arguments.
"""

import os
from itertools import count

import uvicorn

from live import broker
from live.publication import Publication

TWENTIETH = 20

publish = broker.publish
numbers = count(1)


async def publish_or_crash(*publications: Publication) -> None:
    durable = any(publication.revision is not None for publication in publications)
    if durable and next(numbers) == TWENTIETH:
        os._exit(1)
    await publish(*publications)


if __name__ == "__main__":
    broker.publish = publish_or_crash
    uvicorn.main()
