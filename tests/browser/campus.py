"""The whole system for walks of teachers in a browser: the page that was built, real films, invented teachers, the real clock."""

import os
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Coverage, Enrolment, StudySession
from programmes import demonstration as files
from programmes.demonstration import DEMONSTRATIONS
from server import create_app
from server import settings as environment
from server.database import db, make_engine
from server.local.environment import ROOT
from services import demonstration, programmes
from services.demonstration_staff import DemoAccount
from services.enrolling import enrolments
from tests import teachers
from tests.acceptance.system import System
from tests.servers import RedisServer
from tests.waiting import wait_until

CALM, CHECKED = (one.title for one in DEMONSTRATIONS)
#: What is changed in the rules of both, so that seconds show what takes minutes: beats that come soon, checks that come soon in one.
SOONER = (
    ("beat_every = 20", "beat_every = 2"),
    ("beat_every = 5", "beat_every = 1"),
    ("min_seconds = 20", "min_seconds = 5"),
    ("max_seconds = 40", "max_seconds = 6"),
    ("answer_within = 8", "answer_within = 20"),
)


class Campus(System):
    """`teachers` have not signed in before; `settle` one that has. `front` is the web server, which may be killed."""

    def __init__(self, redis: RedisServer, sqlite_template: Path, wechat_url: str) -> None:
        super().__init__(redis, wechat_url)
        self.env |= {"WEB_CONCURRENCY": "1"} | {name: os.environ[name] for name in ("WEB_ROOT",) if name in os.environ}
        shutil.copy(sqlite_template, self.directory / "xueshi.db")
        self.engine = make_engine(self.env["DATABASE_URL"])
        self.front: subprocess.Popen[bytes] | None = None

    def start(self) -> "Campus":
        self.teachers = [one for one in self._load() if one.role == "teacher"]
        self.take_port()
        self._spawn("-m", "flask", "flush", "run")
        self.open_front()
        return self

    def open_front(self) -> None:
        """On the same port each time."""
        command = (sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "asgi:app")
        with (self.directory / "log").open("ab") as log:
            self.front = subprocess.Popen(
                command, cwd=ROOT, env=self.env, stdout=log, stderr=log, start_new_session=True
            )
        wait_until(self._ready, timeout=60, what="the server to be ready")

    def kill_front(self) -> None:
        """-9 for all its processes."""
        if self.front is not None:
            os.killpg(self.front.pid, signal.SIGKILL)
            self.front.wait(30)
            self.front = None

    def close(self) -> None:
        self.kill_front()
        self.engine.dispose()
        super().close()

    def teacher(self) -> DemoAccount:
        """One whom no walk has had yet, and who has never signed in."""
        return self.teachers.pop(0)

    def settled(self) -> DemoAccount:
        """One whom no walk has had yet; the password is their own, the personal data are confirmed."""
        teacher = self.teacher()
        values = {"must_change_password": False, "must_confirm_profile": False}
        with Session(self.engine) as session, session.begin():
            session.execute(sa.update(Account).where(Account.name == teacher.name).values(**values))
        return teacher

    def credited(self, teacher: DemoAccount) -> int:
        """Seconds in SQL, of all lessons; asserts that what is kept for a lesson and for an enrolment says the same."""
        lessons = sa.select(sa.func.coalesce(sa.func.sum(Coverage.credited), 0)).join(Enrolment).join(Account)
        total = sa.select(sa.func.sum(Enrolment.credited_seconds)).join(Account)
        with Session(self.engine) as session:
            found = int(session.scalar(lessons.where(Account.name == teacher.name)) or 0)
            assert found == session.scalar(total.where(Account.name == teacher.name))
        return found

    def sessions(self, teacher: DemoAccount) -> list[StudySession]:
        query = sa.select(StudySession).join(Account, Account.id == StudySession.account_id)
        with Session(self.engine, expire_on_commit=False) as session:
            return list(session.scalars(query.where(Account.name == teacher.name).order_by(StudySession.opened_at)))

    def _load(self) -> list[DemoAccount]:
        app = create_app(environment.load(self.env))
        now = datetime.now(UTC)
        with Session(self.engine) as session, session.begin():
            people = demonstration.load(session, teachers.collaborators(app), now)
            for which in DEMONSTRATIONS:
                text = files.render(which, 2, files.local_day(now))
                for usual, sooner in SOONER:
                    text = text.replace(usual, sooner)
                enrolments.move_to(session, programmes.publish(session, text, now))
        with app.app_context():
            db.engine.dispose()
        return people
