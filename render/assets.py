"""The addresses of static files and of each user's own style sheet."""

import hashlib
from functools import cache
from pathlib import Path

import settings

STATIC = settings.ROOT / "static"
TEMPLATES = settings.ROOT / "templates"
MINE = "users/mine.css.j2"


def asset(path: str) -> str:
    """The address of a static file."""
    return f"/static/{static_build()}/{path}"


def mine(user_id: int) -> str:
    """The address of the style sheet that marks a user's own messages."""
    return f"/users/{user_id}/mine.css?{static_build()}"


@cache
def static_build(folder: Path = STATIC) -> str:
    """A hash of all static files, part of their addresses, so browsers may cache them for ever."""
    digest = hashlib.blake2s((TEMPLATES / MINE).read_bytes(), digest_size=6)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
