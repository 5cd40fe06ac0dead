"""Starts a re-created peer: PostgreSQL, Redis where it has one, and the web server of our own Flask view.

PostgreSQL answers a commit once it is written, but is not told to wait for the disk: what the peers write is made cheap, not dear.
"""

import signal
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg

from benchmarks.peers import gunicorn
from benchmarks.peers.processes import free_port
from benchmarks.peers.stalls import blocked, paused
from benchmarks.peers.systems import LEARNERS, LESSON, Player, System
from heartbeat.keys import Place
from tests.servers import PostgresServer, RedisServer

#: Learners of a load have ids from here on.
CROWD = 1_000


class Recreated(System):
    """Subclasses say which module serves, its tables, and what a learner needs in them."""

    #: Has `make()`, the application for this worker of gunicorn.
    module: str
    worker = "gthread"
    schema: str
    #: A table that the ping writes in the middle or at the end of its work; "" = it writes Redis instead.
    written: str
    player: type[Player]

    def __init__(self, postgres: PostgresServer | None = None) -> None:
        """`postgres`: a server that runs already, instead of one of its own."""
        super().__init__()
        self.port = free_port()
        self.shares, self.postgres = postgres is not None, postgres or PostgresServer()
        self.redis = None if self.written else RedisServer()

    def start(self) -> None:
        if not self.shares:
            self.postgres.start(durable=True)
        self.postgres.create_database(self.directory.name)
        self.database = f"host={self.postgres.directory} user=xueshi dbname={self.directory.name}"
        self.sql = psycopg.connect(self.database, autocommit=True)
        self.sql.execute(self.schema)
        self.enrol(range(1, LEARNERS + 1))
        where = {"PEER_DATABASE": self.database}
        if self.redis:
            where["PEER_REDIS"] = self.redis.start().url
        env = gunicorn.environment(self.directory, self.port, **where)
        self.web = gunicorn.server(f"{self.module}:make()", self.worker, env, self.directory / "web.log")
        self.web.start(self.port)

    def close(self) -> None:
        self.web.close()
        self.sql.close()
        if self.redis:
            self.redis.close()
        if not self.shares:
            self.postgres.close()
        super().close()

    def roles(self) -> dict[str, int]:
        assert self.postgres.process is not None
        parts = {"web": self.web.pid, "postgresql": self.postgres.process.pid}
        if self.redis and self.redis.process:
            parts["redis"] = self.redis.process.pid
        return parts

    @abstractmethod
    def enrol(self, learners: Sequence[int]) -> None:
        """The rows that are there before a learner opens a player."""

    def open(self, learner: int, device: str = "phone", lesson: int = 1) -> Player:
        place = Place(account=learner, enrolment=1, lesson=lesson, session=f"{learner}-{lesson}-{device}")
        player = self.player(learner)
        player.headers = {"Authorization": f"Bearer {gunicorn.study_token(place, LESSON, self.clock())}"}
        player.lesson, player.sign = lesson, place.session
        self.opened(player)
        return player

    def opened(self, player: Player) -> None:
        """What the server does when a player opens."""

    def open_many(self, count: int) -> Sequence[Player]:
        learners = range(CROWD, CROWD + count)
        self.enrol(learners)
        return [self.open(learner) for learner in learners]

    @abstractmethod
    def sums(self) -> str:
        """SQL that gives the seconds of each book over learners %s to %s."""

    def credited(self, learner: int) -> dict[str, float]:
        return self._between(learner, learner)

    def total(self) -> dict[str, float]:
        return self._between(0, 2**31 - 1)

    def _between(self, first: int, last: int) -> dict[str, float]:
        row = self.sql.execute(self.sums(), {"first": first, "last": last}).fetchone()
        assert row is not None
        return {book: float(seconds or 0) for book, seconds in zip(self.books, row, strict=True)}

    def rest(self) -> None:
        """Nothing is under way once a ping is answered; overridden where something is."""

    def kill_web(self) -> None:
        self.hang_up()
        self.web.kill()

    def kill_flush(self) -> None:
        """Nothing flushes."""

    def kill_all(self) -> None:
        """The web server and what it holds in memory, and Redis; its append-only file is as `make run` keeps ours."""
        self.kill_web()
        if self.redis:
            self.redis.stop(signal.SIGKILL)

    def revive(self) -> None:
        if self.redis and self.redis.process is None:
            self.redis.start()
        if self.web.process is None:
            self.web.start(self.port)

    @contextmanager
    def stalled(self) -> Iterator[None]:
        if self.redis:
            with paused(self.redis.url):
                yield
        else:
            with psycopg.connect(self.database) as holding:  # ends with a commit
                holding.execute(f"LOCK TABLE {self.written} IN EXCLUSIVE MODE")
                yield

    def hangs(self) -> object:
        if self.redis:
            return blocked(self.redis.url)
        waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        return self.sql.execute(waiting).fetchone()
