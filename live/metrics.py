"""Everything that is counted and measured. docs/operations.md says what each of it means.

What counts does so in one line; `exposition` is what Prometheus reads, of all workers together.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
    values,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from live.process import metrics_directory
from live.process.tasks import alongside
from live.publication import Publication

CONTENT_TYPE = CONTENT_TYPE_LATEST

SAMPLED = 1.0
"""Seconds between two looks at what has to be looked at to be known."""

LAGS_MEASURED = 8
"""Of so many batches that a subscriber writes, the lag of one is measured."""

FOLDER = metrics_directory.directory()
if FOLDER is not None:
    values.ValueClass = values.MultiProcessValue()
    mark_process_dead(os.getpid(), str(FOLDER))  # of an earlier process with this id

disable_created_metrics()
REGISTRY = CollectorRegistry()
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def counter(name: str, what: str, *labels: str) -> Counter:
    return Counter(f"parley_{name}", what, labels, registry=REGISTRY)


def gauge(name: str, what: str, *labels: str) -> Gauge:
    """Added up over the workers that live."""
    return Gauge(f"parley_{name}", what, labels, registry=REGISTRY, multiprocess_mode="livesum")


def histogram(name: str, what: str, *labels: str, buckets: Sequence[float] = SECONDS) -> Histogram:
    return Histogram(f"parley_{name}", what, labels, registry=REGISTRY, buckets=buckets)


requests = counter("requests", "Requests and handshakes answered", "method", "route", "status")
request_seconds = histogram(
    "request_seconds",
    "From a request to the end of its answer, streams and polls left out",
    "route",
)
connections = gauge("connections", "Readers connected now", "tier")
for _tier in ("ws", "sse", "poll"):
    connections.labels(_tier)  # 0, rather than not there, before the first one

publications = counter("publications", "Publications that reached this server's processes")
deliveries = counter("deliveries", "Publications handed to subscribers, each subscriber counted")
fan_out_seconds = histogram(
    "fan_out_seconds",
    "Handing what is published at one moment to the subscribers of a process",
    buckets=(0.00001, 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5),
)
lag_seconds = histogram(
    "publish_to_socket_seconds", "From publishing a change until a reader's socket has taken it"
)
slow_consumers = counter("slow_consumers", "Readers given up because they did not keep up")
resyncs = counter("resyncs", "Times that a process told its readers to re-read the database")
gaps = counter("gaps_mended", "Gaps in what was published, mended from the database")
caught_up = counter("caught_up_messages", "Messages that readers were sent from the database")

commit_seconds = histogram(
    "commit_seconds", "From asking for a transaction until its COMMIT has returned"
)
commit_batch = histogram(
    "commit_batch_size", "Changes that share one COMMIT", buckets=(1, 2, 4, 8, 16, 32, 64)
)
database_connections = gauge(
    "database_connections",
    "Connections of the pools: used, free, and the most there may be",
    "state",
)
broker_up = Gauge(
    "parley_broker_up",
    "1 where every process reaches the broker, else 0",
    registry=REGISTRY,
    multiprocess_mode="livemin",
)
loop_lag_seconds = histogram(
    "event_loop_lag_seconds", "How much later than asked for the event loop comes back"
)
tasks = gauge("tasks", "Tasks of the event loops")
processes = gauge("processes", "Processes that serve")


def delivered(publications: int, seconds: float) -> None:
    """So many publications have been handed to subscribers in one go, each subscriber counted."""
    deliveries.inc(publications)
    fan_out_seconds.observe(seconds)


def committed(seconds: float, changes: int) -> None:
    """A transaction has been committed."""
    commit_seconds.observe(seconds)
    commit_batch.observe(changes)


class Lag:
    """From publishing to the socket, measured for some of one subscriber's batches.

    Processes compare their clocks, so between machines it is as good as those agree.
    """

    def __init__(self) -> None:
        self._taken = 0
        self._published_at: float | None = None

    def taken(self, batch: Sequence[Publication]) -> None:
        """A batch goes out now."""
        if batch[0].revision is None:
            return
        if self._taken % LAGS_MEASURED == 0:
            self._published_at = batch[0].published_at
        self._taken += 1

    def written(self) -> None:
        """Whoever took the last batch asks for more: it has been written."""
        if self._published_at is not None:
            lag_seconds.observe(max(0.0, time.time() - self._published_at))
            self._published_at = None


@asynccontextmanager
async def sampled(
    is_broker_up: Callable[[], bool], pool_use: Callable[[], dict[str, int]]
) -> AsyncIterator[None]:
    """While the block runs, this process looks at the broker, the pool, its tasks and its event
    loop."""
    processes.set(1)
    async with alongside(sample(is_broker_up, pool_use)):
        yield


async def sample(is_broker_up: Callable[[], bool], pool_use: Callable[[], dict[str, int]]) -> None:
    while True:
        broker_up.set(is_broker_up())
        for state, number in pool_use().items():
            database_connections.labels(state).set(number)
        tasks.set(len(asyncio.all_tasks()))
        asked_at = time.perf_counter()
        await asyncio.sleep(SAMPLED)
        loop_lag_seconds.observe(max(0.0, time.perf_counter() - asked_at - SAMPLED))


def exposition() -> bytes:
    """All of it, of every worker, in Prometheus's text format. Reads files: not in the loop."""
    if FOLDER is None:
        return generate_latest(REGISTRY)
    for file in FOLDER.glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        if not metrics_directory.is_running(pid):
            mark_process_dead(pid, str(FOLDER))
    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(FOLDER))
    return generate_latest(registry)
