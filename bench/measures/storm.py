"""Everybody is cut off at once and comes back, while others go on writing."""

from functools import partial

from bench.dataset import CROWD_ROOMS
from bench.generator import Figures, Generator
from bench.run import Run
from bench.stacks.stack import Seat, Stack

STACKS = ["parley-pg", "parley-sqlite"]
RATE = 20
"""Messages a second meanwhile, each to one of the hundred rooms of a hundred."""

PATIENCE = 60


def measure(run: Run) -> None:
    """As many as the run opens."""
    for stack in run.chosen(*STACKS):
        rooms = min(len(CROWD_ROOMS), run.connections // 100)
        case = f"{100 * rooms} connections"
        run.attempt("storm", stack, case, partial(one, run, stack, rooms, case))


def one(run: Run, stack: Stack, rooms: int, case: str) -> None:
    runs = []
    with (
        stack.serving() as server,
        Generator(server, stack.dialect, seats(stack, rooms)) as generator,
    ):
        for _ in range(run.repeats):
            figures = generator.storm(RATE, PATIENCE)
            runs.append({**of_interest(figures), "server_peak_kilobytes": server.peak()})
    run.note("storm", stack, case, runs)


def seats(stack: Stack, rooms: int) -> list[Seat]:
    """Everybody, and in each room one second connection, which stays and writes."""
    crowd = CROWD_ROOMS[:rooms]
    staying = [stack.seat(room, room.people[0], sends=True) for room in crowd]
    return [*staying, *(stack.seat(room, person) for room in crowd for person in room.people)]


def of_interest(figures: Figures) -> Figures:
    names = (
        "back_seconds",
        "complete_seconds",
        "attempts",
        "away",
        "up_p50_ms",
        "up_p95_ms",
        "all_p50_ms",
        "all_p95_ms",
        "messages",
        "lost",
        "unheard",
        "repeated",
        "ended",
        "server_cpu_seconds",
    )
    return {name: figures[name] for name in names}
