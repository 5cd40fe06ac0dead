"""The live view (实时监控): what is going on now, cheap enough to be asked every five seconds by several people. Of the whole platform.

watching    open sessions in Redis (ZCARD of each bucket's index)
reasons     why seconds were withheld in sessions that are open now: of a sample of buckets, others each time, so no scan
today       seconds credited since yesterday's snapshot, by the rollups: minutes old, and said so
backlog     sessions that hold something SQL lacks; lag: how long the oldest of a sample has waited, at least
beats       judged so far by the processes of this machine (Prometheus); the page shows the difference of two looks
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from heartbeat import glance, keys
from heartbeat.intake import to_ms
from heartbeat.reasons import WHY
from heartbeat.state import REASONS
from heartbeat.store import Store
from models import DailyTally, SchoolTally
from services.watching import snapshots

#: Of how many of the 1024 buckets the reasons are read, and of how many waiting sessions the lag.
SAMPLED, LAG_OF = 32, 100
#: Shorter than the sentences for teachers.
TITLES = {
    "too_fast": "播放过快",
    "gap": "失去联系过久",
    "hidden": "窗口在后台",
    "skipped": "拖动跳过",
    "repeat": "重复观看",
    "day_cap": "达到每日上限",
    "idle": "在场确认未答",
    "closed": "不在学习时间",
    "displaced": "被另一设备接替",
    "ended": "学习已结束",
}
_FILES = "gauge_livemax_*.db"
Found = TypeVar("Found")


@dataclass(frozen=True)
class Reason:
    """`seconds` of the sample; `share` of all that the sampled sessions reported."""

    title: str
    why: str
    seconds: int
    share: float


@dataclass(frozen=True)
class Playing:
    watching: int
    sampled: int
    reported: int
    credited: int
    pending: int
    reasons: list[Reason]
    backlog: int
    busiest: int
    lag_s: int


@dataclass(frozen=True)
class Live:
    """`playing` None: Redis is away; `today_s` None: no snapshot of yesterday to compare with, or SQL is away."""

    at: datetime
    playing: Playing | None
    redis_ms: float | None
    sql_ms: float | None
    today_s: int | None
    counted_at: datetime | None
    beats: int
    workers: int


def look(session: Session, store: Store, now: datetime) -> Live:
    playing, redis_ms = _timed(lambda: _playing(store, now))
    today, sql_ms = _timed(lambda: _today(session, now))
    today_s, counted_at = today or (None, None)
    return Live(now, playing, redis_ms, sql_ms, today_s, counted_at, _beats(), _workers())


def _timed(ask: Callable[[], Found]) -> tuple[Found | None, float | None]:
    """What it says and how long it took, ms; (None, None) where the server is away."""
    started = time.perf_counter()
    try:
        return ask(), round((time.perf_counter() - started) * 1000, 1)
    except (RedisError, SQLAlchemyError):
        return None, None


def _playing(store: Store, now: datetime) -> Playing:
    sizes = store.sizes()
    oldest_ms = glance.oldest_ms(store, LAG_OF) if any(sizes) else None
    first = to_ms(now) % keys.BUCKETS  # others each time
    sample = glance.opened_in(store, ((first + place) % keys.BUCKETS for place in range(SAMPLED)))
    reported = sum(one.reported for one in sample)
    withheld = {reason: sum(int(getattr(one, reason)) for one in sample) for reason in REASONS}
    return Playing(
        watching=glance.opened(store),
        sampled=len(sample),
        reported=reported,
        credited=sum(one.credited for one in sample),
        pending=sum(one.pending for one in sample),
        reasons=[
            Reason(TITLES[reason], WHY[reason], seconds, seconds / reported)
            for reason, seconds in sorted(withheld.items(), key=lambda item: -item[1])
            if seconds
        ],
        backlog=sum(sizes),
        busiest=max(sizes),
        lag_s=max(0, to_ms(now) - oldest_ms) // 1000 if oldest_ms is not None else 0,
    )


def _today(session: Session, now: datetime) -> tuple[int | None, datetime | None]:
    """Of programmes that were frozen yesterday."""
    yesterday = now.astimezone(snapshots.ZONE).date() - timedelta(days=1)
    before = sa.select(DailyTally.programme_slug, sa.func.sum(DailyTally.credited_seconds)).where(
        DailyTally.day == yesterday
    )
    frozen = {slug: int(seconds) for slug, seconds in session.execute(before.group_by(DailyTally.programme_slug))}
    after = sa.select(sa.func.sum(SchoolTally.credited_seconds), sa.func.max(SchoolTally.counted_at)).where(
        SchoolTally.programme_slug.in_(frozen)
    )
    seconds, counted_at = session.execute(after).one()
    return (max(0, int(seconds) - sum(frozen.values())), counted_at) if seconds is not None else (None, None)


def _beats() -> int:
    registry = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        collect: Callable[[CollectorRegistry], object] = MultiProcessCollector
        collect(registry)
    return int(
        sum(
            sample.value
            for metric in registry.collect()
            if metric.name == "xueshi_beats"
            for sample in metric.samples
            if sample.name == "xueshi_beats_total"
        )
    )


def _workers() -> int:
    """Processes of the web server on this machine; 1 where they do not count together."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    return len(list(Path(folder).glob(_FILES))) if folder else 1


def beats_per_minute(seen: Live, before: int | None, at_ms: int | None) -> int | None:
    """Since a look of so many beats at that moment; None where there was none, or the processes began anew meanwhile."""
    if before is None or at_ms is None:
        return None
    passed_ms = to_ms(seen.at) - at_ms
    return round((seen.beats - before) * 60_000 / passed_ms) if passed_ms > 0 and seen.beats >= before else None
