"""Fan-out: one room, all of it connected; messages sent as fast as the senders see their own."""

from functools import partial

from bench.dataset import Room, group
from bench.figures import per_delivery
from bench.generator import Generator
from bench.run import Run
from bench.stacks.stack import Seat, Stack

STACKS = ["c", "c-joined", "parley-pg", "parley-sqlite", "ws", "ws-pg", "socketio", "channels"]


def measure(run: Run) -> None:
    """With four senders and with one, to each number of readers."""
    for size in run.readers:
        for senders in (4, 1) if run.is_thorough else (4,):
            case = f"{size} readers, {senders} {'senders' if senders > 1 else 'sender'}"
            stacks = [stack for stack in run.chosen(*STACKS) if size <= largest(run, stack)]
            for stack in run.in_turns(stacks):
                run.attempt("fanout", stack, case, partial(one, run, stack, size, senders, case))


def largest(run: Run, stack: Stack) -> int:
    return stack.largest_room if run.is_thorough else stack.quick_room


def one(run: Run, stack: Stack, size: int, senders: int, case: str) -> None:
    with (
        stack.serving() as server,
        Generator(server, stack.dialect, seats(stack, group(size), senders)) as generator,
    ):
        # The first run lets caches and buffers grow, and is not counted.
        generator.talk(2 * run.warmup, 0.2)
        figures = generator.talk(run.seconds, run.warmup, drain=5 if size < 10_000 else 15)
    run.note("fanout", stack, case, [per_delivery(figures)])


def seats(stack: Stack, room: Room, senders: int) -> list[Seat]:
    """Everybody in a room; those who send sit spread over it."""
    step = len(room.people) // senders
    sending = {room.people[step // 2 + n * step] for n in range(senders)}
    return [stack.seat(room, person, sends=person in sending) for person in room.people]
