"""Where jobs are started and asked after.

Keys: RQ's own (`rq:…`), and `xueshi:job:<SHA-256 of name and arguments>` = the id of the job that was last started with them.
"""

import hashlib
import inspect
import json
import secrets
import string
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from flask import current_app
from redis import Redis
from redis.client import Pipeline
from rq import Queue
from rq.exceptions import NoSuchJobError
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

from server.clients import make_redis
from server.jobs.table import JOBS
from server.settings import Settings
from services.errors import NotFound, Unavailable
from services.jobs import State, Status

QUEUE = "jobs"
#: How long a job may wait for a worker, and how long its outcome can be asked for, s.
KEPT_S = 7 * 86400
#: A job that runs longer hangs: it is ended, s.
TIMEOUT_S = 6 * 3600
#: A worker says every HEARTBEAT_S that it lives; a job whose worker has not for LOST_S is lost.
HEARTBEAT_S, LOST_S = 10, 60
MAX_ARGUMENTS = 64 * 1024
#: Letters alone: digits in a row would look like an ID number in a log and be removed.
ID_LENGTH, ID_LETTERS = 16, string.ascii_lowercase

LOST = "运行任务的进程意外中断，任务没有做完，可以重新开始。"
_STATES: dict[JobStatus, State] = {
    JobStatus.STARTED: "running",
    JobStatus.FINISHED: "done",
    JobStatus.FAILED: "failed",
    JobStatus.STOPPED: "failed",
    JobStatus.CANCELED: "failed",
}


def enqueue(name: str, /, **arguments: Any) -> str:
    """Start the job `name` of JOBS; returns its id. With the same arguments as one that waits or runs, it is that one's id.
    Commit before: a worker may begin at once.

    `arguments` are JSON that fits the function. Raises LookupError, TypeError or ValueError (before anything is written) where they are
    not, Unavailable where this installation has no Redis for jobs, RedisError.
    """
    canonical = _checked(name, arguments)
    waiting = queue()
    key = "xueshi:job:" + hashlib.sha256(f"{name}\0{canonical}".encode()).hexdigest()

    def start(pipeline: "Pipeline") -> str:
        """In a transaction that is tried again when somebody else started the same job meanwhile."""
        before = cast("bytes | None", pipeline.get(key))
        if before and _goes_on(before.decode()):
            return before.decode()
        job = Job.create(
            "server.jobs.worker.perform",
            kwargs={"name": name, "arguments": arguments},
            connection=waiting.connection,
            id="".join(secrets.choice(ID_LETTERS) for _ in range(ID_LENGTH)),
            description=name,  # else RQ writes the arguments there, and into its log
            timeout=TIMEOUT_S,
            ttl=KEPT_S,
            result_ttl=KEPT_S,
            failure_ttl=KEPT_S,
            serializer=JSONSerializer,
        )
        pipeline.multi()
        pipeline.set(key, job.id, ex=KEPT_S + TIMEOUT_S)
        waiting.enqueue_job(job, pipeline=pipeline)
        return job.id

    return cast("str", waiting.connection.transaction(start, key, value_from_callable=True))  # type: ignore[arg-type]


def status(job_id: str) -> Status:
    """How far a job is. Raises NotFound for an id that there is not, or that is older than KEPT_S; Unavailable, RedisError."""
    try:
        if len(job_id) != ID_LENGTH or not set(job_id) <= set(ID_LETTERS):
            raise NoSuchJobError
        return _status(Job.fetch(job_id, connection=queue().connection, serializer=JSONSerializer))
    except NoSuchJobError:
        raise NotFound("没有这个任务，或者已超过保留的时间。") from None


def recent(limit: int = 50) -> list[Status]:
    """The jobs that wait and run, and those that ended last; the newest first. Raises Unavailable, RedisError."""
    asked = queue()
    ids = asked.get_job_ids() + asked.intermediate_queue.get_job_ids()
    ids += asked.started_job_registry.get_job_ids(cleanup=False)
    for ended in (asked.finished_job_registry, asked.failed_job_registry):
        ids += ended.get_job_ids(0, limit - 1, desc=True)
    found = Job.fetch_many(dict.fromkeys(ids), connection=asked.connection, serializer=JSONSerializer)
    jobs = sorted((job for job in found if job), key=lambda job: job.enqueued_at or job.created_at, reverse=True)
    return [_status(job) for job in jobs[:limit]]


def queue(connection: "Redis | None" = None) -> Queue:
    """The queue of this installation, over `connection` or one that fails at once. Raises Unavailable."""
    if connection is None:
        connection = current_app.extensions.get("xueshi_jobs_redis")
    if connection is None:
        connection = current_app.extensions["xueshi_jobs_redis"] = make_redis(url())
    return Queue(QUEUE, connection=connection, serializer=JSONSerializer)


def url() -> str:
    """Where the jobs wait. Raises Unavailable."""
    config: Settings = current_app.extensions["xueshi_settings"]
    if not config.jobs_url:
        raise Unavailable("后台任务没有开通：REDIS_URL 是集群，请用 JOBS_REDIS_URL 另外指定一个单独的 Redis。")
    return config.jobs_url


def _checked(name: str, arguments: dict[str, Any]) -> str:
    """The arguments as JSON that is the same for the same arguments."""
    function = JOBS.get(name)
    if function is None:
        raise LookupError(f"no such job: {name!r}")
    inspect.signature(function).bind(None, **arguments)
    canonical = json.dumps(arguments, sort_keys=True, allow_nan=False)
    if json.loads(canonical) != arguments:
        raise TypeError(f"arguments of {name} that JSON would change, such as tuples or numbers for keys")
    if len(canonical) > MAX_ARGUMENTS:
        raise ValueError(f"arguments of {name} longer than {MAX_ARGUMENTS} bytes; put them into a file or a table")
    return canonical


def _goes_on(job_id: str) -> bool:
    try:
        return not status(job_id).over
    except NotFound:
        return False


def _status(job: Job) -> Status:
    state = _STATES.get(job.get_status(refresh=False), "waiting")
    error = job.meta.get("error")
    heard = job.last_heartbeat or job.started_at
    silent = state == "running" and heard is not None and datetime.now(UTC) - heard > timedelta(seconds=LOST_S)
    if silent or (state == "failed" and error is None):  # nobody was left to say why
        state, error = "lost", LOST
    return Status(
        id=job.id,
        name=job.description or "",
        state=state,
        done=job.meta.get("done", 0),
        total=job.meta.get("total", 0),
        result=cast("dict[str, Any] | None", job.return_value()) if state == "done" else None,
        error=error if state in ("failed", "lost") else None,
        enqueued=job.enqueued_at,
        started=job.started_at,
        ended=job.ended_at,
    )
