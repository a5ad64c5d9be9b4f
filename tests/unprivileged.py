"""Runs servers that refuse to run as root as the user `nobody`, which can enter few folders."""

import atexit
import os
import pwd
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import TypedDict


class Account(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


def account() -> Account:
    """Arguments for `subprocess`: none, unless these tests run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def private_folder() -> Path:
    """A new folder that belongs to the account, for what a server stores."""
    folder = Path(tempfile.mkdtemp(prefix="parley-", dir=temporary(*memory())))
    if "user" in account():
        shutil.chown(folder, account()["user"], account()["group"])
    return folder


def may_enter(folder: Path) -> bool:
    """Whether the account can use what lies in the folder."""
    folder = folder.resolve()
    open_to_all = all(each.stat().st_mode & 0o001 for each in (folder, *folder.parents))
    return open_to_all or "user" not in account()


@cache
def copied(folder: Path, *parts: str) -> Path:
    """A copy of some of a folder's parts where the account can use them. Ends with the process."""
    copy = Path(tempfile.mkdtemp(prefix="parley-", dir=temporary()))
    atexit.register(shutil.rmtree, copy)
    copy.chmod(0o755)
    for part in parts:
        shutil.copytree(folder / part, copy / part, symlinks=True)
    for path in copy.rglob("*"):
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if executable else 0o644)
    return copy


def memory() -> list[str]:
    """The folder that lies in memory, where databases are made in no time; if there is room."""
    shared = Path("/dev/shm")
    roomy = shared.is_dir() and shutil.disk_usage(shared).free > 1024**3
    return [str(shared)] if roomy and os.access(shared, os.W_OK) else []


def temporary(*preferred: str) -> str:
    for folder in (*preferred, tempfile.gettempdir(), "/tmp", "/var/tmp"):
        if may_enter(Path(folder)):
            return folder
    raise RuntimeError("There is no folder for temporary files that the user nobody may enter.")
