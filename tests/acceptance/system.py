"""The whole system as it runs in production, on the real clock: Redis, gunicorn, the flusher, and a stand-in for WeChat."""

import base64
import http.client
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from server import wechat_stand_in
from server.local.environment import ROOT, free_port
from tests.servers import RedisServer
from tests.waiting import wait_until

#: The demo takes the demonstration's teachers from the first on; tests that need one for themselves begin here.
FIRST_OF_THE_OTHERS = 25


class Reply(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)


class System:
    """`url` is where it answers, `accounts` the file with the invented teachers of its demonstration."""

    def __init__(self, redis: RedisServer, wechat_url: str) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="xs-"))
        self.accounts = self.directory / "demo" / "accounts.json"
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.env = kept | {
            "HOST": "127.0.0.1",
            "XUESHI_VAR": str(self.directory),
            "FLASK_APP": "wsgi",
            "DATABASE_URL": f"sqlite:///{self.directory / 'xueshi.db'}",
            "REDIS_URL": redis.url,
            "TOKEN_KEY": _key(),
            "ID_INDEX_KEY": _key(),
            "ID_ENVELOPE_KEYS": f"test:{_key()}",
            "MEDIA_ROOT": str(ROOT / "programmes" / "demonstration" / "media"),
            "WECHAT_APPID": wechat_stand_in.APPID,
            "WECHAT_SECRET": wechat_stand_in.SECRET,
            "WECHAT_API_URL": wechat_url,
            "WEB_CONCURRENCY": "2",
            "FLUSH_INTERVAL_MS": "300",
        }
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> "System":
        for command in (("db", "upgrade"), ("demonstration", "load")):
            subprocess.run((sys.executable, "-m", "flask", *command), cwd=ROOT, env=self.env, check=True, timeout=90)
        self.take_port()
        self._spawn("-m", "flask", "flush", "run")
        self._spawn("-m", "gunicorn", "-c", "gunicorn.conf.py", "asgi:app")
        wait_until(self._ready, timeout=60, what="the server to be ready")
        return self

    def take_port(self) -> None:
        """Just before it serves: while a database was made, somebody else could have taken it."""
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.env["PORT"] = str(self.port)

    def call(self, method: str, path: str, body: Any = None, token: str = "") -> Reply:
        """One HTTP exchange over a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        try:
            sent = None if body is None else json.dumps(body).encode()
            connection.request(method, path, body=sent, headers=headers)
            reply = connection.getresponse()
            return Reply(reply.status, reply.headers, reply.read())
        finally:
            connection.close()

    def close(self) -> None:
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait(30)
        shutil.rmtree(self.directory, ignore_errors=True)

    def _spawn(self, *command: str) -> None:
        with (self.directory / "log").open("ab") as log:
            self.processes.append(
                subprocess.Popen((sys.executable, *command), cwd=ROOT, env=self.env, stdout=log, stderr=log)
            )

    def _ready(self) -> bool:
        if any(process.poll() is not None for process in self.processes):
            raise RuntimeError(f"a part ended: {(self.directory / 'log').read_text()[-2000:]}")
        try:
            return self.call("GET", "/readyz").status == 200
        except OSError:
            return False


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()
