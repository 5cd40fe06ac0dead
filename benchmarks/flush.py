"""How many records a second one flusher brings from Redis to PostgreSQL, MariaDB and SQLite, in batches of 1,000.

A record is one dirty session: its evidence row, the coverage of a 20-minute lesson, a day's tally and the enrolment's total.
"first" finds only the enrolments in SQL, "again" finds every row there already, which is the usual case.
"""

import gc
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from redis import Redis
from sqlalchemy.engine import Engine

from heartbeat import bitmap, keys
from heartbeat.flusher import Flusher
from heartbeat.state import Rules, Session
from heartbeat.store import Store
from models import Account, Base, Course, Coverage, Enrolment, Lesson, Programme
from server.database import make_engine
from tests.servers import MariadbServer, Missing, PostgresServer, RedisServer

RECORDS = 20_000
ROUNDS = 3
NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
DAY = 20260105


def populate(engine: Engine, count: int) -> None:
    """So many teachers, each enrolled once."""
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(
            sa.insert(Programme),
            {"id": 1, "slug": "bench", "version": 1, "title": "", "document": "", "published_at": NOW},
        )
        connection.execute(
            sa.insert(Course),
            {"id": 1, "programme_slug": "bench", "code": "c", "module": "m", "title": "", "stage": "", "subject": ""},
        )
        connection.execute(
            sa.insert(Lesson),
            {"id": 1, "course_id": 1, "code": "l", "title": "", "position": 1, "duration": 1200, "media": ""},
        )
        account = {
            "role": "teacher", "name": "", "id_kind": "resident_id", "id_envelope": b"", "first_password": "random",
            "must_change_password": False, "must_confirm_profile": False, "token_version": 1, "failed_logins": 0,
            "created_at": NOW,
        }  # fmt: skip
        connection.execute(
            sa.insert(Account), [account | {"id": i, "id_index": f"{i:064}"} for i in range(1, count + 1)]
        )
        enrolment = {"programme_id": 1, "status": "active", "enrolled_at": NOW, "credited_seconds": 0}
        connection.execute(sa.insert(Enrolment), [enrolment | {"id": i, "account_id": i} for i in range(1, count + 1)])


def make_dirty(redis: "Redis", count: int, version: int) -> None:
    """The same sessions as `count` teachers would leave in Redis after `version` beats of 20 s."""
    seconds = min(1200, 20 * version)
    coverage = bitmap.of([(0, seconds)])
    pipe = redis.pipeline(transaction=False)
    for i in range(1, count + 1):
        prefix = keys.tag(keys.bucket(i))
        session = Session(
            id=f"{i:024x}", account=i, enrolment=i, lesson=1, duration=1200, rules=Rules(), opened_ms=NOW_MS, last_ms=NOW_MS,
            next_check_ms=0, version=version, seq=version, reported=seconds, credited=seconds, days=[DAY],
        )  # fmt: skip
        pipe.set(keys.session(prefix, session.id), msgspec.msgpack.encode(session))
        pipe.set(keys.coverage(prefix, i, 1), coverage)
        pipe.set(keys.day(prefix, i, DAY), seconds)
        pipe.zadd(keys.dirty(prefix), {session.id: version})
        if i % 2000 == 0:
            pipe.execute()
    pipe.execute()


def drain(flusher: Flusher) -> float:
    """Records a second."""
    began = time.perf_counter()
    assert flusher.drain() == RECORDS
    return RECORDS / (time.perf_counter() - began)


def measure(name: str, engine: Engine, redis: "Redis") -> dict[str, Any]:
    flusher = Flusher(engine, Store(redis), lambda: NOW, batch=1000)
    first, again = [], []
    for turn in range(ROUNDS):
        redis.flushall()
        populate(engine, RECORDS)
        make_dirty(redis, RECORDS, 1 + turn)
        first.append(drain(flusher))
        make_dirty(redis, RECORDS, 10 + turn)
        again.append(drain(flusher))
    with engine.connect() as connection:
        totals = connection.scalar(sa.select(sa.func.sum(Coverage.credited)))
        assert totals == RECORDS * 20 * (10 + ROUNDS - 1), "every second arrived"
        assert connection.scalar(sa.select(sa.func.sum(Enrolment.credited_seconds))) == totals
    return {"database": name, "records": RECORDS, "first": statistics.median(first), "again": statistics.median(again)}


def main() -> list[dict[str, Any]]:
    gc.freeze()  # as Flusher.run does
    results = []
    redis_server = RedisServer().start()
    redis = Redis.from_url(redis_server.url)
    try:
        for name in ("postgresql", "mariadb", "sqlite"):
            server = None
            try:
                if name == "sqlite":
                    engine = make_engine(f"sqlite:///{Path(tempfile.mkdtemp()) / 'flush.db'}")
                else:
                    # A commit is a commit: the servers are not told to be quick.
                    server = PostgresServer().start(durable=True) if name == "postgresql" else MariadbServer().start()
                    engine = make_engine(server.create_database("bench"))
                results.append(measure(name, engine, redis))
                print(
                    f"{name:<12} first {results[-1]['first']:>8,.0f}/s   again {results[-1]['again']:>8,.0f}/s",
                    flush=True,
                )
                engine.dispose()
            except Missing as missing:
                print(f"{name:<12} {missing}")
            finally:
                if server:
                    server.close()
    finally:
        redis_server.close()
    return results


if __name__ == "__main__":
    main()
