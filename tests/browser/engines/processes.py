"""What an engine runs: a program, and a virtual screen for it."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests import programs
from tests.waiting import eventually

NO_DESKTOP = {
    "DBUS_SESSION_BUS_ADDRESS": "disabled:",
    "GDK_BACKEND": "x11",
    "GSETTINGS_BACKEND": "memory",
    "NO_AT_BRIDGE": "1",
}
"""Without this, GTK looks for a desktop's services, and may wait for them."""


@asynccontextmanager
async def on_a_screen(*command: str | Path, home: Path) -> AsyncIterator[None]:
    """A program on a virtual screen. An error in the block has what the program wrote."""
    written = home / "written"
    async with xvfb(home) as screen:
        environment = NO_DESKTOP | {"DISPLAY": screen, "HOME": str(home)}
        try:
            async with running(*command, environment=environment, output=written):
                yield
        except Exception as error:
            error.add_note(written.read_text(errors="replace")[-4000:])
            raise


@asynccontextmanager
async def xvfb(home: Path) -> AsyncIterator[str]:
    """The name of a virtual screen."""
    display = home / "display"
    with display.open("w") as file:
        number = file.fileno()
        command = programs.xvfb(), "-displayfd", str(number), "-screen", "0", "1600x1200x24"
        async with running(*command, pass_fds=[number]):
            await eventually(lambda: display.read_text().endswith("\n"))
            yield f":{display.read_text().strip()}"


@asynccontextmanager
async def running(
    *command: str | Path,
    environment: dict[str, str] | None = None,
    output: Path = Path(os.devnull),
    pass_fds: list[int] | None = None,
) -> AsyncIterator[None]:
    with output.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            *command,
            env=os.environ | (environment or {}),
            pass_fds=pass_fds or [],
            stdout=file,
            stderr=file,
        )
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()
            await process.wait()
