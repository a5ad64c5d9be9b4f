"""Fan-out: one room, all of it connected; messages sent as fast as the senders see their own."""

from functools import partial

from bench.generator import Figures, Generator, Seat
from bench.run import Run
from bench.stacks.stack import Stack
from bench.world import Room, group

STACKS = ["c", "c-joined", "parley-pg", "parley-sqlite", "ws", "ws-pg", "socketio", "channels"]


def measure(run: Run) -> None:
    """With four senders and with one, to each number of readers."""
    for stack in run.chosen(*STACKS):
        for size in run.readers:
            if size > stack.largest_room:
                continue
            for senders in (4, 1):
                case = f"{size} readers, {senders} senders"
                run.attempt("fanout", stack, case, partial(one, run, stack, size, senders, case))


def one(run: Run, stack: Stack, size: int, senders: int, case: str) -> None:
    with stack.serving() as server:
        everybody = seats(stack, group(size), senders)
        with Generator(server, stack.dialect, everybody) as generator:
            # The first run also lets caches and buffers grow, and is thrown away.
            generator.talk(run.warmup, 0.2)
            drain = 5 if size < 10_000 else 15
            runs = [
                generator.talk(run.seconds, run.warmup, drain=drain) for _ in range(run.repeats)
            ]
    run.note("fanout", stack, case, [per_delivery(figures) for figures in runs])


def seats(stack: Stack, room: Room, senders: int) -> list[Seat]:
    """Everybody in a room; those who send sit spread over it."""
    step = len(room.people) // senders
    sending = {room.people[step // 2 + n * step] for n in range(senders)}
    return [
        Seat(room.number, stack.path(room, person), stack.cookie(person), person in sending)
        for person in room.people
    ]


def per_delivery(figures: Figures) -> Figures:
    """What matters of a talk: rates, the server's cost, what was lost."""
    deliveries, seconds = figures["deliveries"], figures["seconds"]
    return {
        "deliveries_per_second": deliveries / seconds,
        "messages_per_second": figures["messages"] / seconds,
        "server_us_per_delivery": figures["server_cpu_seconds"] * 1e6 / max(deliveries, 1),
        "server_busy": figures["server_cpu_seconds"] / seconds,
        "bytes_per_delivery": figures["bytes"] / max(deliveries, 1),
        "p50_ms": figures["p50_ms"],
        "p99_ms": figures["p99_ms"],
        "lost": figures["lost"],
        "repeated": figures["repeated"],
        "ended": figures["ended"],
        "generator_busy": figures["generator_cpu_seconds"] / seconds,
        "generator_us_per_frame": figures["generator_us_per_frame"],
    }
