"""Without a broker, processes cannot reach each other, so only one may serve a database."""

import asyncio
import fcntl
import hashlib
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

LOCK_TIMEOUT = 3.0
"""Seconds to wait for a process that is shutting down."""


class AnotherProcess(Exception):
    """Another process serves this database, and the two cannot reach each other."""


async def lock(database_url: str) -> IO[str]:
    """Lock a database for this process, on this machine, until the returned file is closed.

    The lock ends with the process, however it ends. Raises `AnotherProcess`, with a message for the
    operator.
    """
    digest = hashlib.blake2s(database_url.encode(), digest_size=8).hexdigest()
    file = (Path(tempfile.gettempdir()) / f"parley-{digest}.lock").open("w")
    until = time.monotonic() + LOCK_TIMEOUT
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return file
        if time.monotonic() > until:
            file.close()
            raise AnotherProcess(
                "Another process serves this database, and without Redis the two cannot "
                "reach each other: set REDIS_URL (redis://…), or run one process only."
            )
        await asyncio.sleep(0.1)
