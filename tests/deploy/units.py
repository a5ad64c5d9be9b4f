"""What deploy/parley.service says, and its command as systemd would run it, elsewhere."""

import shlex
import sys
from pathlib import Path

from tests.applications import HOME

UNIT = HOME / "deploy/parley.service"


def values(key: str) -> list[str]:
    """All that the unit assigns to a key, in order."""
    lines = UNIT.read_text().replace("\\\n", " ").splitlines()
    return [line.removeprefix(f"{key}=") for line in lines if line.startswith(f"{key}=")]


def environment() -> dict[str, str]:
    assignments = [each for value in values("Environment") for each in shlex.split(value)]
    return dict(assignment.split("=", 1) for assignment in assignments)


def adapted(text: str, runtime: Path | str) -> str:
    """The unit's text, with this Python and this folder instead of those of a server."""
    text = text.replace("/opt/parley/.venv/bin/python", sys.executable)
    return text.replace("/opt/parley", str(HOME)).replace("/run/parley", str(runtime))


def commands(key: str, runtime: Path) -> list[list[str]]:
    texts = [adapted(value, runtime) for value in values(key)]
    for name, value in environment().items():
        texts = [text.replace(f"${{{name}}}", value) for text in texts]
    return [shlex.split(text) for text in texts]
