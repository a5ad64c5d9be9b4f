"""Without Redis a process is an island, so there may be only one for a database."""

import asyncio
import fcntl
import hashlib
import tempfile
import time
from pathlib import Path
from typing import IO

PATIENCE = 3.0
"""Seconds that a process which is just ending is waited for."""


class NotAlone(Exception):
    """Another process serves this database, and the two could not reach each other."""


async def claim(database_url: str) -> IO[str]:
    """Be the only process of this machine on a database, until the returned file is closed.

    The claim ends with the process, however it ends. Raises `NotAlone` with a sentence for whoever
    started it.
    """
    digest = hashlib.blake2s(database_url.encode(), digest_size=8).hexdigest()
    file = (Path(tempfile.gettempdir()) / f"parley-{digest}.lock").open("w")
    until = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                file.close()
                raise NotAlone(
                    "Another process serves this database, and without Redis the two could not "
                    "reach each other: set REDIS_URL (redis://…), or run one process only."
                ) from None
            await asyncio.sleep(0.1)
        else:
            return file
