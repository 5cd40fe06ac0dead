"""The whole system on loopback: two API nodes and two flushers, Redis, a database, a network between them, and a supervisor.

Each API node has a port where clients reach it through a proxy, and a socket where it reaches Redis through another.
"""

import asyncio
import base64
import http.client
import os
import random
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.chaos import parts
from benchmarks.chaos.parts import ROOT, Part, Program
from benchmarks.chaos.proxy import FAIR, Proxy
from benchmarks.chaos.servers import MariadbPart, PostgresPart, RedisPart, close
from server.local.environment import free_port
from tests.waiting import wait_until

NODES = FLUSHERS = 2


@dataclass
class Kept:
    """A part that the supervisor keeps up; who holds the lock is doing something to it."""

    part: Part
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class System:
    def __init__(self, *, database: str, fsync: str, server: str, workers: int, chance: random.Random) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="xs-"))
        self.log = self.directory / "log"
        self.redis = RedisPart(fsync)
        self.database = {"postgresql": PostgresPart, "mariadb": MariadbPart}.get(database, lambda: None)()
        self.server, self.workers = server, workers
        ports = [free_port() for _ in range(2 * NODES)]
        self.ports, self._own_ports = ports[:NODES], ports[NODES:]
        self.front = [Proxy(*ends, chance) for ends in zip(self.ports, self._own_ports, strict=True)]
        sockets = [self.directory / f"redis{node}.sock" for node in range(NODES)]
        self.back = [Proxy(socket, self.redis.redis.socket, chance) for socket in sockets]
        self._sockets = sockets
        self.clocks = [self.directory / f"clock{node}" for node in range(NODES)]
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Servers, and the environment of the rest; `open` goes on when there is a schema."""
        await asyncio.to_thread(self.redis.start)
        url = f"sqlite:///{self.directory / 'xueshi.db'}"
        if isinstance(self.database, PostgresPart):
            await asyncio.to_thread(self.database.start)
            url = self.database.postgres.create_database("xueshi")
        elif isinstance(self.database, MariadbPart):
            await asyncio.to_thread(self.database.start)
            url = self.database.mariadb.create_database("xueshi")
        self.env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ} | {
            "DATABASE_URL": url,
            "REDIS_URL": self.redis.redis.url,
            "TOKEN_KEY": _key(),
            "ID_INDEX_KEY": _key(),
            "ID_ENVELOPE_KEYS": f"chaos:{_key()}",
            "HOST": "127.0.0.1",
            "WEB_CONCURRENCY": str(self.workers),
            "LOG_LEVEL": "WARNING",
            "ACCESS_TOKEN_SECONDS": "86400",
            "FLASK_APP": "wsgi",
        }

    async def open(self) -> None:
        for proxy in (*self.front, *self.back):
            await proxy.start()
        self.api = [Kept(self._node(number)) for number in range(NODES)]
        self.flushers = [
            Kept(Program(f"flusher {number + 1}", ["-m", "flask", "flush", "run"], self.env, self.log))
            for number in range(FLUSHERS)
        ]
        self.kept = [*self.api, *self.flushers, Kept(self.redis)]
        if self.database is not None:
            self.kept.append(Kept(self.database))
        for kept in (*self.api, *self.flushers):
            await asyncio.to_thread(kept.part.start)
        await self.ready()
        self._tasks = [
            asyncio.create_task(_for_ever(0.2, self._revive)),
            asyncio.create_task(_for_ever(0.05, self._look)),
        ]

    def _node(self, number: int) -> Program:
        self.clocks[number].write_text("0")
        metrics = self.directory / f"metrics{number}"
        metrics.mkdir()
        env = self.env | {
            "PORT": str(self._own_ports[number]),
            "REDIS_URL": f"unix://{self._sockets[number]}?db=0",
            "CHAOS_CLOCK": str(self.clocks[number]),
            "PROMETHEUS_MULTIPROC_DIR": str(metrics),
        }
        kind = "asgi" if self.server == "asgi" else "gthread"
        command = ["-m", "gunicorn", "-c", "gunicorn.conf.py", "-k", kind, f"benchmarks.chaos.clocked:{self.server}()"]
        return Program(f"API node {number + 1}", command, env, self.log)

    async def ready(self) -> None:
        """Until every node says so."""
        for port in self._own_ports:
            await asyncio.to_thread(wait_until, lambda port=port: _ready(port), 60, "the API to be ready")

    def kept_as(self, part: Part) -> Kept:
        return next(kept for kept in self.kept if kept.part is part)

    async def _revive(self) -> None:
        """What a supervisor does: start what is not there."""
        for kept in self.kept:
            if not kept.lock.locked() and not kept.part.alive():
                async with kept.lock:
                    await asyncio.to_thread(kept.part.start)

    async def _look(self) -> None:
        if self.redis.alive():
            self.redis.look()

    async def flush(self) -> int:
        """`flask flush once`. How many sessions SQL still lacks."""
        command = (sys.executable, "-m", "flask", "flush", "once")
        done = await asyncio.to_thread(
            subprocess.run, command, cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=60, check=False
        )
        left = re.search(r"剩余 (\d+) 条", done.stdout)
        return int(left[1]) if left else -1

    def calm(self) -> None:
        for proxy in (*self.front, *self.back):
            proxy.weather = FAIR
        for clock in self.clocks:
            clock.write_text("0")

    def bugs(self) -> list[str]:
        """Errors in the programs' logs that are no outage."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return [line for line in lines if "unexpected_error" in line or "record_refused" in line or "Error:" in line]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for proxy in (*self.front, *self.back):
            await proxy.close()
        for kept in getattr(self, "kept", []):
            if isinstance(kept.part, Program):
                await asyncio.to_thread(parts.kill, kept.part)
        for part in (self.redis, self.database):
            if part is not None:
                if part.alive():
                    await asyncio.to_thread(parts.kill, part)
                await asyncio.to_thread(close, part.server)
        shutil.rmtree(self.directory, ignore_errors=True)


async def _for_ever(period_s: float, act: Callable[[], Awaitable[None]]) -> None:
    while True:
        await asyncio.sleep(period_s)
        await act()


def _ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=3)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()
