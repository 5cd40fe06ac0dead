"""A flusher that is killed in mid-flush, after COMMIT and before it settles: python -m benchmarks.peers.dying_flusher.

Reads DATABASE_URL, REDIS_URL and CLOCK.
"""

import os
import signal
from collections.abc import Sequence
from datetime import datetime

from benchmarks.peers.ours_app import clock
from heartbeat.flusher import Flusher
from heartbeat.store import Record, Store
from server.clients import make_redis
from server.database import make_engine


class DyingFlusher(Flusher):
    def settle(self, records: Sequence[Record], now: datetime) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    store = Store(make_redis(os.environ["REDIS_URL"]))
    DyingFlusher(make_engine(os.environ["DATABASE_URL"]), store, clock()).run_once()
