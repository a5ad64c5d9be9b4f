"""What the commands share: exit codes, sentences where there would be tracebacks, their table."""

import asyncio
import signal
import sqlite3
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable, Coroutine
from typing import Any

import asyncpg

from db.backup.row_format import Refused, Tally

FAILURES = (OSError, sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError)
EXIT_CODES = "exit codes: 0 done, 1 refused or failed (and nothing changed), 2 not understood"

SIGNALS = (signal.SIGINT, signal.SIGTERM)

Main = Callable[[list[str]], Coroutine[Any, Any, None]]


def run(main: Main, arguments: list[str]) -> int:
    """Run a command; its exit code. A refusal or a failure is a sentence on standard error."""
    try:
        asyncio.run(main(arguments))
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except FAILURES as failure:
        print(f"It failed, and nothing was changed: {described(failure)}", file=sys.stderr)
        return 1
    return 0


def described(failure: Exception) -> str:
    return " ".join(str(failure).split()) or type(failure).__name__


def run_process(main: Main) -> None:
    """The whole life of a command's process. Ended by a signal, it still tidies up."""

    async def ending(arguments: list[str]) -> None:
        # At the next pause: raised at once, in the middle of a driver, it can break or hang that.
        task = asyncio.current_task()
        assert task is not None
        for number in SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        await main(arguments)

    for number in SIGNALS:
        signal.signal(number, interrupt)
    try:
        sys.exit(run(ending, sys.argv[1:]))
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit("Interrupted; nothing was changed.")


def interrupt(*_: object) -> None:
    """Before anything has begun."""
    raise KeyboardInterrupt


def parser(name: str, description: str) -> ArgumentParser:
    return ArgumentParser(
        prog=name,
        description=description,
        epilog=EXIT_CODES,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def print_tallies(tallies: dict[str, Tally]) -> None:
    print_line("table", "rows", "hash")
    for name, tally in sorted(tallies.items()):
        print_line(name, tally.rows, tally.hash)


def print_line(table: str, rows: object, sum_: str) -> None:
    print(f"{table:<20} {rows:>10}  {sum_}")
