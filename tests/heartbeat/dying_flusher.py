"""A flusher that kills itself, for a process of its own. Run by test_crashes.py."""

import os
import signal
from collections.abc import Sequence
from datetime import UTC, datetime

from redis import Redis

from heartbeat.flusher import Flusher
from heartbeat.merge import merge
from heartbeat.store import Record, Store
from server.database import make_engine
from tests.heartbeat.histories import START_MS

WHERE = ("after_read", "in_the_transaction", "after_commit", "half_settled")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class DyingFlusher(Flusher):
    where = ""

    def merge(self, records: Sequence[Record], now: datetime) -> None:
        if self.where == "after_read":
            die()
        with self.engine.begin() as connection:
            merge(connection, records, now)
            if self.where == "in_the_transaction":
                die()

    def settle(self, records: Sequence[Record], now: datetime) -> None:
        if self.where == "half_settled":
            super().settle(records[: len(records) // 2], now)
        die()


def flush(database_url: str, redis_url: str, where: str) -> None:
    DyingFlusher.where = where
    now = datetime.fromtimestamp(START_MS / 1000, UTC)
    DyingFlusher(make_engine(database_url), Store(Redis.from_url(redis_url)), lambda: now).run_once()
