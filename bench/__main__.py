"""`bin/bench`: chooses, runs, keeps and prints."""

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import machine, report, results
from bench.databases import Databases
from bench.measures import churn, fanout, idle, open_loop, pages, pairs, scaling, search, sse, storm
from bench.run import Run
from bench.stacks import channels, limit, node, parley
from bench.stacks.stack import Stack

MEASURES: dict[str, Callable[[Run], None]] = {
    "open": open_loop.measure,
    "fanout": fanout.measure,
    "pairs": pairs.measure,
    "latency": pairs.measure_latency,
    "idle": idle.measure,
    "sse": sse.measure,
    "pages": pages.measure,
    "large": pages.measure_large,
    "storm": storm.measure,
    "churn": churn.measure,
    "scaling": scaling.measure,
    "search": search.measure,
}

STACKS: list[type[Stack]] = [
    limit.Each,
    limit.Joined,
    parley.OnPostgreSQL,
    parley.OnSQLite,
    node.Ws,
    node.WsOnPostgreSQL,
    node.SocketIO,
    channels.Channels,
]
if "BENCH_BEFORE" in os.environ:
    STACKS += [parley.OnPostgreSQLBefore, parley.OnSQLiteBefore]

QUICK_MEASURES = ["fanout", "pairs", "latency", "idle", "pages"]
QUICK_STACKS = ["c-joined", "parley-pg", "parley-sqlite", "ws", "channels"]


def main() -> None:
    """Runs the measures that the command line names, or all of them."""
    options = parsed()
    if options.measures == ["report"]:
        report.write(results.load(options.results))
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    machine.raise_file_limit()
    databases = Databases()
    try:
        with (
            tempfile.TemporaryDirectory(prefix="parley-bench-") as folder,
            machine.pinned(machine.OTHER_CORE),
        ):
            run = prepared(options, databases, Path(folder))
            path = results.new_file()
            for name in options.measures or (QUICK_MEASURES if options.quick else MEASURES):
                MEASURES[name](run)
                results.save(results.collected(run), path)
        print(f"\n{report.text(results.load([path]))}\n\nKept in {path}")
    except KeyboardInterrupt:
        sys.exit("interrupted")
    finally:
        databases.end()


def prepared(options: argparse.Namespace, databases: Databases, folder: Path) -> Run:
    stacks = {kind.name: kind(databases, folder) for kind in STACKS}
    chosen = options.stacks or (QUICK_STACKS if options.quick else list(stacks))
    stacks = {name: stacks[name] for name in chosen}
    return Run(
        stacks,
        databases,
        folder,
        options.readers or ([100, 1_000] if options.quick else [10, 100, 1_000, 10_000]),
        options.connections or (300 if options.quick else 10_000),
        not options.quick,
        options.seconds or (0.6 if options.quick else 2.0),
        options.repeats or (1 if options.quick else 3),
        options.minutes,
        options.messages,
    )


def parsed() -> argparse.Namespace:
    names = [kind.name for kind in STACKS]
    parser = argparse.ArgumentParser("bin/bench", description=__doc__)
    parser.add_argument(
        "measures",
        nargs="*",
        choices=[*MEASURES, "report", []],
        metavar="MEASURE",
        help=f"of {', '.join(MEASURES)}; default: all",
    )
    parser.add_argument("--quick", action="store_true", help="in three minutes, for a first look")
    parser.add_argument("--stacks", type=listed, help=f"of {','.join(names)}; default: all")
    parser.add_argument("--readers", type=numbers, help="sizes of rooms: 10,100,1000,10000")
    parser.add_argument("--connections", type=int, help="idle ones, and in the storm (10000)")
    parser.add_argument("--seconds", type=float, help="how long each run is counted (2)")
    parser.add_argument("--minutes", type=float, default=3, help="how long people come and go (3)")
    parser.add_argument(
        "--results", type=Path, nargs="+", default=(), help="what `report` is of (the newest)"
    )
    parser.add_argument(
        "--messages", type=int, default=1_000_000, help="that are searched (1000000)"
    )
    parser.add_argument("--repeats", type=int, help="how many runs a median is of (3)")
    return parser.parse_args()


def listed(text: str) -> list[str]:
    names = text.split(",")
    unknown = set(names) - {kind.name for kind in STACKS}
    if unknown:
        raise argparse.ArgumentTypeError(f"there is no {' or '.join(sorted(unknown))}")
    return names


def numbers(text: str) -> list[int]:
    return [int(word) for word in text.split(",")]


if __name__ == "__main__":
    main()
