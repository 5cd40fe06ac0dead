"""Kolibri itself, as PyPI has it: its own web server (Cheroot, one process of many threads) on its own default database (SQLite).

A learner's client opens a session with POST /api/logger/trackprogress/ and then sends PUT /api/logger/trackprogress/<session_id>/
with `time_spent_delta`, the seconds since the last one, and `progress_delta`, the part of the content they are
(kolibri/core/logger/api.py). Its server asks no clock before it credits them, so the clock of a benchmark is none of its concern.

Its client sends one for every 120 seconds of time spent (`timeThreshold` in
kolibri/plugins/learn/frontend/composables/useProgressTracking.js; with a lesson of twenty minutes the other threshold, 40 % more
progress, comes later), and sends again only what was answered 503.
"""

import os
import shutil
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.peers import client
from benchmarks.peers.processes import ROOT, Process, free_port
from benchmarks.peers.systems import LESSON, Player, System

VENV = ROOT / "var" / "peers" / "kolibri-venv"
VERSION = "0.19.5"
ADMIN, PASSWORD, LEARNER = "admin", "invented-admin-1", "invented-learner-1"
#: A password is hashed for each learner that logs in, hence the load has no more than these.
MOST = 32
#: For the load: a video that no learner finishes, for finishing one costs more.
ENDLESS = 86_400


def install() -> Path:
    """The program, in a virtual environment of its own; downloaded the first time (some 100 MB)."""
    program = VENV / "bin" / "kolibri"
    if not program.exists():
        shutil.rmtree(VENV, ignore_errors=True)
        subprocess.run((sys.executable, "-m", "venv", VENV), check=True)
        pip = (VENV / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", f"kolibri=={VERSION}")
        subprocess.run(pip, check=True)
    return program


class KolibriPlayer(Player):
    def __init__(self, learner: int, headers: dict[str, str], session: str, duration: int = LESSON) -> None:
        super().__init__(learner)
        self.headers, self.sign, self.duration = headers, session, duration

    def ping(self, start: int, end: int) -> client.Ping:
        seconds = end - start
        return self._put({"time_spent_delta": seconds, "progress_delta": min(1.0, seconds / self.duration)})

    def forged(self, position: int, interval: int) -> client.Ping:
        return self._put({"progress": min(1.0, position / self.duration)})

    def _put(self, body: dict[str, float]) -> client.Ping:
        return (client.request("PUT", f"/api/logger/trackprogress/{self.sign}/", self.headers, body),)


class Kolibri(System):
    name = "Kolibri"
    interval = 120
    books = ("progress", "time_spent")
    version = f"{VERSION} from PyPI"

    def __init__(self) -> None:
        super().__init__()
        self.port = free_port()
        self.home = self.directory / "home"
        #: Headers of those who are logged in, by learner; their sessions by learner and lesson.
        self.known: dict[int, dict[str, str]] = {}
        self.contents: dict[int, dict[int, dict[str, Any]]] = {}

    def start(self) -> None:
        program = install()
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        env = kept | {"KOLIBRI_HOME": str(self.home)}
        log = self.directory / "kolibri.log"
        provision: tuple[str, ...] = ("manage", "provisiondevice", "--facility", "Invented", "--superusername", ADMIN)
        provision += ("--superuserpassword", PASSWORD, "--preset", "nonformal", "--language_id", "en", "--noinput")
        with log.open("ab") as said:
            subprocess.run((program, *provision), env=env, stdout=said, stderr=said, check=True, timeout=300)
        command = (program, "start", "--foreground", "--skip-update", "--port", str(self.port), "--zip-port", "0")
        self.web = Process(command, env, log)
        self.web.start(self.port)
        self.facility = self._call({}, "GET", "/api/public/v1/facility/")[1][0]["id"]
        self.admin = self._log_in(ADMIN, PASSWORD)

    def close(self) -> None:
        self.web.close()
        super().close()

    def roles(self) -> dict[str, int]:
        return {"kolibri": self.web.pid}

    def _call(self, headers: dict[str, str], method: str, path: str, body: Any = None) -> tuple[Any, Any]:
        wire = client.Wire(self.port)
        try:
            return wire.exchange(client.request(method, path, headers, body))
        finally:
            wire.close()

    def _log_in(self, username: str, password: str) -> dict[str, str]:
        """The headers of whoever this is: the session's cookie, and the token against forged requests that goes with it."""
        body = {"username": username, "password": password, "facility": self.facility}
        headers, _ = self._call({}, "POST", "/api/auth/session/", body)
        cookies = [cookie.partition(";")[0] for cookie in headers.get_all("Set-Cookie")]
        token = next(cookie.partition("=")[2] for cookie in cookies if cookie.startswith("kolibri_csrftoken="))
        return {"Cookie": "; ".join(cookies), "X-CSRFToken": token}

    def _headers(self, learner: int) -> dict[str, str]:
        if learner not in self.known:
            name = f"learner{learner}"
            body = {"username": name, "password": LEARNER, "facility": self.facility, "full_name": "虚构学员"}
            self._call(self.admin, "POST", "/api/auth/facilityuser/", body)
            self.known[learner] = self._log_in(name, LEARNER)
        return self.known[learner]

    def _session(self, learner: int, lesson: int) -> dict[str, Any]:
        contents = self.contents.setdefault(learner, {})
        if lesson not in contents:
            ids = {name: uuid.uuid4().hex for name in ("node_id", "content_id", "channel_id")}
            contents[lesson] = ids | {"kind": "video"}
        opened: dict[str, Any] = self._call(
            self._headers(learner), "POST", "/api/logger/trackprogress/", contents[lesson]
        )[1]
        return opened

    def open(self, learner: int, device: str = "phone", lesson: int = 1) -> Player:
        session = self._session(learner, lesson)["session_id"]
        return KolibriPlayer(learner, self._headers(learner), session)

    def open_many(self, count: int) -> Sequence[Player]:
        learners = range(1_000, 1_000 + min(count, MOST))
        return [
            KolibriPlayer(learner, self._headers(learner), self._session(learner, 1)["session_id"], ENDLESS)
            for learner in learners
        ]

    def rest(self) -> None:
        """It writes SQL at once."""

    def credited(self, learner: int) -> dict[str, float]:
        """What it tells the learner who opens the content again."""
        told = [self._session(learner, lesson) for lesson in self.contents.get(learner, {})]
        progress = sum(found["progress"] * LESSON for found in told)
        return {"progress": progress, "time_spent": sum(found["time_spent"] for found in told)}

    def total(self) -> dict[str, float]:
        """Progress of the load is a part of ENDLESS, and rounded up to a thousandth each time: not comparable."""
        told = [self._session(learner, lesson) for learner in self.contents for lesson in self.contents[learner]]
        return {"time_spent": sum(found["time_spent"] for found in told)}

    def kill_web(self) -> None:
        self.hang_up()
        self.web.kill()

    def kill_flush(self) -> None:
        """It writes SQL at once."""

    def revive(self) -> None:
        if self.web.process is None:
            self.web.start(self.port)

    @contextmanager
    def stalled(self) -> Iterator[None]:
        """Its database is locked by somebody else."""
        holding = sqlite3.connect(self.home / "db.sqlite3", isolation_level=None)
        holding.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            holding.execute("ROLLBACK")
            holding.close()

    def hangs(self) -> object:
        time.sleep(1)  # nothing outside shows that a thread of it waits for SQLite's lock
        return True
