"""Background jobs, with RQ's worker and its forked children; in one test the command as a process."""

import base64
import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatch
from pathlib import Path

import pytest

from server import jobs
from server.jobs import worker
from server.local.environment import ROOT
from services.errors import NotFound, Unavailable
from tests.waiting import wait_until

#: What RQ keeps for ever: which queues and workers there are, and lists of jobs, which its workers clean.
PERMANENT = ("rq:queues", "rq:workers*", "rq:queue:jobs*", "rq:wip:jobs", "rq:finished:jobs", "rq:failed:jobs")


class TestAJob:
    def test_waits_is_done_and_says_how_far_it_got(self, work):
        job_id = jobs.enqueue("count", to=5)
        waiting = jobs.status(job_id)
        assert (waiting.state, waiting.name, waiting.done, waiting.total, waiting.started) == (
            "waiting",
            "count",
            0,
            0,
            None,
        )
        assert work()
        done = jobs.status(job_id)
        assert (done.state, done.done, done.total, done.result, done.error) == ("done", 5, 5, {"counted": 5}, None)
        assert done.enqueued <= done.started <= done.ended

    def test_that_is_refused_says_why_in_chinese(self, work, capfd):
        job_id = jobs.enqueue("refuse")
        work()
        failed = jobs.status(job_id)
        assert (failed.state, failed.error, failed.done, failed.total) == ("failed", "名单已经导入过。", 3, 9)
        assert "Traceback" not in capfd.readouterr().err

    def test_that_fails_otherwise_says_so_in_general_and_its_traceback_is_in_the_log_without_people(
        self, work, capfd, redis
    ):
        job_id = jobs.enqueue("crash", text="no such teacher: 99999919900101123X")
        work()
        failed = jobs.status(job_id)
        assert (failed.state, failed.error, failed.result) == ("failed", worker.FAILED, None)
        logged = capfd.readouterr().err
        assert "no such teacher" in logged
        assert "99999919900101123" not in logged
        assert redis.hget(f"rq:job:{job_id}", "description") == b"crash"

    def test_that_takes_too_long_is_ended(self, work, monkeypatch, tmp_path):
        monkeypatch.setattr("server.jobs.desk.TIMEOUT_S", 1)
        os.mkfifo(tmp_path / "go")
        job_id = jobs.enqueue("hold", directory=str(tmp_path))
        work()
        assert (jobs.status(job_id).state, jobs.status(job_id).error) == ("failed", worker.TOO_LONG)

    def test_whose_result_is_no_json_has_failed(self, work):
        job_id = jobs.enqueue("echo", name="x")
        jobs.JOBS["echo"] = lambda progress, *, name: {name: object()}
        work()
        assert jobs.status(job_id).error == worker.FAILED

    def test_whose_name_is_gone_has_failed(self, work):
        job_id = jobs.enqueue("echo", name="x")
        del jobs.JOBS["echo"]
        work()
        assert jobs.status(job_id).error == worker.FAILED

    def test_that_was_killed_is_lost_the_worker_goes_on_and_it_can_be_started_again(self, work):
        killed, next_one = jobs.enqueue("kill"), jobs.enqueue("count", to=1)
        work()
        lost = jobs.status(killed)
        assert (lost.state, lost.error, lost.done, lost.total) == (
            "lost",
            "运行任务的进程意外中断，任务没有做完，可以重新开始。",
            1,
            2,
        )
        assert jobs.status(next_one).state == "done"
        assert jobs.enqueue("kill") != killed

    def test_that_ended_leaves_no_key_for_ever(self, work, redis):
        for name in ("refuse", "kill"):
            jobs.enqueue(name)
        jobs.enqueue("count", to=2)
        work()
        jobs.enqueue("count", to=3)
        keys = [key.decode() for key in redis.scan_iter()]
        immortal = [key for key in keys if redis.ttl(key) == -1]
        assert [key for key in immortal if not any(fnmatch(key, pattern) for pattern in PERMANENT)] == []
        longest = max(redis.ttl(key) for key in keys)
        assert longest <= jobs.KEPT_S + jobs.TIMEOUT_S


class TestProgress:
    def test_is_written_a_few_times_a_second_and_at_the_end(self, redis):
        now = 0.0
        report = worker.Report("a" * 16, redis, lambda: now)
        redis.config_resetstat()
        for done in range(1, 1001):
            now += 0.001
            report.progress(done, 1000)
        assert redis.info("commandstats")["cmdstat_hset"]["calls"] == 4
        report.write()
        assert json.loads(redis.hget("rq:job:" + "a" * 16, "meta")) == {"done": 1000, "total": 1000}

    def test_that_cannot_be_written_ends_no_job(self, make_app):
        with make_app(jobs_redis_url="redis://127.0.0.1:1/0").app_context():
            worker.Report("a" * 16, worker.desk.queue().connection).progress(1, 2)


class TestTheSameJob:
    def test_is_not_started_twice_while_it_waits(self, work):
        first = jobs.enqueue("count", to=5)
        assert jobs.enqueue("count", to=5) == first
        assert jobs.enqueue("count", to=6) != first

    def test_is_started_again_when_it_is_over(self, work):
        first = jobs.enqueue("count", to=5)
        work()
        second = jobs.enqueue("count", to=5)
        assert second != first
        work()
        assert [job.state for job in jobs.recent()] == ["done", "done"]


