"""The machine: which core does what, what a process costs, what runs here."""

import os
import platform
import resource
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FILES = 65_536
"""Open files that 10,000 connections and their server need, with room to spare."""

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE = {CORES[0]}
OTHER_CORE = {CORES[-1]}
"""The load generator's, the databases' and this program's own."""

TICK = os.sysconf("SC_CLK_TCK")


def raise_file_limit() -> None:
    """Let this process and its children open `FILES` files, or exit with a sentence."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard >= FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, hard))
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))
    except (ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        if hard < 12_000:
            sys.exit(
                f"10,000 connections need as many open files, and here {hard} are allowed: "
                "raise that as root (ulimit -Hn), or measure fewer (--readers 10,100,1000)."
            )


@contextmanager
def pinned(cores: set[int]) -> Iterator[None]:
    """What is started in the block runs on these cores only."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def family(pid: int) -> list[int]:
    """A process and all that it has started."""
    found = [pid]
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that has just ended
            for child in children.read_text().split():
                found += family(int(child))
    return found


def cpu_seconds(pids: Iterable[int]) -> float:
    """Processor time that processes have used, theirs and the kernel's for them."""
    return sum(cpu_ticks(pid) for pid in pids) / TICK


def cpu_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def memory_kilobytes(pids: Iterable[int]) -> int:
    """Proportional set size: what these processes keep in memory, shared pages shared out."""
    return sum(proportional_size(pid) for pid in pids)


def proportional_size(pid: int) -> int:
    return kilobytes(Path(f"/proc/{pid}/smaps_rollup"), "Pss:")


def own_kilobytes(pids: Iterable[int]) -> int:
    """What these processes have allocated themselves. Who else runs changes nothing of it, as it
    does of a proportional size, when others come and go who share pages of libraries."""
    return sum(kilobytes(Path(f"/proc/{pid}/smaps_rollup"), "Anonymous:") for pid in pids)


def open_files(pids: Iterable[int]) -> int:
    """Descriptors that processes have open."""
    return sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in pids)


def peak_kilobytes(pid: int) -> int:
    """The largest resident set that a process has had."""
    return kilobytes(Path(f"/proc/{pid}/status"), "VmHWM:")


def kilobytes(file: Path, name: str) -> int:
    for line in file.read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    raise RuntimeError(f"the kernel says no {name} in {file}")


def busy() -> float:
    """Processors that others have used in the last minute: the load average."""
    return os.getloadavg()[0]


def description() -> dict[str, str]:
    """What it is, for the record."""
    model = "an unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return {
        "processor": model,
        "cores": str(len(CORES)),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }
