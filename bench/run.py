"""One run of the suite: how long and how often is measured, on what, and what came out."""

import sqlite3
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import asyncpg

from bench import machine
from bench.databases import Databases
from bench.generator import Figures
from bench.stacks.stack import Stack
from db.engine import Unavailable

Record = dict[str, Any]
Subject = TypeVar("Subject")

FAILURES = (
    RuntimeError,
    OSError,
    AssertionError,
    subprocess.SubprocessError,
    asyncpg.PostgresError,
    sqlite3.Error,
    Unavailable,
)


@dataclass
class Run:
    """The choices of a run, the stacks in it, and its records so far."""

    stacks: dict[str, Stack]
    databases: Databases
    folder: Path
    readers: list[int]
    connections: int
    is_thorough: bool
    seconds: float
    repeats: int
    minutes: float
    messages: int = 1_000_000
    warmup: float = 0.5
    records: list[Record] = field(default_factory=list)
    _runs: dict[tuple[str, str, str], list[Figures]] = field(default_factory=dict)

    def chosen(self, *names: str) -> list[Stack]:
        """Those of these stacks that the run is about, each Parley beside the version before."""
        both = [each for name in names for each in (name, f"{name}-before")]
        return [self.stacks[name] for name in both if name in self.stacks]

    def in_turns(self, subjects: Sequence[Subject]) -> Iterator[Subject]:
        """Each of what is compared, as often as a median needs, one after the other: where the
        machine becomes slower or faster, it does so for all of them."""
        for _ in range(self.repeats):
            yield from subjects

    def note(self, measure: str, stack: Stack, case: str, runs: Iterable[Figures]) -> None:
        """Keep the medians of some figures and of what was noted of the same before; print them."""
        noted = self._runs.setdefault((measure, stack.name, case), [])
        noted += runs
        record = {
            "measure": measure,
            "stack": stack.name,
            "title": stack.title,
            "case": case,
            "load_average": round(machine.busy(), 2),
            **medians(noted),
        }
        self._keep(record)
        print(line(record), flush=True)

    def _keep(self, record: Record) -> None:
        """In place of the medians of fewer runs, if there were some."""
        for place, before in enumerate(self.records):
            same = all(before[name] == record[name] for name in ("measure", "stack", "case"))
            if same and "failed" not in before:
                self.records[place] = record
                return
        self.records.append(record)

    def attempt(self, measure: str, stack: Stack, case: str, action: Callable[[], None]) -> None:
        """Go on with the rest where one case fails, and keep why."""
        try:
            action()
        except FAILURES as error:
            reason = str(error).strip() or type(error).__name__
            print(f"{measure}, {stack.title}, {case}: failed: {reason}", file=sys.stderr)
            self.records.append(
                {
                    "measure": measure,
                    "stack": stack.name,
                    "title": stack.title,
                    "case": case,
                    "failed": reason[:300],
                }
            )


def medians(runs: list[Figures]) -> Figures:
    """Each figure's median over the runs; what is lost, repeated or ended is summed up."""
    figures: Figures = {"runs": len(runs)}
    for name, value in runs[0].items():
        values = [run[name] for run in runs if name in run]
        if name in ("lost", "unheard", "repeated", "stray", "refused"):
            figures[name] = sum(values)
        elif isinstance(value, int | float):
            figures[name] = round(statistics.median(values), 3)
    return figures


def line(record: Record) -> str:
    """A record as one line of text, for those who watch the run."""
    left_out = {"measure", "stack", "title", "case", "runs", "load_average"}
    figures = ", ".join(
        f"{name} {shown(value)}" for name, value in record.items() if name not in left_out
    )
    return f"{record['measure']}, {record['title']}, {record['case']}: {figures}"


def shown(value: Any) -> str:
    if isinstance(value, float) and abs(value) < 100:
        return f"{value:.2f}"
    return f"{value:,.0f}" if isinstance(value, int | float) else str(value)
