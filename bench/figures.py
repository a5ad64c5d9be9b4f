"""What matters of what the load generator has counted."""

from bench.generator import Figures


def per_delivery(figures: Figures) -> Figures:
    """Of a talk: rates, the server's cost, what was lost."""
    deliveries, seconds = figures["deliveries"], figures["seconds"]
    return {
        "deliveries_per_second": deliveries / seconds,
        "messages_per_second": figures["messages"] / seconds,
        "server_us_per_delivery": figures["server_cpu_seconds"] * 1e6 / max(deliveries, 1),
        "server_busy": figures["server_cpu_seconds"] / seconds,
        "bytes_per_delivery": figures["bytes"] / max(deliveries, 1),
        "p50_ms": figures["p50_ms"],
        "p99_ms": figures["p99_ms"],
        "lost": figures["lost"],
        "unheard": figures["unheard"],
        "repeated": figures["repeated"],
        "ended": figures["ended"],
        "generator_busy": figures["generator_cpu_seconds"] / seconds,
        "generator_us_per_frame": figures["generator_us_per_frame"],
    }
