"""What the report shows of the records: a table for each, and a plot."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Subject:
    """One figure of one measure."""

    name: str
    measure: str
    figure: str
    title: str
    less_is_better: bool = False
    has_latency: bool = False
    """Whether the median and the 99th percentile stand beside the figure."""


SUBJECTS = [
    Subject(
        "open",
        "open",
        "rate",
        "Open loop: messages a second that arrive in time (median / 99 %, ms)",
        has_latency=True,
    ),
    Subject(
        "fanout", "fanout", "deliveries_per_second", "Closed loop, fan-out: deliveries per second"
    ),
    Subject(
        "cost",
        "fanout",
        "server_us_per_delivery",
        "Closed loop, fan-out: microseconds of the server for a delivery",
        True,
    ),
    Subject("pairs", "pairs", "messages_per_second", "Closed loop, 500 pairs: messages per second"),
    Subject("latency-p50", "latency", "p50_ms", "200 messages a second: median, ms", True),
    Subject("latency-p99", "latency", "p99_ms", "200 messages a second: 99 %, ms", True),
    Subject("idle", "idle", "kilobytes_per_connection", "Idle connections: kilobytes each", True),
    Subject("sse", "sse", "deliveries_per_second", "Server-Sent Events: deliveries per second"),
    Subject("pages", "pages", "requests_per_second", "Pages: requests per second"),
    Subject("send", "send", "requests_per_second", "Messages posted by form: per second"),
    Subject("large", "large", "p50_ms", "Pages where there is very much: median, ms", True),
    Subject(
        "storm-back",
        "storm",
        "complete_seconds",
        "Reconnect storm: seconds until all are back",
        True,
    ),
    Subject("storm-p95", "storm", "up_p95_ms", "Meanwhile, to those who are there: 95 %, ms", True),
    Subject("storm-memory", "storm", "server_peak_kilobytes", "Most memory: kilobytes", True),
    Subject("churn-memory", "churn", "kilobytes", "Churn: memory, kilobytes", True),
    Subject("churn-files", "churn", "files", "Churn: open files", True),
    Subject("churn-tasks", "churn", "tasks", "Churn: tasks", True),
    Subject(
        "search-p50",
        "search",
        "p50_ms",
        "Searching messages, by conversations of who searches: median, ms",
        True,
    ),
    Subject("search-p95", "search", "p95_ms", "The same: 95 %, ms", True),
    Subject("scaling", "scaling", "deliveries_per_second", "Workers: deliveries per second"),
    Subject(
        "scaling-cost",
        "scaling",
        "server_us_per_delivery",
        "Workers: microseconds of a delivery",
        True,
    ),
]
