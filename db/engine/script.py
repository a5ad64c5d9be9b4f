"""A script of statements, free of I/O: a generator that yields statements and is sent their rows.

A thread runs it in one go, a network client with an await for each statement.
"""

from collections.abc import Awaitable, Callable, Generator
from typing import TypeVar

from db.engine.statement import Row, Statement

T = TypeVar("T")

Script = Generator[Statement, list[Row], T]


def single(statement: Statement) -> Script[list[Row]]:
    """The script of a single statement; its rows."""
    return (yield statement)


def run(script: Script[T], fetch: Callable[[Statement], list[Row]]) -> T:
    """What a script returns. It raises what the script raises, and what `fetch` does."""
    try:
        statement = next(script)
        while True:
            statement = script.send(fetch(statement))
    except StopIteration as end:
        result: T = end.value
        return result


async def run_async(script: Script[T], fetch: Callable[[Statement], Awaitable[list[Row]]]) -> T:
    """The same, with an asynchronous `fetch`."""
    try:
        statement = next(script)
        while True:
            statement = script.send(await fetch(statement))
    except StopIteration as end:
        result: T = end.value
        return result
