"""The servers that are measured: gunicorn as in production with one of benchmarks.apps or the real thing, and the flusher.

Redis and PostgreSQL are those of tests.servers; a measurement gives their URLs to `environment`.
"""

import http.client
import os
import signal
import subprocess
import sys
import tempfile
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from server.local.environment import free_port
from tests.servers import PostgresServer, RedisServer
from tests.waiting import wait_until

ROOT = Path(__file__).parents[1]
#: Signs the tokens of invented teachers, and guards nothing.
KEY = b"a key for the benchmark alone..!"


class Program:
    """One of our Python programs in a session of its own, with all that it starts."""

    def __init__(self, arguments: Sequence[str], env: Mapping[str, str]) -> None:
        self.log = Path(tempfile.mkstemp(prefix="xs-", suffix=".log")[1])
        with self.log.open("wb") as log:
            command = [sys.executable, "-m", *arguments]
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=dict(env), stdout=log, stderr=log, start_new_session=True
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def check(self) -> bool:
        """Raises RuntimeError with the end of its log if it ended."""
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.process.args} ended: {self.log.read_text()[-2000:]}")
        return True

    def finish(self, timeout_s: float) -> None:
        """Let it come to its end. Raises RuntimeError where that is a bad one."""
        if self.process.wait(timeout=timeout_s):
            self.check()
        self.log.unlink(missing_ok=True)

    def stop(self, patience_s: float = 30) -> None:
        """Ask it to end, and see to it that it does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=patience_s)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.log.unlink(missing_ok=True)


class Web(Program):
    """A web server; `port` answers when this returns. `app` is module:name, or module:make() for one of benchmarks.apps."""

    def __init__(self, app: str, env: Mapping[str, str], *, kind: str = "asgi", workers: int = 1) -> None:
        self.port = free_port()
        # The configuration of production; threads and all else are as it says.
        command = ["gunicorn", "-c", "gunicorn.conf.py", "-k", kind, app]
        super().__init__(command, {**env, "PORT": str(self.port), "WEB_CONCURRENCY": str(workers)})
        try:
            wait_until(lambda: self.check() and self._answers(), timeout=60, what=f"{app} to answer")
        except BaseException:
            self.stop()
            raise

    def _answers(self) -> bool:
        """A worker does: gunicorn listens before it has one."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status < 500
        except OSError:
            return False
        finally:
            connection.close()


def environment(redis_url: str, database_url: str, **more: str) -> dict[str, str]:
    """Of every program of a measurement."""
    key = b64encode(KEY).decode()
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "TOKEN_KEY": key,
        "ID_INDEX_KEY": key,
        "ID_ENVELOPE_KEYS": f"k:{key}",
        "HOST": "127.0.0.1",
        "LOG_LEVEL": "WARNING",
        "FLASK_APP": "wsgi",
        **more,
    }


@contextmanager
def web(app: str, env: Mapping[str, str], *, kind: str = "asgi", workers: int = 1) -> Iterator[Web]:
    server = Web(app, env, kind=kind, workers=workers)
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def flusher(env: Mapping[str, str]) -> Iterator[Program]:
    program = Program(["flask", "flush", "run"], env)
    try:
        yield program
    finally:
        program.stop(patience_s=300)


@contextmanager
def redis() -> Iterator[RedisServer]:
    server = RedisServer().start()
    try:
        yield server
    finally:
        server.close()


class SafePostgres(PostgresServer):
    """As in production: a commit that was acknowledged is on the disk."""

    def __init__(self, settings: Sequence[str] = ()) -> None:
        super().__init__()
        self._settings = settings

    def spawn(self, command: Sequence[str | Path], answers: Callable[[], object]) -> None:
        """The tests tell theirs not to wait for the disk; this one waits. Further `settings` are name=value."""
        safe = {"fsync=off": "fsync=on", "full_page_writes=off": "full_page_writes=on"}
        more = [part for setting in self._settings for part in ("-c", setting)]
        super().spawn([*(safe.get(str(part), part) for part in command), *more], answers)


@contextmanager
def postgres(settings: Sequence[str] = ()) -> Iterator[PostgresServer]:
    """Raises tests.servers.Missing."""
    server = SafePostgres(settings)
    try:
        server.start(durable=True)
        yield server
    finally:
        server.close()


def pid_of(server: RedisServer | PostgresServer) -> int:
    assert server.process is not None
    return server.process.pid
