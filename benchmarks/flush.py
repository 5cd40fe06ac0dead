"""What it costs to bring a record from Redis to PostgreSQL, MariaDB and SQLite: records a second, and processor time of each part.

A record is one dirty session: its evidence row, the coverage of a 20-minute lesson, a day's tally and the enrolment's total. "new" finds
only the enrolments in SQL; "again" finds every row there already, which is the usual case. The databases take turns within a round.
PostgreSQL commits to the disk as in production (fsync and full page images on; SETTINGS); MariaDB of the tests does not wait for it.

    python -m benchmarks.flush               20,000 teachers on each database
    python -m benchmarks.flush --million     1,000,000 on PostgreSQL
    python -m benchmarks.flush --flushers 2  several flushers at once on PostgreSQL: how much they do twice
"""

import argparse
import gc
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from redis import Redis
from sqlalchemy.engine import Connection, Engine

from benchmarks import machine, servers
from heartbeat import bitmap, keys
from heartbeat.flusher import Flusher
from heartbeat.state import Rules, Session
from heartbeat.store import Store
from models import Account, Base, Course, Coverage, Enrolment, Lesson, Programme
from server.database import make_engine
from tests.servers import MariadbServer, Missing, Process

#: What the rows of a million teachers want: they fit into memory, and pages are not written to the log in full every few minutes.
SETTINGS = ("shared_buffers=1GB", "max_wal_size=8GB", "checkpoint_timeout=15min")
DATABASES = ("postgresql", "mariadb", "sqlite")
RECORDS = 20_000
ROUNDS = 3
NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
DAY = 20260105


# What there is to flush -----------------------------------------------------------------------------------------------


def populate(engine: Engine, count: int) -> None:
    """So many teachers, each enrolled once."""
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    account = {
        "role": "teacher", "name": "", "id_kind": "resident_id", "id_envelope": b"", "first_password": "random",
        "must_change_password": False, "must_confirm_profile": False, "token_version": 1, "failed_logins": 0,
        "created_at": NOW,
    }  # fmt: skip
    enrolment = {"programme_id": 1, "status": "active", "enrolled_at": NOW, "credited_seconds": 0}
    numbers = range(1, count + 1)
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
        insert(connection, Account, ({**account, "id": i, "id_index": f"{i:064}"} for i in numbers))
        insert(connection, Enrolment, ({**enrolment, "id": i, "account_id": i} for i in numbers))
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("VACUUM ANALYZE"))


def insert(connection: Connection, model: type[Base], rows: Iterator[dict[str, Any]]) -> None:
    if connection.dialect.name != "postgresql":
        while some := list(islice(rows, 10_000)):
            connection.execute(sa.insert(model), some)
        return
    first = next(rows)
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {model.__tablename__} ({', '.join(first)}) FROM STDIN") as copy:
        copy.write_row(list(first.values()))
        for row in rows:
            copy.write_row(list(row.values()))


def make_dirty(redis: "Redis", count: int, version: int) -> None:
    """The same sessions as `count` teachers would leave in Redis after `version` beats of 20 s."""
    seconds = min(1200, 20 * version)
    coverage = bitmap.of([(0, seconds)])
    encode = msgspec.msgpack.Encoder().encode
    by_bucket: dict[int, list[int]] = {}
    for i in range(1, count + 1):
        by_bucket.setdefault(keys.bucket(i), []).append(i)
    pipe = redis.pipeline(transaction=False)
    for bucket, accounts in by_bucket.items():
        prefix = keys.tag(bucket)
        values: dict[str, Any] = {}
        dirty: dict[str, int] = {}
        for i in accounts:
            session = Session(
                id=f"{i * 0x9E3779B97F4A7C15 % 2**96:024x}", account=i, enrolment=i, lesson=1, duration=1200, rules=Rules(),
                opened_ms=NOW_MS, last_ms=NOW_MS, next_check_ms=0, version=version, seq=version, reported=seconds,
                credited=seconds, days=[DAY],
            )  # fmt: skip
            values[keys.session(prefix, session.id)] = encode(session)
            values[keys.coverage(prefix, i, 1)] = coverage
            values[keys.day(prefix, i, DAY)] = seconds
            dirty[session.id] = version
        pipe.mset(values)
        pipe.zadd(keys.dirty(prefix), dirty)
        if len(values) * len(pipe.command_stack) > 30_000:
            pipe.execute()
    pipe.execute()


# The flusher, in a process of its own ---------------------------------------------------------------------------------


class Draining:
    """A flusher that drains when it is told to, and says what that cost it."""

    def __init__(self, database_url: str, redis_url: str, batch: int | None) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self.process = context.Process(target=_obey, args=(theirs, database_url, redis_url, batch), daemon=True)
        self.process.start()
        self.finish()

    def start(self) -> None:
        self._pipe.send("drain")

    def finish(self) -> tuple[int, float]:
        """Records, and how much the process grew, MB."""
        answer: tuple[int, float] = self._pipe.recv()
        return answer

    def close(self) -> None:
        self._pipe.close()
        self.process.join()


