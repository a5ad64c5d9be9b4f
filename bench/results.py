"""What a run has found, kept as JSON with what it was found on."""

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import settings
from bench import machine, versions
from bench.run import Record, Run
from bench.stacks import parley

FOLDER = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Results:
    """The records of a run; `about` says when, where, with which versions and choices."""

    about: dict[str, str]
    records: list[Record]

    def of(self, measure: str) -> list[Record]:
        """A measure's records that hold figures."""
        return [r for r in self.records if r["measure"] == measure and "failed" not in r]

    def failures(self) -> list[Record]:
        return [r for r in self.records if "failed" in r]


def collected(run: Run) -> Results:
    about = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": commit(settings.ROOT),
        **({"before": commit(parley.BEFORE)} if parley.BEFORE != settings.ROOT else {}),
        "runs": f"medians of {run.repeats}, each of {run.seconds:g} s",
        **machine.description(),
        **versions.found(run.databases),
    }
    return Results(about, run.records)


def new_file() -> Path:
    """Where to keep what a run finds; its name begins with the time."""
    FOLDER.mkdir(exist_ok=True)
    return FOLDER / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}.json"


def save(results: Results, path: Path) -> None:
    content = {"about": results.about, "records": results.records}
    path.write_text(json.dumps(content, indent=1) + "\n")


def load(paths: Sequence[Path] = ()) -> Results:
    """Those in files, each about other measures, or else the newest ones."""
    paths = paths or sorted(FOLDER.glob("*.json"))[-1:]
    if not paths:
        raise FileNotFoundError("There are no results yet: bin/bench makes some.")
    found = [json.loads(path.read_text()) for path in paths]
    about = {
        name: " and ".join(dict.fromkeys(each["about"].get(name, "") for each in found))
        for name in found[0]["about"]
    }
    return Results(about, [record for each in found for record in each["records"]])


def commit(checkout: Path) -> str:
    """The commit that was measured, marked where files differ from it."""
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"
