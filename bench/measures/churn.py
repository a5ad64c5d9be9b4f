"""People come and go for a while: what of it stays in the server when everybody has gone."""

import asyncio
import re
import time
from functools import partial

import httpx

from bench import machine
from bench.dataset import CROWD_ROOMS
from bench.generator import Figures
from bench.run import Run
from bench.server import Server
from bench.stacks.parley import METRICS_TOKEN, OnPostgreSQL, Parley
from bench.visitors import RATE, Visitor, Visitors

STACKS = ["parley-pg", "parley-sqlite"]
ROOMS = CROWD_ROOMS[:10]
"""A thousand people, each of whom has been there before the base is taken."""

WARMUP = 60.0
WARMUP_SHARE = 0.1
"""Of the time, where that is longer: caches that have an end are to be full at the base."""

SETTLING = 5.0
TASKS = re.compile(r"^parley_tasks (\S+)$", re.MULTILINE)


def measure(run: Run) -> None:
    """For so many minutes; PostgreSQL with Redis as the broker."""
    for stack in run.chosen(*STACKS):
        assert isinstance(stack, Parley)
        run.attempt("churn", stack, "all", partial(one, run, stack))


def one(run: Run, stack: Parley) -> None:
    seconds = 60 * run.minutes
    has_redis = isinstance(stack, OnPostgreSQL)
    with stack.serving_with_redis() if has_redis else stack.serving() as server:
        visitors = Visitors(server.port, people(stack))
        pass_by(visitors, max(WARMUP, WARMUP_SHARE * seconds))
        base = held(server)
        visitors.counts.clear()
        began_at, cpu = time.monotonic(), server.cpu_seconds()
        pass_by(visitors, seconds)
        busy = (server.cpu_seconds() - cpu) / (time.monotonic() - began_at)
        end = held(server)
    unserved = visitors.counts["unserved"]
    for what, number in sorted(visitors.counts.items()):
        print(f"churn, {stack.title}: {number:,} × {what}", flush=True)
    run.note("churn", stack, "base", [base])
    visits = {"visits": int(seconds * RATE), "unserved": unserved, "server_busy": busy}
    run.note("churn", stack, f"after {run.minutes:g} min", [{**end, **visits}])
    run.note("churn", stack, "÷ base", [{name: end[name] / base[name] for name in base}])


def people(stack: Parley) -> list[Visitor]:
    return [
        Visitor(stack.room_path(room), stack.cookie(person))
        for room in ROOMS
        for person in room.people
    ]


def pass_by(visitors: Visitors, seconds: float) -> None:
    """They come and go, all of them; then the server is left alone for a moment."""
    asyncio.run(visitors.come_and_go(seconds))
    time.sleep(SETTLING)


def held(server: Server) -> Figures:
    """What the server holds: memory, open files, tasks of its event loop."""
    return {
        "tasks": tasks(server),
        "files": machine.open_files(server.pids),
        "kilobytes": machine.own_kilobytes(server.pids),
    }


def tasks(server: Server) -> float:
    url = f"http://127.0.0.1:{server.port}/metrics"
    shown = httpx.get(url, headers={"Authorization": f"Bearer {METRICS_TOKEN}"}, trust_env=False)
    return sum(float(number) for number in TASKS.findall(shown.text))
