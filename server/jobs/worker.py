"""The process that does the jobs, one after the other, each in a child of its own.

RQ's Worker rather than its SimpleWorker, which runs a job in its own process: when a job is killed (kill -9, or by a system short of
memory) the parent lives, knows it at once and takes the next one; and what a job leaves behind in memory goes with its process.
"""

import ctypes
import json
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog
from flask import Flask, current_app
from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Worker, get_current_job
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.timeouts import JobTimeoutException

from server.database import db
from server.jobs import desk
from server.jobs.table import JOBS
from services.errors import XueshiError

#: Progress is written at most this often, s.
PROGRESS_S = 0.3
FAILED = "任务出错了，我们已记录，可以稍后重新开始；仍然出错请联系管理员。"
TOO_LONG = f"任务运行超过 {desk.TIMEOUT_S // 3600} 小时，已停止。"
PR_SET_PDEATHSIG = 1
log = structlog.get_logger()


class JobFailed(Exception):
    """Tells RQ that a job failed; why has been told already."""


class JobsWorker(Worker):
    #: However long Redis was away, it is tried again so often, s.
    max_connection_wait_time = 5.0

    @property
    def was_asked_to_stop(self) -> bool:
        return self._shutdown_requested_date is not None

    def subscribe(self) -> None:
        """RQ listens for commands in a thread. Nobody sends any, and a process that forks has no threads if it can help it."""

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:
        return desk.LOST_S

    def prepare_job_execution(self, job: Job, remove_from_intermediate_queue: bool = False) -> None:
        """RQ takes the time to live from a job that runs; one whose worker was killed would then stay for ever."""
        super().prepare_job_execution(job, remove_from_intermediate_queue)
        self.connection.expire(job.key, desk.TIMEOUT_S + desk.KEPT_S)

    def setup_work_horse_signals(self) -> None:
        """In the child, before its job. It dies with its parent, who alone decides on a stop: a SIGTERM for all of a service's processes
        lets it finish."""
        super().setup_work_horse_signals()  # type: ignore[no-untyped-call]
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if prctl := getattr(ctypes.CDLL(None), "prctl", None):  # Linux
            prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != self.pid:
            os._exit(1)
        db.engine.dispose(close=False)  # connections of the parent are not ours

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """`perform` has logged it; RQ would add the arguments."""


def work(*, burst: bool = False) -> bool:
    """Do jobs until SIGTERM or Ctrl-C, which let the running one finish (a second one, a second later, kills it); with `burst` until none
    waits. False when it ended for another reason. Raises Unavailable, RedisError."""
    worker = JobsWorker(
        [desk.queue(Redis.from_url(desk.url(), socket_connect_timeout=2, retry=patience()))],
        default_result_ttl=desk.KEPT_S,
        job_monitoring_interval=desk.HEARTBEAT_S,
        maintenance_interval=60,
        worker_ttl=75,
        serializer=JSONSerializer,
    )
    worker.work(burst=burst, logging_level="WARNING")
    return burst or worker.was_asked_to_stop


def patience() -> Retry:
    """A minute: an RQ worker whose Redis goes away under a job gives up, and the job with it."""
    return Retry(ExponentialBackoff(cap=2, base=0.1), 33)


def perform(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """What RQ calls, in the child. Raises JobFailed, after the reason was written."""
    job = get_current_job()
    if job is None:
        raise RuntimeError("only a worker performs jobs")
    report = Report(job.id, desk.queue().connection)
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    log.info("job_started", job=name, job_id=job.id)
    with app.app_context():
        try:
            result = JOBS[name](report.progress, **arguments)
            json.dumps(result, allow_nan=False)
        except Exception as error:  # noqa: BLE001 — told in words, and logged
            report.error = _sentence(error, name, job.id)
        report.write()
    if report.error:
        raise JobFailed
    log.info("job_done", job=name, job_id=job.id)
    return result


def _sentence(error: Exception, name: str, job_id: str) -> str:
    if isinstance(error, XueshiError):
        log.info("job_refused", job=name, job_id=job_id, code=error.code)
        return error.detail
    log.error("job_failed", job=name, job_id=job_id, exc_info=error)
    return TOO_LONG if isinstance(error, JobTimeoutException) else FAILED


class Report:
    """How far a job is and why it failed, as Redis has it: in `meta` of RQ's job."""

    def __init__(self, job_id: str, connection: "Redis", monotonic: Callable[[], float] = time.monotonic) -> None:
        self.error: str | None = None
        self._done = self._total = 0
        self._job = Job(job_id, connection=connection, serializer=JSONSerializer)
        self._monotonic = monotonic
        self._written = -PROGRESS_S

    def progress(self, done: int, total: int) -> None:
        """`done` of `total` are done; written when the last time is PROGRESS_S ago."""
        self._done, self._total = int(done), int(total)
        if self._monotonic() - self._written >= PROGRESS_S:
            self.write()

    def write(self) -> None:
        self._written = self._monotonic()
        self._job.meta = {"done": self._done, "total": self._total} | ({"error": self.error} if self.error else {})
        with suppress(RedisError):  # work does not fail because nobody can be told how far it is
            self._job.save_meta()
