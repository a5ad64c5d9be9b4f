"""More workers: what a delivery costs all of them together, with Redis between them."""

from functools import partial

from bench import machine
from bench.dataset import group
from bench.figures import per_delivery
from bench.generator import Generator
from bench.measures import fanout, pairs
from bench.run import Run
from bench.stacks.stack import Stack

STACKS = ["parley-pg"]
WORKERS = (1, 2, 4)
RATE = 60
"""Messages a second, for which one worker takes half a core."""


def measure(run: Run) -> None:
    """A thousand readers and five hundred pairs. On few cores the workers share them with the load
    generator, so that the cost says more than the rate; most of all where all of them have time for
    the same work, since how much goes into one write depends on what waits."""
    for stack in run.chosen(*STACKS):
        for workers in run.in_turns(WORKERS):
            case = f"{workers} {'workers' if workers > 1 else 'worker'}"
            run.attempt("scaling", stack, case, partial(one, run, stack, workers, case))


def one(run: Run, stack: Stack, workers: int, case: str) -> None:
    crowd = fanout.seats(stack, group(1_000), 4)
    everybody = {
        f"1000 readers, {RATE} messages a second": (crowd, RATE),
        "1000 readers, 4 senders": (crowd, 0),
        "500 pairs": (pairs.seats(stack), 0),
    }
    for what, (seats, rate) in everybody.items():
        with (
            stack.serving(set(machine.CORES), workers) as server,
            Generator(server, stack.dialect, seats) as generator,
        ):
            generator.talk(run.warmup, 0.2, rate)
            figures = generator.talk(run.seconds, run.warmup, rate)
        run.note("scaling", stack, f"{case}, {what}", [per_delivery(figures)])
