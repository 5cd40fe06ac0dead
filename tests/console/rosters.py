"""A desk of jobs that does them at once, and rosters as an administrator's browser sends them."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from flask import Flask

from server.jobs.table import JOBS
from services.errors import NotFound, XueshiError
from services.jobs import Status
from tests import sheets, teachers
from tests.console.conftest import Staff


@dataclass
class Done:
    """`held`: jobs wait until `run` is called."""

    app: Flask
    held: bool = False
    statuses: dict[str, Status] = field(default_factory=dict)
    waiting: list[Callable[[], None]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def enqueue(self, name: str, /, **arguments: Any) -> str:
        job_id = f"job{len(self.names)}"
        self.names.append(name)
        self.statuses[job_id] = self._status(job_id, name, "waiting")
        self.waiting.append(lambda: self._do(job_id, name, arguments))
        if not self.held:
            self.run()
        return job_id

    def run(self) -> None:
        while self.waiting:
            self.waiting.pop(0)()

    def status(self, job_id: str) -> Status:
        if job_id not in self.statuses:
            raise NotFound
        return self.statuses[job_id]

    def _do(self, job_id: str, name: str, arguments: dict[str, Any]) -> None:
        with self.app.app_context():
            try:
                result = JOBS[name](lambda _done, _total: None, **arguments)
            except XueshiError as refused:
                self.statuses[job_id] = self._status(job_id, name, "failed", error=refused.detail)
            else:
                self.statuses[job_id] = self._status(job_id, name, "done", result=result)

    def _status(self, job_id: str, name: str, state: Any, **more: Any) -> Status:
        values = {"result": None, "error": None, "enqueued": None, "started": None, "ended": None} | more
        return Status(id=job_id, name=name, state=state, done=0, total=0, **values)


def jobs_at_once(app: Flask) -> Done:
    desk = Done(app)
    app.extensions["xueshi"] = replace(teachers.collaborators(app), jobs=desk)
    return desk


def send(staff: Staff, content: bytes, name: str = "名单.csv", kind: str = "roster", **fields: str) -> Any:
    return staff.post(f"/uploads/{kind}", {"file": (io.BytesIO(content), name), **fields})


def roster(*rows: list[str], encoding: str = "utf-8", header: tuple[str, ...] = sheets.HEADER) -> bytes:
    return sheets.csv_bytes([header, *rows], encoding)


def code_of(reply: Any) -> str:
    """Of the roster that a reply sends on to."""
    assert reply.status_code == 302, reply.text
    return str(reply.location.rpartition("/")[2])
