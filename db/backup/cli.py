"""What the commands share: exit codes, one-line errors, the table they print."""

import asyncio
import signal
import sqlite3
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable, Coroutine
from typing import Any

import asyncpg

from db.backup.row_format import BackupError, Checksum

FAILURES = (OSError, sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError)
EXIT_CODES = "exit codes: 0 done, 1 refused or failed (nothing was changed), 2 usage error"

SIGNALS = (signal.SIGINT, signal.SIGTERM)

Command = Callable[..., Coroutine[Any, Any, None]]


def run(command: Command, *arguments: str) -> int:
    """Run a command; its exit code. An error is one line on standard error."""
    try:
        asyncio.run(command(*arguments))
    except BackupError as error:
        print(error, file=sys.stderr)
        return 1
    except FAILURES as error:
        description = " ".join(str(error).split()) or type(error).__name__
        print(f"Failed, nothing was changed: {description}", file=sys.stderr)
        return 1
    return 0


def run_process(command: Command, arguments: list[str]) -> None:
    """Run a command as a process, which still cleans up when a signal ends it."""

    async def cancellable() -> None:
        # Cancelled at the next await: an exception in the middle of a driver can break or hang it.
        task = asyncio.current_task()
        assert task is not None
        for number in SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        await command(*arguments)

    for number in SIGNALS:
        signal.signal(number, signal.default_int_handler)
    try:
        sys.exit(run(cancellable))
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit("Interrupted; nothing was changed.")


def parser(name: str, description: str) -> ArgumentParser:
    return ArgumentParser(
        prog=name,
        description=description,
        epilog=EXIT_CODES,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def print_checksums(checksums: dict[str, Checksum]) -> None:
    lines = sorted((name, each.rows, each.hash) for name, each in checksums.items())
    for table, rows, digest in [("table", "rows", "hash"), *lines]:
        print(f"{table:<20} {rows:>10}  {digest}")
