"""Several statements, one after the other, written without waiting for any of them.

Whoever runs such a generator sends it the rows of each statement that it yields: in one go of a
thread, or over a network.
"""

from collections.abc import Awaitable, Callable, Generator
from typing import TypeVar

from db.engine.statement import Row, Statement

T = TypeVar("T")

Steps = Generator[Statement, list[Row], T]


def alone(statement: Statement) -> Steps[list[Row]]:
    """The rows of a statement that is all there is to do."""
    return (yield statement)


def run(steps: Steps[T], ask: Callable[[Statement], list[Row]]) -> T:
    """What the steps return; raises what they raise, and what `ask` does."""
    try:
        statement = next(steps)
        while True:
            statement = steps.send(ask(statement))
    except StopIteration as end:
        result: T = end.value
        return result


async def run_over(steps: Steps[T], ask: Callable[[Statement], Awaitable[list[Row]]]) -> T:
    """The same, waiting for each."""
    try:
        statement = next(steps)
        while True:
            statement = steps.send(await ask(statement))
    except StopIteration as end:
        result: T = end.value
        return result
