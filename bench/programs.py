"""What is compiled, and where to."""

import subprocess
from pathlib import Path

HERE = Path(__file__).parent
BUILD = HERE / "build"

LOAD = ("load", sorted((HERE / "load").glob("*.c")))
REQUESTS = ("requests", [HERE / "requests/main.c", HERE / "load/net.c", HERE / "load/histogram.c"])
WRITER = ("writer", [HERE / "peers/writer.c", HERE / "load/net.c"])


def load() -> Path:
    """The load generator for sockets and streams."""
    return compiled(*LOAD)


def requests() -> Path:
    """The load generator for pages and forms."""
    return compiled(*REQUESTS)


def writer() -> Path:
    """The limit: a server that only writes."""
    return compiled(*WRITER)


def compiled(name: str, sources: list[Path]) -> Path:
    """The program, made anew where a source or header is newer than it."""
    program = BUILD / name
    read = [*sources, *HERE.glob("load/*.h")]
    if program.exists() and program.stat().st_mtime > max(p.stat().st_mtime for p in read):
        return program
    BUILD.mkdir(exist_ok=True)
    subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-o", program, *sources], check=True)
    return program
