"""kill -9 where it hurts. What SQL holds in the end is compared with an independent bookkeeper (Learner.played)."""

import multiprocessing
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
import sqlalchemy as sa
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from heartbeat.flusher import Flusher
from heartbeat.store import Store
from server.clients import make_redis
from server.database import make_engine
from tests.conftest import _with_schema
from tests.heartbeat import dying_flusher
from tests.heartbeat.dying_flusher import WHERE
from tests.heartbeat.histories import START_MS
from tests.heartbeat.studying import Learner, assert_sql_holds, learners
from tests.servers import PostgresServer, RedisServer

NOW = datetime.fromtimestamp(START_MS / 1000, UTC)
ROOT = Path(__file__).parents[2]


@pytest.fixture
def sql(engine: sa.Engine) -> Iterator[Session]:
    with Session(engine) as opened:
        yield opened


@pytest.fixture(scope="module")
def forks() -> ForkServerContext:
    """Processes without anything of this one, as `python -m` makes them, but what they import is loaded once for all."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.heartbeat.dying_flusher"])
    return context


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    server = RedisServer().start()
    yield server
    server.close()


class TestFlusher:
    @pytest.mark.parametrize("where", WHERE)
    def test_killed_anywhere_the_next_one_ends_with_the_same_totals(
        self,
        sql: Session,
        engine: sa.Engine,
        database_url: str,
        redis: "Redis",
        redis_url: str,
        forks: ForkServerContext,
        where: str,
    ) -> None:
        store = Store(redis)
        studied = [learner.open().watch() for learner in learners(sql, store, 9)]
        for learner in studied[:3]:
            learner.watch(end=True)
        dying = forks.Process(target=dying_flusher.flush, args=(database_url, redis_url, where))
        dying.start()
        dying.join(60)
        assert dying.exitcode == -signal.SIGKILL
        for learner in studied[3:]:
            learner.watch()
        Flusher(engine, store, lambda: NOW).drain()
        assert_sql_holds(sql, studied)
        assert store.backlog() == 0

    def test_stopped_by_sigterm_it_flushes_what_is_there_and_ends_well(
        self, sql: Session, database_url: str, redis: "Redis", redis_url: str, tmp_path: Path
    ) -> None:
        studied = [learner.open().watch() for learner in learners(sql, Store(redis), 5)]
        program = (
            "import sys; from datetime import UTC, datetime; from redis import Redis; from heartbeat.flusher import Flusher;"
            "from heartbeat.store import Store; from server.database import make_engine;"
            "f = Flusher(make_engine(sys.argv[1]), Store(Redis.from_url(sys.argv[2])), lambda: datetime.now(UTC));"
            "f.upkeep = lambda: None; f.run(3600)"
        )
        running = subprocess.Popen(
            [sys.executable, "-c", program + "; print('ended well')", database_url, redis_url],
            cwd=ROOT, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            _wait_for_handler(running.pid)
            running.send_signal(signal.SIGTERM)
            said, _ = running.communicate(timeout=30)
        finally:
            running.kill()
        assert "ended well" in said
        assert running.returncode == 0
        assert_sql_holds(sql, studied)


class TestRedis:
    @pytest.mark.parametrize("policy", ["everysec", "always"])
    def test_killed_while_teachers_watch_it_loses_nothing_that_they_resend(
        self, own_redis: RedisServer, tmp_path: Path, policy: str
    ) -> None:
        engine = make_engine(_with_schema(f"sqlite:///{tmp_path / 'crash.db'}"))
        store = Store(make_redis(own_redis.url))
        with Session(engine) as sql:
            studied = [learner.open() for learner in learners(sql, store, 10)]
            store.redis.config_set("appendfsync", policy)
            rounds = random.Random(7)
            for turn in range(12):
                for learner in studied:
                    learner.watch()
                if turn in (3, 7, 8):
                    Flusher(engine, store, lambda: NOW).run_once()
                if turn in (5, 9):
                    own_redis.stop(signal.SIGKILL)
                    with pytest.raises((RedisConnectionError, RedisTimeoutError)):
                        studied[rounds.randrange(10)].send_last()
                    own_redis.start()
                    store.redis.config_set("appendfsync", policy)
                    for learner in studied:
                        learner.send_last()
            Flusher(engine, store, lambda: NOW).drain()
            assert_sql_holds(sql, studied)
        engine.dispose()

    def test_emptied_it_loses_nothing_that_sql_held_and_takes_the_rest_again(
        self, own_redis: RedisServer, tmp_path: Path
    ) -> None:
        engine = make_engine(_with_schema(f"sqlite:///{tmp_path / 'crash.db'}"))
        store = Store(make_redis(own_redis.url))
        with Session(engine) as sql:
            studied = [learner.open().watch().watch() for learner in learners(sql, store, 4)]
            Flusher(engine, store, lambda: NOW).drain()
            store.redis.flushall()
            Flusher(engine, store, lambda: NOW + timedelta(hours=2)).drain()
            assert_sql_holds(sql, studied)
        engine.dispose()


class TestDatabase:
    def test_killed_again_and_again_it_ends_with_every_second(self, redis: "Redis") -> None:
        server = PostgresServer().start(durable=True)
        engine = make_engine(_with_schema(server.create_database("crash")))
        store = Store(redis)
        stop = threading.Event()
        try:
            with Session(engine) as sql:
                studied = [learner.open() for learner in learners(sql, store, 12)]
                sql.close()
                flushing = threading.Thread(target=_flush_until, args=(Flusher(engine, store, lambda: NOW), stop))
                flushing.start()
                for _ in range(3):
                    for learner in studied:
                        learner.watch()
                    server.crash()
                    for learner in studied:
                        learner.watch()
                    server.start(durable=True)
                stop.set()
                flushing.join()
                engine.dispose()
                Flusher(engine, store, lambda: NOW).drain()
                assert_sql_holds(sql, studied)
        finally:
            stop.set()
            engine.dispose()
            server.close()


def _flush_until(flusher: Flusher, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            flusher.run_once()
        except DBAPIError:
            stop.wait(0.05)


def _wait_for_handler(pid: int) -> None:
    """Until the process catches SIGTERM (bit 14 of SigCgt), as the kernel tells."""
    from tests.waiting import wait_until

    def caught() -> bool:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("SigCgt"):
                return bool(int(line.split()[1], 16) & 1 << (signal.SIGTERM - 1))
        return False

    wait_until(caught, timeout=30, what="the flusher to catch SIGTERM")


def test_the_bookkeeper_would_notice_a_lost_second(sql: Session, engine: sa.Engine, redis: "Redis") -> None:
    store = Store(redis)
    studied: list[Learner] = [learner.open().watch() for learner in learners(sql, store, 1)]
    Flusher(engine, store, lambda: NOW).drain()
    studied[0].played.add(500)
    with pytest.raises(AssertionError):
        assert_sql_holds(sql, studied)
