"""Servers and flushers killed with -9 while teachers watch, over HTTP and on the real clock: every second watched is in SQL."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Coverage, Enrolment, StudySession
from server import create_app
from server.database import db, make_engine
from server.settings import Settings
from services.tokens import AccessClaims
from tests import factories
from tests.programmes.notices import phase2_text
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
WATCHERS = 12
SECONDS = 10
#: Seconds between beats; shorter than a server needs to start.
PERIOD = 0.25


class Processes:
    """The web server and the flusher, as deploy runs them."""

    def __init__(self, settings: Settings, directory: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        from base64 import b64encode

        keys = {name: b64encode(key).decode() for name, key in settings.envelope_keys.items()}
        self.env = os.environ | {
            "DATABASE_URL": settings.database_url,
            "REDIS_URL": settings.redis_url,
            "TOKEN_KEY": b64encode(settings.token_key).decode(),
            "ID_INDEX_KEY": b64encode(settings.id_index_key).decode(),
            "ID_ENVELOPE_KEYS": ",".join(f"{name}:{key}" for name, key in keys.items()),
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "WEB_CONCURRENCY": "2",
            "FLUSH_INTERVAL_MS": "200",
        }
        self.log = (directory / "processes.log").open("ab")
        self.web = self.flusher = self._nothing()

    def _nothing(self) -> "subprocess.Popen[bytes] | None":
        return None

    def start_web(self) -> None:
        self.web = self._start("-m", "gunicorn", "-c", "gunicorn.conf.py", "asgi:app")
        wait_until(self._answers, timeout=30, what="the server to answer")

    def start_flusher(self) -> None:
        self.flusher = self._start("-m", "flask", "--app", "wsgi", "flush", "run")

    def _start(self, *command: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=self.env, stdout=self.log, stderr=self.log, start_new_session=True
        )

    def workers(self) -> list[int]:
        assert self.web
        children = Path(f"/proc/{self.web.pid}/task/{self.web.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    @staticmethod
    def kill(process: "subprocess.Popen[bytes] | None") -> None:
        """-9 for the process and all that it started."""
        if process is not None and process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=30)

    def _answers(self) -> bool:
        try:
            return Http(self.port, "").ask("GET", "/healthz")[0] == 200
        except OSError:
            return False

    def close(self) -> None:
        self.kill(self.flusher)
        self.kill(self.web)
        self.log.close()


class Http:
    def __init__(self, port: int, token: str) -> None:
        self.port, self.headers = port, {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Raises OSError when the server is away or dies in the middle."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, self.headers)
            reply = connection.getresponse()
            return reply.status, json.loads(reply.read() or b"null")
        except (http.client.HTTPException, json.JSONDecodeError) as error:
            raise OSError(str(error)) from None
        finally:
            connection.close()


class Watcher(threading.Thread):
    """An honest player: again and again a beat with what was played; one that is not answered is sent again, as it was."""

    def __init__(self, port: int, token: str, enrolment: int, lesson: int) -> None:
        super().__init__()
        self.http, self.enrolment, self.lesson = Http(port, token), enrolment, lesson
        self.reply: dict[str, Any] = {}
        self.position = self.retries = 0
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self._watch()
        except BaseException as error:  # noqa: BLE001 — told to the test
            self.error = error

    def _watch(self) -> None:
        body = {"enrolment_id": self.enrolment, "lesson_id": self.lesson, "device": "phone", "take_over": False}
        status, opened = self._insist(self.http, "/v1/study/sessions", body)
        assert status == 201, opened
        player = Http(self.http.port, opened["study_token"])
        began = time.monotonic()
        for seq in range(1, round(SECONDS / PERIOD) + 1):
            time.sleep(max(0, began + seq * PERIOD - time.monotonic()))
            played = int(time.monotonic() - began)
            beat = {
                "seq": seq,
                "acked": self.reply.get("seq", 0),
                "at": datetime.now(UTC).isoformat(),
                "played": [[self.position, played]] if played > self.position else [],
            }
            status, self.reply = self._insist(
                player, "/v1/study/end" if seq * PERIOD >= SECONDS else "/v1/study/beats", beat
            )
            assert status == 200, self.reply
            self.position = max(self.position, played)

    def _insist(self, http_client: Http, path: str, body: Any) -> tuple[int, Any]:
        deadline = time.monotonic() + 30
        while True:
            try:
                status, reply = http_client.ask("POST", path, body)
                if status != 503:
                    return status, reply
            except OSError:
                if time.monotonic() > deadline:
                    raise
            self.retries += 1
            time.sleep(0.1)


@pytest.fixture
def processes(settings: Settings, tmp_path: Path) -> Iterator[Processes]:
    running = Processes(settings, tmp_path)
    yield running
    running.close()


def _class(session: Session, settings: Settings, now: datetime) -> list[tuple[str, int, int]]:
    """Access tokens, enrolments and lessons of teachers in a programme that is open now."""
    from services import programmes

    week = timedelta(days=7)
    dates = ("2022-10-31", f"{now + week:%Y-%m-%d}"), ("2022-07-16", f"{now - week:%Y-%m-%d}")
    text = phase2_text(*dates, accept=True)
    app = create_app(settings)
    tokens = app.extensions["xueshi"].tokens
    programme = programmes.publish(session, text, now)
    course = factories.course(session, programme, module="ethics")
    lesson = factories.lesson(session, course, duration=600)
    found = []
    for index in range(WATCHERS):
        account = factories.account(session)
        enrolment = factories.enrolment(session, account, programme)
        family = f"{index:032}"
        factories.refresh_token(session, account, family, now)
        token = tokens.issue_access(AccessClaims(account.id, account.token_version or 1, family), now)
        found.append((token, enrolment.id, lesson.id))
    session.commit()
    with app.app_context():
        db.engine.dispose()
    return found


def test_every_second_watched_is_in_sql(processes: Processes, settings: Settings, session: Session) -> None:
    people = _class(session, settings, datetime.now(UTC))
    processes.start_web()
    processes.start_flusher()
    watchers = [Watcher(processes.port, *who) for who in people]
    for watcher in watchers:
        watcher.start()
    wait_until(lambda: all(watcher.reply for watcher in watchers), timeout=30, what="everybody's first reply")
    processes.kill(processes.web)
    processes.start_web()
    for worker in processes.workers():
        processes.kill(processes.flusher)
        os.kill(worker, signal.SIGKILL)
        processes.start_flusher()
        time.sleep(0.8)
    for watcher in watchers:
        watcher.join(60)
    assert [watcher.error for watcher in watchers] == [None] * WATCHERS
    assert sum(watcher.retries for watcher in watchers) > 0, "the kills were felt"
    engine = make_engine(settings.database_url)
    for watcher in watchers:
        wait_until(lambda w=watcher: _flushed(engine, w), timeout=20, what="the flusher")
        with Session(engine) as sql:
            told, row = watcher.reply, sql.get_one(Coverage, (watcher.enrolment, watcher.lesson))
            assert told["session"]["withheld"] == {}
            assert row.credited == told["credited"] == watcher.position >= SECONDS
            assert sql.get_one(Enrolment, watcher.enrolment).credited_seconds == watcher.position
    engine.dispose()


def _flushed(engine: sa.Engine, watcher: Watcher) -> bool:
    with Session(engine) as sql:
        row = sql.scalar(sa.select(StudySession).where(StudySession.enrolment_id == watcher.enrolment))
        return row is not None and row.end_reason == "ended"