def _obey(pipe: Any, database_url: str, redis_url: str, batch: int | None) -> None:
    engine = make_engine(database_url)
    flusher = Flusher(engine, Store(Redis.from_url(redis_url)), lambda: NOW, **({"batch": batch} if batch else {}))
    pipe.send((flusher.drain(), 0.0))
    gc.freeze()  # as Flusher.run does
    while True:
        try:
            pipe.recv()
        except EOFError:
            return
        Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
        before = _memory_mb("VmRSS")
        pipe.send((flusher.drain(), _memory_mb("VmHWM") - before))


def _memory_mb(name: str) -> float:
    status = Path(f"/proc/{os.getpid()}/status").read_text()
    return int(status.partition(f"{name}:")[2].split()[0]) / 1024


# Measuring ------------------------------------------------------------------------------------------------------------


class Bench:
    """One database with its own Redis, and flushers."""

    def __init__(self, name: str, stack: ExitStack, count: int, flushers: int = 1, batch: int | None = None) -> None:
        self.name, self.count = name, count
        redis_server = stack.enter_context(servers.redis())
        self.redis = Redis.from_url(redis_server.url)
        self.redis.config_set("appendonly", "no")  # its log costs the same whoever fills it
        server, url = stack.enter_context(_database(name))
        self.engine = make_engine(url)
        stack.callback(self.engine.dispose)
        Base.metadata.create_all(self.engine)
        self.flushers = [stack.enter_context(closing(Draining(url, redis_server.url, batch))) for _ in range(flushers)]
        self._groups = {
            "flusher": [flusher.process.pid for flusher in self.flushers],
            "sql": [servers.pid_of(server)] if server else [],
            "redis": [servers.pid_of(redis_server)],
        }

    def prepare(self) -> None:
        self.redis.flushall()
        populate(self.engine, self.count)

    def drain(self, version: int) -> dict[str, float]:
        """Records a second, microseconds of processor a record, growth in MB, and how many records were flushed twice."""
        make_dirty(self.redis, self.count, version)
        used, began = machine.cpu_of(self._groups), time.perf_counter()
        for flusher in self.flushers:
            flusher.start()
        told = [flusher.finish() for flusher in self.flushers]
        took = time.perf_counter() - began
        costs = {name: (now - used[name]) / self.count * 1e6 for name, now in machine.cpu_of(self._groups).items()}
        records = sum(flushed for flushed, _ in told)
        assert records >= self.count, "all of them"
        return {
            "per_second": self.count / took,
            **{f"{name}_us": cost for name, cost in costs.items()},
            "us": sum(costs.values()),
            "grown_mb": max(grown for _, grown in told),
            "twice": records - self.count,
        }

    def check(self, version: int) -> None:
        """Every second arrived, once."""
        with self.engine.connect() as connection:
            totals = connection.scalar(sa.select(sa.func.sum(Coverage.credited)))
            assert totals == self.count * min(1200, 20 * version)
            assert connection.scalar(sa.select(sa.func.sum(Enrolment.credited_seconds))) == totals


@contextmanager
def _database(name: str) -> Iterator[tuple[Process | None, str]]:
    """Raises Missing."""
    if name == "postgresql":
        with servers.postgres(SETTINGS) as postgres:
            yield postgres, postgres.create_database("bench")
    elif name == "mariadb":
        with closing(MariadbServer().start()) as mariadb:
            yield mariadb, mariadb.create_database("bench")
    else:
        with tempfile.TemporaryDirectory(prefix="xs-") as directory:
            yield None, f"sqlite:///{directory}/flush.db"


def measure(benches: Sequence[Bench], rounds: int, versions: Sequence[int] = (10, 20, 30, 40)) -> list[dict[str, Any]]:
    """Medians. `new` once a round, `again` for each of these versions."""
    found: dict[tuple[str, str], list[dict[str, float]]] = {}
    for _ in range(rounds):
        for bench in benches:
            bench.prepare()
            found.setdefault((bench.name, "new"), []).append(bench.drain(1))
            for version in versions:
                found.setdefault((bench.name, "again"), []).append(bench.drain(version))
            bench.check(version)
    return [
        {"database": name, "case": case, "records": benches[0].count}
        | {figure: statistics.median(each[figure] for each in all_) for figure in all_[0]}
        for (name, case), all_ in found.items()
    ]


def show(results: Iterable[dict[str, Any]]) -> None:
    print("database     case     records   rec/s   us each = flusher +    SQL + Redis   grown MB  twice")
    for r in results:
        print(
            f"{r['database']:<12} {r['case']:<6} {r['records']:>9,} {r['per_second']:>7,.0f} {r['us']:>9.1f}"
            f" {r['flusher_us']:>9.1f} {r['sql_us']:>8.1f} {r['redis_us']:>7.1f} {r['grown_mb']:>10.0f} {r['twice']:>6.0f}",
            flush=True,
        )


def main(arguments: Sequence[str] = ()) -> list[dict[str, Any]]:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.flush")
    parser.add_argument("--million", action="store_true")
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--flushers", type=int, default=1)
    parser.add_argument("--batch", type=int)
    options = parser.parse_args(arguments)
    count = 1_000_000 if options.million else options.records
    alone = options.million or options.flushers > 1
    with ExitStack() as stack:
        benches = []
        for name in DATABASES[:1] if alone else DATABASES:
            try:
                benches.append(Bench(name, stack, count, options.flushers, options.batch))
            except Missing as missing:
                print(f"{name:<12} {missing}")
        results = measure(benches, 1, (10, 20)) if options.million else measure(benches, options.rounds)
    show(results)
    return results


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