@pytest.mark.usefixtures("to_try")
class TestArguments:
    """Those that are refused are so without an app, so nothing can have been written."""

    @pytest.mark.parametrize(
        "name",
        [
            object(),
            b"bytes",
            {"a set"},
            ("a", "tuple"),
            {1: "a number for a key"},
            float("nan"),
            float("inf"),
            "x" * 70_000,
        ],
        ids=lambda name: type(name).__name__,
    )
    def test_that_are_no_json_or_too_long_are_refused(self, name):
        with pytest.raises((TypeError, ValueError)):
            jobs.enqueue("echo", name=name)

    @pytest.mark.parametrize("arguments", [{}, {"to": 1, "more": 2}, {"to": 1, "progress": 2}, {"TO": 1}])
    def test_that_the_job_does_not_take_are_refused(self, arguments):
        with pytest.raises(TypeError):
            jobs.enqueue("count", **arguments)

    @pytest.mark.parametrize("name", ["", "no_such_job", "os.system", "server.jobs.worker.perform"])
    def test_for_no_job_are_refused(self, name):
        with pytest.raises(LookupError):
            jobs.enqueue(name)

    def test_arrive_as_they_were(self, work):
        odd = ["'); DROP TABLE account; --", "\x00\r\n\x1b[31m", "rq:job:*", "学时" * 100, [None, {"a": 1.5}, True]]
        started = [(jobs.enqueue("echo", name=name), name) for name in odd]
        work()
        assert [(job_id, jobs.status(job_id).result) for job_id, _ in started] == [
            (job_id, {"name": name}) for job_id, name in started
        ]


class TestAnUnknownId:
    @pytest.mark.parametrize(
        "job_id", ["", "A" * 16, "a" * 15, "a:" + "b" * 14, "../../etc/passwd", "编号" * 8, "*" * 16]
    )
    def test_that_is_none_is_not_asked_for(self, job_id):
        with pytest.raises(NotFound, match="没有这个任务"):
            jobs.status(job_id)

    def test_is_not_found(self, work):
        with pytest.raises(NotFound, match="没有这个任务"):
            jobs.status("a" * 16)


def test_with_a_cluster_and_no_redis_of_their_own_jobs_are_not_available(work, make_app):
    with make_app(redis_url="redis+cluster://127.0.0.1:1").app_context():
        for ask in (lambda: jobs.enqueue("count", to=1), lambda: jobs.status("a" * 16), jobs.recent, worker.work):
            with pytest.raises(Unavailable, match="JOBS_REDIS_URL"):
                ask()


@pytest.fixture
def held(tmp_path):
    """The arguments of the job `hold`, and how to let it go on."""
    os.mkfifo(tmp_path / "go")
    return {"directory": str(tmp_path)}


def pid_of(held) -> int:
    """The process of the job that was started last with `held`."""
    path = Path(held["directory"], "pid")
    wait_until(path.exists, what="the job to begin")
    pid = int(path.read_text())
    path.unlink()
    return pid


def is_alive(pid: int) -> bool:
    try:
        return "(zombie)" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture
def process(settings, tmp_path):
    """`flask jobs work`."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    env = kept | {
        "FLASK_APP": "tests.server.jobs_to_try:make",
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "TOKEN_KEY": base64.b64encode(settings.token_key).decode(),
        "ID_INDEX_KEY": base64.b64encode(settings.id_index_key).decode(),
        "ID_ENVELOPE_KEYS": f"test:{base64.b64encode(settings.envelope_keys['test']).decode()}",
    }
    with (tmp_path / "said").open("wb") as said:
        started = subprocess.Popen(
            (sys.executable, "-m", "flask", "jobs", "work"), cwd=ROOT, env=env, stdout=said, stderr=said
        )
    yield started
    started.kill()
    started.wait()


def test_the_worker_survives_its_job_and_finishes_the_running_one_when_told_to_stop(work, process, held, redis):
    first = jobs.enqueue("hold", **held)
    os.kill(pid_of(held), signal.SIGKILL)
    wait_until(lambda: jobs.status(first).state == "lost", what="the killed job to be lost")
    second = jobs.enqueue("hold", **held)
    running = pid_of(held)
    assert jobs.status(second).state == "running"
    assert jobs.enqueue("hold", **held) == second
    for pid in (process.pid, running):  # as a service manager does, to all processes of a service
        os.kill(pid, signal.SIGTERM)
    wait_until(
        lambda: redis.hget(redis.srandmember("rq:workers"), "shutdown_requested_date"), what="the worker to hear it"
    )
    Path(held["directory"], "go").write_text("上课")
    assert process.wait(10) == 0
    assert jobs.status(second).result == {"told": "上课"}


def test_a_killed_worker_takes_its_job_along_and_it_can_be_started_again(work, held, redis):
    first = jobs.enqueue("hold", **held)
    killed = os.fork()  # sooner there than the command
    if not killed:
        try:
            worker.work()
        finally:
            os._exit(1)
    running = pid_of(held)
    os.kill(killed, signal.SIGKILL)
    os.waitpid(killed, 0)
    wait_until(lambda: not is_alive(running), what="the job to end with its worker")
    assert jobs.status(first).state == "running"

    redis.hset(
        f"rq:job:{first}", "last_heartbeat", f"{datetime.now(UTC) - timedelta(seconds=61):%Y-%m-%dT%H:%M:%S.%fZ}"
    )
    assert jobs.status(first).state == "lost"
    assert jobs.enqueue("hold", **held) != first

    redis.delete("rq:queue:jobs")
    redis.zadd("rq:wip:jobs", dict.fromkeys(redis.zrange("rq:wip:jobs", 0, -1), 1))
    work()  # another worker tidies up first
    assert not redis.exists("rq:wip:jobs")
    assert 0 < redis.ttl(f"rq:job:{first}") <= jobs.KEPT_S
    assert (jobs.status(first).state, jobs.status(first).error) == ("lost", jobs.desk.LOST)
