"""Redis and the databases as parts that lose no more than they must when they are killed."""

import os
import shutil
import signal
import time
from collections import deque
from pathlib import Path

import redis
import sqlalchemy as sa

from tests.servers import MariadbServer, Missing, PostgresServer, Process, RedisServer, redis_binary, which

#: What a power cut takes of what Redis has said, s: with everysec the file is safe up to the last second's fsync.
POWER_CUT_S = {"always": 0.0, "everysec": 1.0}


class _Server:
    """`parts.Part` around a server of tests.servers."""

    def __init__(self, name: str, server: Process) -> None:
        self.name, self.server = name, server

    def alive(self) -> bool:
        return self.server.process is not None and self.server.process.poll() is None

    def pid(self) -> int:
        assert self.server.process is not None
        return self.server.process.pid

    def reap(self) -> None:
        if self.server.process is not None:
            self.server.process.wait(timeout=30)
            self.server.process = None


class _Redis(RedisServer):
    fsync = "everysec"

    def start(self) -> "RedisServer":
        command = [redis_binary(), "--port", "0", "--unixsocket", str(self.socket), "--dir", str(self.directory)]
        command += ["--appendonly", "yes", "--appendfsync", self.fsync, "--auto-aof-rewrite-percentage", "0"]
        self.spawn([*command, "--save", "", "--maxmemory-policy", "noeviction"], self._answers)
        return self


class RedisPart(_Server):
    """`look` must be called many times a second, for `cut_back` to know how long the file was a second ago."""

    def __init__(self, fsync: str) -> None:
        self.redis = _Redis()
        self.redis.fsync = fsync
        super().__init__("redis", self.redis)
        self._lengths: deque[tuple[float, Path, int]] = deque(maxlen=600)

    def start(self) -> None:
        self.redis.start()
        self._lengths.clear()
        self.look()

    def look(self) -> None:
        file = self._file()
        if file is not None:
            self._lengths.append((time.monotonic(), file, file.stat().st_size))

    def empty(self) -> None:
        with redis.Redis.from_url(self.redis.url, socket_timeout=5) as client:
            client.flushall()

    def copy(self) -> Path:
        """The append-only files as they are now. Redis only appends: a copy taken meanwhile is a beginning of them."""
        copy = self.redis.directory / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        for file in self._files():
            target = copy / file.relative_to(self.redis.directory)
            target.parent.mkdir(exist_ok=True)
            shutil.copy2(file, target)
        return copy

    def put_back(self, copy: Path) -> None:
        """While Redis is down."""
        for file in self._files():
            file.unlink()
        for file in copy.rglob("*"):
            if file.is_file():
                shutil.copy2(file, self.redis.directory / file.relative_to(copy))

    def cut_back(self, seconds: float) -> None:
        """While Redis is down: the file as it was so long before now, as if the rest had never reached the disk."""
        until = time.monotonic() - seconds
        before = [entry for entry in self._lengths if entry[0] <= until] or list(self._lengths)[:1]
        if before and seconds:
            _, file, length = before[-1]
            os.truncate(file, length)

    def _files(self) -> list[Path]:
        folder = self.redis.directory
        return [file for file in [*folder.glob("appendonly*"), *folder.glob("appendonlydir/*")] if file.is_file()]

    def _file(self) -> Path | None:
        """The one that grows."""
        growing = [file for file in self._files() if file.suffix == ".aof"]
        return max(growing, key=lambda file: file.stat().st_mtime_ns, default=None)


class PostgresPart(_Server):
    def __init__(self) -> None:
        self.postgres = PostgresServer()
        super().__init__("database", self.postgres)

    def start(self) -> None:
        self.postgres.start(durable=True)


class _Mariadb(MariadbServer):
    """Installs once; what it committed survives a kill."""

    def start(self) -> "MariadbServer":
        install, server = (which(name) for name in ("mariadb-install-db", "mariadbd"))
        if not install or not server:
            raise Missing("MariaDB (mariadb-install-db, mariadbd) is not installed")
        data = self.directory / "data"
        who = ("--user=root",) if os.geteuid() == 0 else ()
        if not data.exists():
            self.run(install, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", *who)
        self.socket = self.directory / "sql.sock"
        settings = ("--skip-networking", "--innodb-flush-log-at-trx-commit=2", "--innodb-buffer-pool-size=64M")
        command = [server, "--no-defaults", f"--datadir={data}", f"--socket={self.socket}", *settings, *who]
        self.spawn([*command, "--character-set-server=utf8mb4", f"--pid-file={self.directory}/pid"], self._answers)
        return self


class MariadbPart(_Server):
    def __init__(self) -> None:
        self.mariadb = _Mariadb()
        super().__init__("database", self.mariadb)

    def start(self) -> None:
        self.mariadb.start()


def hold_sqlite(url: str, seconds: float) -> None:
    """SQLite has no server to freeze: somebody else writes for so long."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        time.sleep(seconds)
        connection.rollback()
    engine.dispose()


def close(server: Process) -> None:
    """At the end: no need to be gentle, all is read."""
    server.stop(signal.SIGKILL)
    shutil.rmtree(server.directory, ignore_errors=True)
