"""Five hundred conversations of two, each message stored: how many go through, and how soon."""

from functools import partial

from bench.dataset import PAIR_ROOMS
from bench.figures import per_delivery
from bench.generator import Generator
from bench.run import Run
from bench.stacks.stack import Seat, Stack

STACKS = ["c", "parley-pg", "parley-sqlite", "ws", "ws-pg", "socketio", "channels"]
RATE = 200
"""Messages a second that every stack can carry."""


def measure(run: Run) -> None:
    """In a closed loop, where one of each two always has a message on its way."""
    for stack in run.in_turns(run.chosen(*STACKS)):
        run.attempt("pairs", stack, "closed loop", partial(talk, run, stack, "pairs", 0))


def measure_latency(run: Run) -> None:
    """At a rate that leaves every stack time."""
    for stack in run.in_turns(run.chosen(*STACKS)):
        case = f"{RATE} messages a second"
        run.attempt("latency", stack, case, partial(talk, run, stack, "latency", RATE))


def talk(run: Run, stack: Stack, measure: str, rate: float) -> None:
    with (
        stack.serving() as server,
        Generator(server, stack.dialect, seats(stack)) as generator,
    ):
        generator.talk(run.warmup, 0.2, rate, drain=2)
        # Five hundred begin at once, and it takes a moment until that burst is over.
        warmup, seconds = (1.0, run.seconds) if rate == 0 else (run.warmup, 2 * run.seconds)
        figures = generator.talk(seconds, warmup, rate)
    case = f"{rate:.0f} messages a second" if rate else "closed loop"
    run.note(measure, stack, case, [per_delivery(figures)])


def seats(stack: Stack) -> list[Seat]:
    return [
        stack.seat(room, person, sends=person == room.people[0])
        for room in PAIR_ROOMS
        for person in room.people
    ]
