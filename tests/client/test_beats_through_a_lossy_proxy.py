"""The client's player and a real server, with a network between them that loses what it likes: nothing that was watched is lost, nothing
is doubled."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from heartbeat import bitmap
from models import Coverage, StudySession
from server import create_app
from server.database import db, make_engine
from server.settings import Settings
from services import programmes
from services.tokens import AccessClaims
from tests import factories
from tests.acceptance.test_killed_servers import Processes
from tests.client.lossy import LossyProxy
from tests.programmes.notices import phase2_text
from tests.waiting import wait_until

TEACHERS = 5


@pytest.fixture
def processes(settings: Settings, tmp_path: Path) -> Iterator[Processes]:
    running = Processes(settings, tmp_path)
    yield running
    running.close()


def _class(session: Session, settings: Settings, now: datetime) -> list[dict[str, Any]]:
    """Teachers of a programme that is open now and beats every second."""
    week = timedelta(days=7)
    dates = ("2022-10-31", f"{now + week:%Y-%m-%d}"), ("2022-07-16", f"{now - week:%Y-%m-%d}")
    text = phase2_text(*dates, ("beat_every = 20", "beat_every = 1"), accept=True)
    app = create_app(settings)
    tokens = app.extensions["xueshi"].tokens
    programme = programmes.publish(session, text, now)
    lesson = factories.lesson(session, factories.course(session, programme, module="ethics"), duration=600)
    found = []
    for index in range(TEACHERS):
        account = factories.account(session)
        enrolment = factories.enrolment(session, account, programme)
        family = f"{index:032}"
        factories.refresh_token(session, account, family, now)
        token = tokens.issue_access(AccessClaims(account.id, account.token_version or 1, family), now)
        found.append({"token": token, "account": account.id, "enrolment": enrolment.id, "lesson": lesson.id})
    session.commit()
    with app.app_context():
        db.engine.dispose()
    return found


def test_nothing_watched_is_lost_or_doubled(
    processes: Processes, settings: Settings, session: Session, tmp_path: Path, vitest: Callable[..., None]
) -> None:
    people = _class(session, settings, datetime.now(UTC))
    processes.start_web()
    processes.start_flusher()
    proxy = LossyProxy(processes.port, seed=6)
    seen, teachers = tmp_path / "seen.json", tmp_path / "teachers.json"
    teachers.write_text(json.dumps(people))
    try:
        vitest(
            "--config",
            "tests/live/vitest.config.ts",
            XUESHI_URL=proxy.url,
            XUESHI_TEACHERS=str(teachers),
            XUESHI_SEEN=str(seen),
        )
    finally:
        proxy.close()
    assert all(proxy.fates[fate] for fate in ("request lost", "reply lost", "cut")), proxy.fates
    engine = make_engine(settings.database_url)
    for enrolment, seconds in json.loads(seen.read_text()).items():
        wait_until(lambda e=enrolment: _told(engine, int(e)), timeout=20, what="the flusher")
        with Session(engine) as sql:
            coverage = sql.scalars(sa.select(Coverage).where(Coverage.enrolment_id == int(enrolment))).one()
            sessions = sql.scalars(sa.select(StudySession).where(StudySession.enrolment_id == int(enrolment))).all()
        missing = set(seconds) - set(bitmap.seconds(coverage.bitmap))
        assert not missing, f"watched and not credited: {sorted(missing)}; {[one.withheld for one in sessions]}"
        # A second that was nearly over when the teacher went elsewhere may count.
        assert len(set(bitmap.seconds(coverage.bitmap)) - set(seconds)) <= 3
        assert sum(one.credited for one in sessions) == coverage.credited
        withheld = [one.withheld for one in sessions]
        assert {reason for one in withheld for reason, count in one.items() if count} <= {"repeat"}
        reported = sum(one.reported for one in sessions)
        assert reported - len(seconds) in range(4), f"{reported} reported of {len(seconds)} watched"
    engine.dispose()


def _told(engine: sa.Engine, enrolment: int) -> bool:
    """Whether the last session is over, and SQL knows it."""
    with Session(engine) as sql:
        rows = sql.scalars(
            sa.select(StudySession).where(StudySession.enrolment_id == enrolment).order_by(StudySession.opened_at)
        ).all()
        return bool(rows) and rows[-1].end_reason is not None
