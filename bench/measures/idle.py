"""What a connection keeps in memory while nothing happens."""

import time
from functools import partial

from bench.dataset import CROWD_ROOMS, PEOPLE
from bench.generator import Figures, Generator
from bench.run import Run
from bench.stacks.stack import Seat, Stack

STACKS = ["parley-pg", "parley-sqlite", "ws", "socketio", "channels"]
STREAMS = ["parley-pg", "parley-sqlite"]
FIRST = 200
"""Connections that come and go before the count, so that it is of connections, not of code."""

SETTLING = 3.0


def measure(run: Run) -> None:
    """WebSockets, then streams of Server-Sent Events."""
    kinds = [("ws", STACKS, PEOPLE), ("sse", STREAMS, 1_000)]
    for kind, names, count in kinds if run.is_thorough else kinds[:1]:
        for stack in run.chosen(*names):
            wanted = min(count, run.connections, stack.most_connections)
            what = "WebSockets" if kind == "ws" else "streams"
            case = f"{wanted} {what}"
            run.attempt("idle", stack, case, partial(one, run, stack, kind, wanted, case))


def one(run: Run, stack: Stack, kind: str, count: int, case: str) -> None:
    with stack.serving() as server:
        with Generator(server, stack.dialect, seats(stack, kind, FIRST)):
            time.sleep(0.5)
        time.sleep(0.5)
        before = server.memory_kilobytes()
        with Generator(server, stack.dialect, seats(stack, kind, count)) as generator:
            time.sleep(SETTLING)
            grown = server.memory_kilobytes() - before
            opened = generator.opened
        figures: Figures = {
            "kilobytes_per_connection": grown / count,
            "server_kilobytes": before + grown,
            "opened_per_second": count / opened["seconds"],
            "ended": opened["ended"],
        }
    run.note("idle", stack, case, [figures])


def seats(stack: Stack, kind: str, count: int) -> list[Seat]:
    """Everybody once, in a room of a hundred."""
    everybody = [stack.seat(room, person, kind) for room in CROWD_ROOMS for person in room.people]
    return everybody[:count]
