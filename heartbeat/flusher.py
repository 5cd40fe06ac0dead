"""Redis to SQL. Any number may run; each may die anywhere: the work is done again, with the same result.

One round goes through the buckets: it takes dirty sessions without removing them, merges them into SQL, a batch a transaction,
commits, and only then settles them in Redis. Beside that it ends sessions that went silent and marks what is due for healing.
"""

import gc
import random
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from types import FrameType
from typing import TypeVar

import structlog
from redis.exceptions import RedisError
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from heartbeat import bitmap
from heartbeat.intake import to_ms
from heartbeat.keys import BUCKETS
from heartbeat.merge import merge
from heartbeat.store import Member, Record, Store

log = structlog.get_logger()
T = TypeVar("T")

#: After a failure the next try waits 1 s, then twice as long each time, up to this.
LONGEST_DELAY_S = 30.0
#: How many records one transaction holds: more of them share a page and a command, fewer let go of their locks sooner.
BATCH = 4000
#: For so long a record that SQL refused is left out, and then tried again apart from the others …
REFUSED_FOR_MS = 600_000
#: … and so many are remembered: beyond that, the one refused longest ago is tried with the others.
REFUSED_MOST = 10_000
#: Each bucket is looked through once in this time for sessions that went silent or are due for healing …
UPKEEP_EVERY_MS = 30_000
#: … so many buckets at a time.
UPKEEP_AT_ONCE = 64


