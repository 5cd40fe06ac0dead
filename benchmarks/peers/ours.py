"""Xueshi as it runs in production: gunicorn, Redis with its append-only file, the flusher, PostgreSQL. All four are its cost."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.orm import Session

from benchmarks.peers import gunicorn, school
from benchmarks.peers.client import Ping, Wire, request
from benchmarks.peers.clock import Clock
from benchmarks.peers.processes import ROOT, Process, free_port
from benchmarks.peers.stalls import blocked, paused
from benchmarks.peers.systems import LESSON, Player, System
from heartbeat.store import Store
from models import Enrolment
from server.clients import make_redis
from server.database import make_engine
from services.tokens import AccessClaims
from tests.servers import PostgresServer, RedisServer


class OurPlayer(Player):
    def __init__(self, learner: int, token: str, clock: Clock) -> None:
        super().__init__(learner)
        self.headers, self.clock = {"Authorization": f"Bearer {token}"}, clock

    def ping(self, start: int, end: int) -> Ping:
        beat = {"seq": self.seq + 1, "acked": self.seq, "at": self.clock().isoformat(), "played": [[start, end]]}
        return (request("POST", "/v1/study/beats", self.headers, beat),)


class Ours(System):
    """`worker`: asgi puts the heartbeat lane in front, gthread is the Flask view under plain WSGI."""

    interval = 20
    books = ("credited",)
    version = "this working tree"
    rest_is_work = True

    def __init__(self, worker: str, flush_interval_ms: int = 2000, postgres: PostgresServer | None = None) -> None:
        """`postgres`: a server that runs already, instead of one of its own."""
        super().__init__()
        self.name = "Xueshi lane" if worker == "asgi" else "Xueshi Flask view"
        self.worker, self.flush_interval_ms = worker, flush_interval_ms
        self.port = free_port()
        self.redis = RedisServer()
        self.shares, self.postgres = postgres is not None, postgres or PostgresServer()

    def start(self) -> None:
        self.redis.start()
        if not self.shares:
            self.postgres.start(durable=True)
        url = self.postgres.create_database(self.directory.name)
        self.engine, self.store = make_engine(url), Store(make_redis(self.redis.url))
        self.school = school.found(self.engine, self.clock())
        env = gunicorn.environment(
            self.directory,
            self.port,
            DATABASE_URL=url,
            REDIS_URL=self.redis.url,
            FLUSH_INTERVAL_MS=str(self.flush_interval_ms),
        )
        application = "benchmarks.peers.ours_app:" + ("lane()" if self.worker == "asgi" else "flask()")
        self.web = gunicorn.server(application, self.worker, env, self.directory / "web.log")
        flush = [sys.executable, "-m", "flask", "--app", "benchmarks.peers.ours_app:flask", "flush", "run"]
        self.flusher = Process(flush, env, self.directory / "flusher.log")
        self.flusher.start()
        self.web.start(self.port)

    def close(self) -> None:
        self.web.close()
        self.flusher.close()
        self.engine.dispose()
        self.redis.close()
        if not self.shares:
            self.postgres.close()
        super().close()

    def roles(self) -> dict[str, int]:
        assert self.redis.process is not None
        assert self.postgres.process is not None
        servers = {"redis": self.redis.process.pid, "postgresql": self.postgres.process.pid}
        return {"web": self.web.pid, "flusher": self.flusher.pid} | servers

    def open(self, learner: int, device: str = "phone", lesson: int = 1) -> Player:
        now = self.clock()
        account, enrolment = self.school.enrolments[learner - 1]
        access = gunicorn.tokens.issue_access(AccessClaims(account, 1, school.family(account)), now)
        lesson_id = self.school.lessons[lesson - 1]
        body = {"enrolment_id": enrolment, "lesson_id": lesson_id, "device": device, "take_over": True}
        wire = Wire(self.port)
        _, opened = wire.exchange(request("POST", "/v1/study/sessions", {"Authorization": f"Bearer {access}"}, body))
        wire.close()
        return OurPlayer(learner, opened["study_token"], self.clock)

    def open_many(self, count: int) -> Sequence[Player]:
        """Straight into SQL and Redis: opening a player is not what is measured."""
        now = self.clock()
        places = school.crowd(self.engine, self.store, self.school, count, now)
        return [OurPlayer(place.account, gunicorn.study_token(place, LESSON, now), self.clock) for place in places]

    def flush_every(self, milliseconds: int) -> None:
        self.flusher.close()
        self.flush_interval_ms = milliseconds
        self.flusher.env["FLUSH_INTERVAL_MS"] = str(milliseconds)
        self.flusher.start()

    def rest(self) -> None:
        # Looking through all buckets costs Redis a millisecond, which is counted: hence seldom.
        deadline = time.monotonic() + 60
        while self.store.backlog():
            assert time.monotonic() < deadline, "the flusher flushes"
            time.sleep(self.flush_interval_ms / 8000)

    def credited(self, learner: int) -> dict[str, float]:
        _, enrolment = self.school.enrolments[learner - 1]
        return self._credited(Enrolment.id == enrolment)

    def total(self) -> dict[str, float]:
        return self._credited(sa.true())

    def _credited(self, which: sa.ColumnElement[bool]) -> dict[str, float]:
        with Session(self.engine) as session:
            seconds = session.scalar(sa.select(sa.func.sum(Enrolment.credited_seconds)).where(which))
        return {"credited": float(seconds or 0)}

    def kill_web(self) -> None:
        self.hang_up()
        self.web.kill()

    def kill_flush(self) -> None:
        self.flusher.kill()

    def kill_all(self) -> None:
        """A flusher dies between COMMIT and settling, then the web server and Redis die too."""
        self.flusher.kill()
        dying = [sys.executable, "-m", "benchmarks.peers.dying_flusher"]
        died = subprocess.run(dying, cwd=ROOT, env=self.flusher.env, check=False, timeout=60)
        assert died.returncode == -signal.SIGKILL, "there was something to flush"
        self.kill_web()
        self.redis.stop(signal.SIGKILL)

    def revive(self) -> None:
        if self.redis.process is None:
            self.redis.start()
        for part, port in ((self.web, self.port), (self.flusher, None)):
            if part.process is None:
                part.start(port)

    @contextmanager
    def stalled(self) -> Iterator[None]:
        self.rest()
        with paused(self.redis.url):
            yield

    def hangs(self) -> object:
        return blocked(self.redis.url)
