"""Which engines open a window on this machine: run it, and it prints their names.

Chromium always has to. Not every system has the others, nor lets them run.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.browser.engines import Engine
from tests.browser.engines.firefox import firefox
from tests.browser.engines.webkit import webkit

OTHERS = {"firefox": firefox, "webkit": webkit}


def names() -> list[str]:
    """Those that tests run in, as this module has printed them for bin/test."""
    return os.environ.get("ENGINES", "chromium").split()


@asynccontextmanager
async def window(name: str) -> AsyncIterator[Engine]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        async with OTHERS[name](Path(home)) as engine:
            yield engine


async def main() -> None:
    working = ["chromium"]
    for name in OTHERS:
        try:
            async with window(name) as engine:
                assert await engine.run("() => innerWidth") > 0
        except Exception as error:  # noqa: BLE001 - whatever it is, it says so
            notes = getattr(error, "__notes__", [])
            print(f"Left out: the tests in {name}. {error!r}", *notes, file=sys.stderr)
        else:
            working.append(name)
    print(*working)


if __name__ == "__main__":
    asyncio.run(main())
