"""What we count for Prometheus. With PROMETHEUS_MULTIPROC_DIR set, all processes that share the directory are added up."""

import os
from functools import lru_cache

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from heartbeat.lane import Second

REQUESTS = Histogram(
    "xueshi_request_seconds",
    "Time to answer, and how often, by path template and status.",
    ["method", "path", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
BEATS = Counter("xueshi_beats", "Beats judged, by the state of the session after them.", ["state"])
LANE_REPLIES = Counter("xueshi_lane_replies", "What the fast lane answered, by path and status.", ["path", "status"])
LANE_WAIT = Gauge(
    "xueshi_lane_wait_seconds",
    "How long a beat waited for its reply during the last second, by quantile; the slowest process.",
    ["quantile"],
    multiprocess_mode="livemax",
)
LANE_STRETCH = Gauge(
    "xueshi_lane_stretch", "How many times the usual interval clients are asked to wait.", multiprocess_mode="livemax"
)
CLOCK_GAP = Gauge(
    "xueshi_clock_gap_seconds",
    "How far the system's clock is ahead of ours, which never jumps.",
    multiprocess_mode="livemostrecent",
)
FLUSHED = Counter("xueshi_flushed", "Sessions written to SQL.")
FLUSH_LAG = Gauge(
    "xueshi_flush_lag_seconds", "Age of the oldest change that is not in SQL.", multiprocess_mode="mostrecent"
)


_beats_told = lru_cache(BEATS.labels)


def count_beat(state: str) -> None:
    _beats_told(state).inc()


def count_lane(second: Second) -> None:
    """What the fast lane did during one second."""
    for state, number in second.states.items():
        _beats_told(state).inc(number)
    for (path, status), number in second.statuses.items():
        LANE_REPLIES.labels(path, str(status)).inc(number)
    for quantile in (0.5, 0.99):
        LANE_WAIT.labels(str(quantile)).set(second.wait(quantile))
    LANE_STRETCH.set(second.stretch)


def exposition() -> bytes:
    """All numbers in Prometheus' text format."""
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
