"""A program on a terminal, with a person at its keyboard."""

import asyncio
import os
import pty
import re
import subprocess
import termios
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from tests.waiting import PATIENCE

STEP_RIGHT = re.compile(r"\x1b\[C")
CONTROL = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|[()][A-Z0-9]|[=>78])|[\x0e\x0f]")
PADDING = b"\0"

LINES, COLUMNS = 60, 100
SURROUNDINGS = {
    "TERM": "vt100",
    "LANG": "C.UTF-8",
    "LINES": str(LINES),  # a runner of tests may have set its own, which counts more
    "COLUMNS": str(COLUMNS),
}


class Terminal:
    """What the program writes is looked at without its colours and moves, so only what it draws
    anew can be waited for."""

    def __init__(self, *command: str | Path, environment: dict[str, str]) -> None:
        self.command = command
        self.environment = environment
        self.written = b""
        self.changed = asyncio.Event()

    async def __aenter__(self) -> Self:
        self.keyboard, screen = pty.openpty()
        termios.tcsetwinsize(screen, (LINES, COLUMNS))
        self.process = start(self.command, screen, self.environment)
        os.close(screen)
        asyncio.get_running_loop().add_reader(self.keyboard, self.read)
        return self

    async def __aexit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self.keyboard)
        self.process.kill()
        self.process.wait()
        os.close(self.keyboard)

    def read(self) -> None:
        try:
            self.written += os.read(self.keyboard, 65536)
        except OSError:  # the program has ended
            asyncio.get_running_loop().remove_reader(self.keyboard)
        self.changed.set()

    def press(self, keys: str) -> None:
        """What was written before is no longer looked at."""
        self.written = b""
        os.write(self.keyboard, keys.encode())

    async def shows(self, text: str) -> None:
        """Returns once the program has written this."""
        try:
            async with asyncio.timeout(PATIENCE):
                while text not in self.text():
                    self.changed.clear()
                    await self.changed.wait()
        except TimeoutError:
            raise AssertionError(f"{text!r} is not in {self.text()!r}") from None

    def text(self) -> str:
        spaced = STEP_RIGHT.sub(" ", self.written.replace(PADDING, b"").decode(errors="replace"))
        return " ".join(CONTROL.sub(" ", spaced).split())


def start(
    command: Sequence[str | Path], screen: int, environment: dict[str, str]
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        stdin=screen,
        stdout=screen,
        stderr=screen,
        env=os.environ | SURROUNDINGS | environment,
        start_new_session=True,
    )
