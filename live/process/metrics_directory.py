"""The folder in which the processes of one server add up their metrics.

A scrape reaches any one of them, so each has to know the others' numbers. They are spawned by one
parent (`uvicorn --workers`), from which they derive the folder; there is nothing to configure.
"""

import hashlib
import multiprocessing
import os
import shutil
import tempfile
from pathlib import Path

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
PREFIX = "parley-metrics-"


def directory() -> Path | None:
    """Where this process shares its metrics with others; None where it is the only one.

    `PROMETHEUS_MULTIPROC_DIR` says it where the processes have no common parent that Python knows.
    """
    if given := os.environ.get(VARIABLE):
        return Path(given)
    parent = multiprocessing.parent_process()
    if parent is None:
        return None
    remove_stale()
    # The key is random and the same in all that one parent has spawned, now and later.
    key = hashlib.blake2s(multiprocessing.current_process().authkey, digest_size=8).hexdigest()
    folder = Path(tempfile.gettempdir()) / f"{PREFIX}{parent.pid}-{key}"
    folder.mkdir(mode=0o700, exist_ok=True)
    os.environ[VARIABLE] = str(folder)
    return folder


def remove_stale() -> None:
    """Remove the folders of servers that have ended."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        pid = folder.name.removeprefix(PREFIX).partition("-")[0]
        if pid.isdigit() and not is_running(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)


def is_running(pid: int) -> bool:
    """Whether a process of this user has this id."""
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True
