"""The directory in which the processes of one server share their metrics.

A scrape reaches only one of them, so each needs the others' numbers. They are spawned by one parent
(`uvicorn --workers`), from which they derive the directory; there is nothing to configure.
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
    """Where this process shares its metrics; None for a single process.

    `PROMETHEUS_MULTIPROC_DIR` overrides it, for processes without a common parent in Python.
    """
    if given := os.environ.get(VARIABLE):
        return Path(given)
    parent = multiprocessing.parent_process()
    if parent is None:
        return None
    remove_stale()
    # The key is random, and the same in all processes that one parent ever spawns.
    key = hashlib.blake2s(multiprocessing.current_process().authkey, digest_size=8).hexdigest()
    folder = Path(tempfile.gettempdir()) / f"{PREFIX}{parent.pid}-{key}"
    folder.mkdir(mode=0o700, exist_ok=True)
    os.environ[VARIABLE] = str(folder)
    return folder


def remove_stale() -> None:
    """Remove the directories of servers that have ended."""
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
