"""What a run has found, kept as JSON with what it was found on."""

import json
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench import machine, versions
from bench.run import Record, Run

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
        "commit": commit(),
        "runs": f"medians of {run.repeats}, each of {run.seconds:g} s",
        **machine.description(),
        **versions.found(run.databases),
    }
    return Results(about, run.records)


def save(results: Results) -> Path:
    """Writes them to a new file, whose name is the time."""
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{datetime.now(UTC):%Y%m%d-%H%M%S}.json"
    content = {"about": results.about, "records": results.records}
    path.write_text(json.dumps(content, indent=1) + "\n")
    return path


def load(path: Path | None = None) -> Results:
    """Those in a file, or the newest ones."""
    path = path or max(FOLDER.glob("*.json"), default=None)
    if path is None:
        raise FileNotFoundError("There are no results yet: bin/bench makes some.")
    content = json.loads(path.read_text())
    return Results(content["about"], content["records"])


def commit() -> str:
    """The commit that was measured, marked where files differ from it."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"
