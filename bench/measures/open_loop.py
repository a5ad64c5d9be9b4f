"""Open loop: senders never wait for an echo. The highest rate at which readers get all in time."""

from collections.abc import Callable, Iterator
from functools import partial

from bench.dataset import group
from bench.figures import per_delivery
from bench.generator import Figures, Generator
from bench.measures import fanout, pairs
from bench.run import Run
from bench.stacks.stack import Seat, Stack

LIMIT_MS = 100
"""For the 99th percentile."""

SENT = 0.99
"""The least share of the planned messages that the load generator must send."""

SIZES = (100, 1_000)
FIRST_DELIVERIES = 50_000
"""Deliveries a second at which the search begins for a room."""

FIRST_PAIRS = 1_000
"""Messages a second at which it begins for the pairs."""

LOWEST = 5
"""Messages a second at which it gives up."""

BISECTIONS = 4
TRIES = 2
"""A rate fails when it fails twice: one hiccup of the machine proves nothing."""

DRAIN = 2


def measure(run: Run) -> None:
    """Four senders to a room, then five hundred pairs."""
    for case, stacks, seats, first in cases(run):
        for stack in run.in_turns(stacks):
            action = partial(one, run, stack, case, seats(stack), first)
            run.attempt("open", stack, case, action)


def cases(
    run: Run,
) -> Iterator[tuple[str, list[Stack], Callable[[Stack], list[Seat]], float]]:
    """Each with its stacks, their seats, and the rate at which to begin."""
    for size in SIZES:
        if size in run.readers:
            stacks = [s for s in run.chosen(*fanout.STACKS) if size <= fanout.largest(run, s)]
            seats = partial(fanout.seats, room=group(size), senders=4)
            yield f"{size} readers, 4 senders", stacks, seats, FIRST_DELIVERIES / size
    yield "500 pairs", run.chosen(*pairs.STACKS), pairs.seats, FIRST_PAIRS


def one(run: Run, stack: Stack, case: str, seats: list[Seat], first: float) -> None:
    seen: dict[float, Figures] = {}

    def holds(rate: float) -> bool:
        for _ in range(TRIES):
            seen[rate] = attempt(run, stack, seats, rate)
            if is_sustained(seen[rate], rate):
                return True
        return False

    rate = highest(first, holds)
    figures = seen[rate or min(seen)]
    run.note("open", stack, case, [{"rate": rate, **per_delivery(figures)}])


def highest(first: float, holds: Callable[[float], bool]) -> float:
    """The highest rate that holds, to a sixteenth of it: doubled (or halved) from the first, then
    bisected. 0 where none does."""
    rate = first
    if holds(rate):
        while holds(2 * rate):
            rate *= 2
    else:
        rate /= 2
        while not holds(rate):
            rate /= 2
            if rate < LOWEST:
                return 0
    gap = rate
    for _ in range(BISECTIONS):
        gap /= 2
        if holds(rate + gap):
            rate += gap
    return rate


def attempt(run: Run, stack: Stack, seats: list[Seat], rate: float) -> Figures:
    """One rate, on a fresh server: an overloaded one would still be busy with the rate before."""
    with (
        stack.serving() as server,
        Generator(server, stack.dialect, seats) as generator,
    ):
        generator.talk(run.warmup, 0.2)
        return generator.talk(run.seconds, run.warmup, rate, DRAIN)


def is_sustained(figures: Figures, rate: float) -> bool:
    """Whether all was sent as planned and arrived in time."""
    planned = rate * figures["seconds"]
    sent = figures["messages"] + 1  # at a low rate the last may be due just after the end
    return bool(sent >= SENT * planned and figures["lost"] == 0 and figures["p99_ms"] < LIMIT_MS)
