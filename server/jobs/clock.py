"""The clock: a process that starts, every five minutes, what is due by then. RQ's CronScheduler keeps the time.

What is due is read from the database each time, not from the clock's memory: a clock that was down at ten past midnight starts that
snapshot when it comes back, and of several clocks at once each finds the same jobs, which are one job (server.jobs.desk.enqueue).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from redis import Redis
from redis.client import Pipeline
from redis.exceptions import RedisError
from rq.cron import CronJob, CronScheduler
from rq.utils import now as rq_now
from sqlalchemy.exc import SQLAlchemyError

from server.jobs import desk, worker
from services.watching import snapshots
from web.context import now, unit_of_work

EVERY = "*/5 * * * *"
log = structlog.get_logger()


class Clock(CronScheduler):
    """RQ's scheduler would put a function with fixed arguments into the queue; ours asks what is due."""

    def enqueue_jobs(self) -> list[CronJob]:
        due = [job for job in self.get_jobs() if job.should_run()]
        for job in due:
            job.set_enqueue_time(rq_now())
            if job.func is not None:
                job.func()
        return due

    def heartbeat(self) -> None:
        with _left_for_the_next_time():
            super().heartbeat()

    def save(self, pipeline: "Pipeline | None" = None) -> None:
        with _left_for_the_next_time():
            super().save(pipeline)


def run() -> None:
    """Until SIGTERM or Ctrl-C. Raises Unavailable, RedisError."""
    clock = make(Redis.from_url(desk.url(), socket_connect_timeout=2, retry=worker.patience()))
    start_due()  # at once, too: it may have been away for long
    begin: Callable[[], None] = clock.start
    begin()


def make(connection: "Redis", act: Callable[[], object] | None = None) -> Clock:
    clock = Clock(connection, logging_level="WARNING")
    clock.register(act or start_due, desk.QUEUE, cron=EVERY)
    return clock


def start_due() -> list[str]:
    """Start the jobs that are due; returns their ids. Where a server is away they are left for the next time."""
    started: list[str] = []
    with _left_for_the_next_time():
        with unit_of_work(read_only=True) as session:
            moment = now()
            freezing, counting = snapshots.due(session, moment), snapshots.in_study(session, moment)
        started += [desk.enqueue("snapshot", programme=slug, day=day.isoformat()) for slug, day in freezing]
        started += [desk.enqueue("tallies", programme=slug) for slug in counting]
    return started


@contextmanager
def _left_for_the_next_time() -> Iterator[None]:
    """A server that is away, for however long, does not end the clock."""
    try:
        yield
    except (RedisError, SQLAlchemyError) as error:
        log.warning("clock_failed", error=type(error).__name__)
