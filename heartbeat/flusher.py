"""Redis to SQL. Any number may run; each may die anywhere: the work is done again, with the same result.

One round takes dirty sessions without removing them, merges them into SQL in one transaction, commits, and only then settles
them in Redis. Beside that, each round ends sessions that went silent and marks what is due for healing.
"""

import gc
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from types import FrameType

import structlog
from redis.exceptions import RedisError
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from heartbeat.intake import to_ms
from heartbeat.merge import merge
from heartbeat.store import Record, Store

log = structlog.get_logger()

#: After a failure the next try waits 1 s, then twice as long each time, up to this.
LONGEST_DELAY_S = 30.0
#: How many sessions one round ends or marks for healing.
UPKEEP = 5_000
#: How many dirty sessions are listed at once: looking through all buckets costs as much as flushing a few dozen.
AT_ONCE = 50_000


class Flusher:
    """`told(records, lag_seconds)` is called after each batch, each round and each failure (metrics)."""

    def __init__(
        self,
        engine: Engine,
        store: Store,
        clock: Callable[[], datetime],
        batch: int = 1000,
        told: Callable[[int, float], None] = lambda _records, _lag: None,
    ) -> None:
        self.engine, self.store, self.clock, self.batch, self.told = engine, store, clock, batch, told
        self._held_until = clock()

    def run_once(self) -> int:
        """One round over at most `batch` sessions. Returns how many SQL now holds. Raises what the servers raise."""
        return self.flush(self._records(self.store.dirty(self.batch)))

    def _records(self, members: Sequence[tuple[int, str]]) -> list[Record]:
        records = self.store.records(members)
        if len(records) < len(members):
            found = {record.session.id for record in records}
            self.store.forget(member for member in members if member[1] not in found)
        return records

    def flush(self, records: Sequence[Record]) -> int:
        """Merge and settle. Returns how many SQL now holds. One that it refuses must not hold up the others: it is found by halves."""
        if not records:
            return 0
        now = self.clock()
        try:
            self.merge(records, now)
        except (IntegrityError, DataError) as error:
            if len(records) == 1:
                log.error("record_refused", session=records[0].session.id, error=str(error.orig))
                return 0
            half = len(records) // 2
            return self.flush(records[:half]) + self.flush(records[half:])
        self.settle(records, now)
        self.told(len(records), self.lag_s())
        return len(records)

    def merge(self, records: Sequence[Record], now: datetime) -> None:
        with self.engine.begin() as connection:
            merge(connection, records, now)

    def settle(self, records: Sequence[Record], now: datetime) -> None:
        self.store.settle(records, to_ms(now))

    def upkeep(self) -> None:
        """End sessions that went silent, and mark for one more flush what is due for it."""
        now_ms = to_ms(self.clock())
        self.store.lapse(self.store.due(now_ms, UPKEEP), now_ms)
        self.store.heal(self.store.to_heal(now_ms, UPKEEP), now_ms)

    def drain(self, stop: threading.Event | None = None) -> int:
        """Upkeep, then batch after batch of what is dirty now. Returns how many records SQL now holds.

        Under load something is dirty always, so the end is not when nothing is. Two batches are under way at a time: while the
        database works on one, the other is read or settled. SQLite has one writer, so there it is one.
        """
        began = self.clock()
        self.upkeep()
        members = self.store.dirty(AT_ONCE)
        batches = [members[start : start + self.batch] for start in range(0, len(members), self.batch)]

        def flush(batch: Sequence[tuple[int, str]]) -> int:
            return 0 if stop is not None and stop.is_set() else self.flush(self._records(batch))

        with ThreadPoolExecutor(1 if self.engine.dialect.name == "sqlite" else 2, "flush") as workers:
            total = sum(workers.map(flush, batches))
        if len(members) < AT_ONCE and not (stop is not None and stop.is_set()):
            self._held_until = began
        self.told(0, self.lag_s())
        return total

    def lag_s(self) -> float:
        """How long ago the last round began that left nothing behind: nothing older is missing in SQL."""
        return max(0.0, (self.clock() - self._held_until).total_seconds())

    def run(self, interval_s: float, stop: threading.Event | None = None) -> None:
        """Flush until `stop` is set or SIGTERM or SIGINT comes; then once more, and return."""
        stop = stop or _stop_on_signals()
        gc.freeze()  # what is loaded by now stays; looking through it again and again costs a fifth of the time
        delay = 0.0
        while not stop.wait(delay or interval_s):
            try:
                self.drain(stop)
                delay = 0.0
            except (SQLAlchemyError, RedisError) as error:
                delay = min(LONGEST_DELAY_S, delay * 2 or 1.0)
                self.told(0, self.lag_s())
                log.warning("flush_failed", error=type(error).__name__, retry_in_s=delay)
        try:
            self.drain()
        except (SQLAlchemyError, RedisError) as error:
            # Nothing is lost: the records stay dirty until a flusher runs again.
            log.warning("last_flush_failed", error=type(error).__name__)


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()

    def handle(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)
    return stop
