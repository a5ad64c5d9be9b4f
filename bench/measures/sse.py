"""Fan-out to streams of Server-Sent Events; the senders have sockets."""

from functools import partial

from bench.dataset import group
from bench.figures import per_delivery
from bench.generator import Generator
from bench.run import Run
from bench.stacks.stack import Seat, Stack

STACKS = ["parley-pg", "parley-sqlite"]


def measure(run: Run) -> None:
    """To a hundred and to a thousand, with four senders."""
    for stack in run.chosen(*STACKS):
        for size in (100, 1_000):
            case = f"{size} readers, 4 senders"
            run.attempt("sse", stack, case, partial(one, run, stack, size, case))


def one(run: Run, stack: Stack, size: int, case: str) -> None:
    with (
        stack.serving() as server,
        Generator(server, stack.dialect, seats(stack, size)) as generator,
    ):
        generator.talk(run.warmup, 0.2)
        runs = [generator.talk(run.seconds, run.warmup) for _ in range(run.repeats)]
    run.note("sse", stack, case, [per_delivery(figures) for figures in runs])


def seats(stack: Stack, size: int) -> list[Seat]:
    room = group(size)
    return [
        stack.seat(room, person, "ws" if person < 4 else "sse", sends=person < 4)
        for person in room.people
    ]
