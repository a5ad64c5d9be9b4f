"""The load generator for pages and forms: bench/requests/main.c."""

import json
import subprocess

from bench import machine, programs
from bench.generator import Figures
from bench.server import Server

CONNECTIONS = 16

REFUSED_AT_MOST = 0.1
"""The share of refusals above which a figure does not count; a lower one is reported."""


def request(
    server: Server, path: str, cookie: str, seconds: float, warmup: float, form: str | None = None
) -> Figures:
    """Get a page, or post a form, over `CONNECTIONS` connections for so long; what was seen."""
    words = [str(server.port), str(CONNECTIONS), str(warmup), str(seconds), cookie, path]
    with machine.pinned(machine.OTHER_CORE):
        process = subprocess.Popen(
            [programs.requests(), *words, *([form] if form else [])],
            stdout=subprocess.PIPE,
            text=True,
        )
    with process:
        assert process.stdout is not None
        if not process.stdout.readline():
            raise RuntimeError(f"no requests were made; the server said:\n{server.said()}")
        before = server.cpu_seconds()
        process.stdout.readline()
        cpu = server.cpu_seconds() - before
        figures: Figures = json.loads(process.stdout.readline())
    return per_request(figures, cpu)


def per_request(figures: Figures, cpu: float) -> Figures:
    refused, seconds = figures["refused"], figures["seconds"]
    if refused > REFUSED_AT_MOST * figures["answered"]:
        raise RuntimeError(f"{refused} of {figures['answered']} answers were refusals")
    answered = figures["answered"] - refused
    return {
        "requests_per_second": answered / seconds,
        "server_us_per_request": cpu * 1e6 / max(answered, 1),
        "server_busy": cpu / seconds,
        "p50_ms": figures["p50_ms"],
        "p99_ms": figures["p99_ms"],
        "bytes_per_request": figures["bytes"] / max(answered, 1),
        "refused": refused,
        "reconnected": figures["reconnected"],
        "generator_busy": figures["generator_cpu_seconds"] / seconds,
    }
