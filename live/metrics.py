"""All metrics. docs/operations.md explains each.

`exposition` is what Prometheus scrapes, of all workers together.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Literal

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
"""Seconds between samples of the gauges."""

LAGS_MEASURED = 8
"""The lag is measured for one batch in this many of a subscriber."""

FOLDER = metrics_directory.directory()
if FOLDER is not None:
    values.ValueClass = values.MultiProcessValue()
    mark_process_dead(os.getpid(), str(FOLDER))  # an earlier process may have had this id

disable_created_metrics()
REGISTRY = CollectorRegistry()
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def counter(name: str, what: str, *labels: str) -> Counter:
    return Counter(f"parley_{name}", what, labels, registry=REGISTRY)


def gauge(
    name: str, what: str, *labels: str, mode: Literal["livesum", "livemin"] = "livesum"
) -> Gauge:
    """By default summed over the live workers."""
    return Gauge(f"parley_{name}", what, labels, registry=REGISTRY, multiprocess_mode=mode)


def histogram(name: str, what: str, *labels: str, buckets: Sequence[float] = SECONDS) -> Histogram:
    return Histogram(f"parley_{name}", what, labels, registry=REGISTRY, buckets=buckets)


requests = counter("requests", "Requests and handshakes answered", "method", "route", "status")
request_seconds = histogram(
    "request_seconds",
    "Duration of requests, without streams and polls",
    "route",
)
connections = gauge("connections", "Readers connected now", "tier")
for _tier in ("ws", "sse", "poll"):
    connections.labels(_tier)  # 0 instead of missing before the first one

publications = counter("publications", "Publications that reached this server's processes")
deliveries = counter("deliveries", "Publications delivered to subscribers, each subscriber counted")
fan_out_seconds = histogram(
    "fan_out_seconds",
    "Delivering what is published together to the subscribers of a process",
    buckets=(0.00001, 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5),
)
lag_seconds = histogram(
    "publish_to_socket_seconds", "From publishing a change until a reader's socket has accepted it"
)
slow_consumers = counter("slow_consumers", "Readers disconnected because they did not keep up")
resyncs = counter("resyncs", "Times a process made its readers re-read the database")
gaps = counter("gaps_mended", "Gaps in the publications, read from the database")
caught_up = counter("caught_up_messages", "Messages sent to readers from the database")

commit_seconds = histogram("commit_seconds", "Duration of transactions until COMMIT has returned")
commit_batch = histogram(
    "commit_batch_size", "Changes that share one COMMIT", buckets=(1, 2, 4, 8, 16, 32, 64)
)
database_connections = gauge(
    "database_connections",
    "Connections of the pools: used, free, and their limit",
    "state",
)
broker_up = gauge("broker_up", "1 while every process reaches the broker, else 0", mode="livemin")
loop_lag_seconds = histogram("event_loop_lag_seconds", "How late a timer of the event loop fires")
tasks = gauge("tasks", "Tasks of the event loops")
processes = gauge("processes", "Processes that serve")


def delivered(publications: int, seconds: float) -> None:
    """Count publications delivered in one go, once for each subscriber."""
    deliveries.inc(publications)
    fan_out_seconds.observe(seconds)


def committed(seconds: float, changes: int) -> None:
    """Count a committed transaction."""
    commit_seconds.observe(seconds)
    commit_batch.observe(changes)


class Lag:
    """The time from publishing to the socket, for some of one subscriber's batches.

    It compares the clocks of processes, so between machines it is only as accurate as they are.
    """

    def __init__(self) -> None:
        self._taken = 0
        self._published_at: float | None = None

    def taken(self, batch: Sequence[Publication]) -> None:
        """A batch is about to be written."""
        if batch[0].revision is None:
            return
        if self._taken % LAGS_MEASURED == 0:
            self._published_at = batch[0].published_at
        self._taken += 1

    def written(self) -> None:
        """The last batch has been written: its subscriber asks for the next."""
        if self._published_at is not None:
            lag_seconds.observe(max(0.0, time.time() - self._published_at))
            self._published_at = None


@asynccontextmanager
async def sampled(
    is_broker_up: Callable[[], bool], pool_use: Callable[[], dict[str, int]]
) -> AsyncIterator[None]:
    """Sample the broker, the pool, the tasks and the event loop while the block runs."""
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
    """All workers' metrics in Prometheus's text format. Reads files, so not for the event loop."""
    if FOLDER is None:
        return generate_latest(REGISTRY)
    for file in FOLDER.glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        if not metrics_directory.is_running(pid):
            mark_process_dead(pid, str(FOLDER))
    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(FOLDER))
    return generate_latest(registry)