class Flusher:
    """`told(records, lag_seconds)` is called after each batch, each round and each failure (metrics)."""

    def __init__(
        self,
        engine: Engine,
        store: Store,
        clock: Callable[[], datetime],
        batch: int = BATCH,
        told: Callable[[int, float], None] = lambda _records, _lag: None,
    ) -> None:
        self.engine, self.store, self.clock, self.batch, self.told = engine, store, clock, batch, told
        # Its own order, so that many flushers seldom meet; always the same, so that no bucket waits longer than one round.
        self._order = random.sample(range(BUCKETS), BUCKETS)
        #: By bucket: SQL holds every change from before this moment, ms.
        self._held = [to_ms(clock())] * BUCKETS
        self._kept_ms, self._kept = 0, 0
        #: By session id: when a record that SQL refused may be tried again, ms. The oldest comes first.
        self._refused: dict[str, int] = {}
        self._refusing = threading.Lock()

    def run_once(self) -> int:
        """One round over at most `batch` sessions. Returns how many SQL now holds. Raises what the servers raise."""
        return self.flush(self._records(self.store.dirty(self.batch)))

    def _records(self, members: Sequence[Member]) -> list[Record]:
        records = self.store.records(members)
        if torn := {record.session.id for record in records if bitmap.count(record.coverage) < record.session.covered}:
            # Redis was emptied or put back between the two reads of a record: its coverage lacks what its session counts.
            again = self.store.records([member for member in members if member[1] in torn])
            records = [record for record in records if record.session.id not in torn] + again
        if len(records) < len(members):
            found = {record.session.id for record in records}
            self.store.forget(member for member in members if member[1] not in found)
        return records

    def flush(self, records: Sequence[Record]) -> int:
        """Merge and settle. Returns how many SQL now holds.

        One that it refuses must not hold up the others: it is found by halves, once. Then it is left out for a while, whatever
        comes to it, and after that tried with its like.
        """
        if not self._refused:
            return self._flush(records)
        now_ms = to_ms(self.clock())
        ours, again = list[Record](), list[Record]()
        for record in records:
            until_ms = self._refused.get(record.session.id)
            if until_ms is None:
                ours.append(record)
            elif until_ms <= now_ms:
                again.append(record)
        return self._flush(ours) + self._flush(again)

    def _flush(self, records: Sequence[Record]) -> int:
        if not records:
            return 0
        now = self.clock()
        try:
            self.merge(records, now)
        except (IntegrityError, DataError) as error:
            if len(records) == 1:
                log.error("record_refused", session=records[0].session.id, error=str(error.orig))
                self._refuse(records[0].session.id, to_ms(now) + REFUSED_FOR_MS)
                return 0
            half = len(records) // 2
            return self._flush(records[:half]) + self._flush(records[half:])
        self.settle(records, now)
        if self._refused:
            self._accept(records)
        self.told(len(records), self.lag_s())
        return len(records)

    def _refuse(self, session_id: str, until_ms: int) -> None:
        with self._refusing:
            self._refused.pop(session_id, None)
            self._refused[session_id] = until_ms
            if len(self._refused) > REFUSED_MOST:
                del self._refused[next(iter(self._refused))]

    def _accept(self, records: Sequence[Record]) -> None:
        with self._refusing:
            for record in records:
                self._refused.pop(record.session.id, None)

    def merge(self, records: Sequence[Record], now: datetime) -> None:
        with self.engine.begin() as connection:
            merge(connection, records, now)

    def settle(self, records: Sequence[Record], now: datetime) -> None:
        self.store.settle(records, to_ms(now))

    def upkeep(self) -> None:
        """End sessions that went silent, and mark for one more flush what is due for it, in the buckets whose turn it is."""
        now_ms = to_ms(self.clock())
        number = min(BUCKETS, (now_ms - self._kept_ms) * BUCKETS // UPKEEP_EVERY_MS)
        if number < UPKEEP_AT_ONCE:
            return
        self._kept_ms = now_ms
        turn = [(self._kept + step) % BUCKETS for step in range(number)]
        self._kept = (self._kept + number) % BUCKETS
        for buckets in _cut(turn, UPKEEP_AT_ONCE):
            self.store.lapse(self.store.silent(self.store.due(now_ms, buckets), now_ms), now_ms)
            self.store.heal(self.store.to_heal(now_ms, buckets), now_ms)

    def drain(self, stop: threading.Event | None = None) -> int:
        """Upkeep, then once through all buckets. Returns how many records SQL now holds.

        Under load something is dirty always, so the end is not when nothing is. Two batches are under way at a time: while the
        database works on one, the other is read or settled. SQLite has one writer, so there it is one. What is listed at once is
        a batch, so a backlog of millions takes no more memory than a small one.
        """
        self.upkeep()
        began_ms = to_ms(self.clock())
        sizes = self.store.sizes()
        self._hold((bucket for bucket, size in enumerate(sizes) if not size), began_ms)
        total = 0
        with ThreadPoolExecutor(1 if self.engine.dialect.name == "sqlite" else 2, "flush") as workers:
            for flushed in workers.map(lambda buckets: self._flush_buckets(buckets, stop), self._shares(sizes)):
                total += flushed
                self.upkeep()
        self.told(0, self.lag_s())
        return total

    def _shares(self, sizes: Sequence[int]) -> Iterator[list[int]]:
        """Buckets that make about one batch."""
        share, room = list[int](), self.batch
        for bucket in self._order:
            if share and room < sizes[bucket]:
                yield share
                share, room = [], self.batch
            if sizes[bucket]:
                share.append(bucket)
                room -= sizes[bucket]
        if share:
            yield share

    def _flush_buckets(self, buckets: Sequence[int], stop: threading.Event | None) -> int:
        began_ms, flushed = to_ms(self.clock()), 0
        for members in _cut(self.store.dirty_in(buckets), self.batch):
            if stop is not None and stop.is_set():
                return flushed
            flushed += self.flush(self._records(members))
        self._hold(buckets, began_ms)
        return flushed

    def _hold(self, buckets: Iterable[int], since_ms: int) -> None:
        for bucket in buckets:
            self._held[bucket] = since_ms

    def lag_s(self) -> float:
        """No change older than this is missing in SQL: how long ago that bucket was listed which has waited longest.

        But for what SQL refuses or nobody can read: such records do not show here, the log names them (`record_refused` each time
        one is tried, `state_unreadable` each round). They stay dirty.
        """
        return max(0.0, (to_ms(self.clock()) - min(self._held)) / 1000)

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


def _cut(whole: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(whole), size):
        yield whole[start : start + size]
