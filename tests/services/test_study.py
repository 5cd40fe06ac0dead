"""Opening a player while flushers work."""

import threading
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from heartbeat.flusher import Flusher
from heartbeat.store import Store
from models import Account, StudySession
from server.database import make_engine
from services import study
from tests.services.studying import cast


class RacingStore(Store):
    """As soon as Redis knows the session, a flusher takes it: before the row of the opening is committed."""

    def __init__(self, redis: Any, flusher: Flusher) -> None:
        super().__init__(redis)
        self.errors: list[BaseException] = []
        self.thread = threading.Thread(target=self._flush, args=(flusher,))

    def _flush(self, flusher: Flusher) -> None:
        try:
            flusher.run_once()
        except BaseException as error:  # noqa: BLE001 — told to the test
            self.errors.append(error)

    def open_session(self, *args: Any) -> Any:
        outcome = super().open_session(*args)
        self.thread.start()
        self.thread.join(0.7)  # on most databases it waits for our commit
        return outcome


@pytest.mark.parametrize("backend", ["sqlite", "postgresql", "mariadb"], indirect=True)
def test_a_flusher_that_is_quicker_than_the_commit_does_no_harm(make_app, database_url, engine, redis, clock):
    app = make_app(database_url=database_url)
    flushing = make_engine(database_url)
    store = RacingStore(redis, Flusher(flushing, Store(redis), clock))
    with Session(engine, expire_on_commit=False) as session:
        actors = cast(session)
        account = session.get_one(Account, actors.teacher.id)
        lesson = actors.ethics.lessons[0]
        session.commit()
        opened = study.open_session(
            session,
            replace(app.extensions["xueshi"], store=store),
            account,
            enrolment_id=actors.enrolment.id,
            lesson_id=lesson.id,
            device="phone",
            take_over=False,
            address="192.0.2.9",
            route="web",
            now=clock(),
        )
        session.commit()
        store.thread.join(20)
        assert not store.thread.is_alive()
        assert store.errors == []
        Flusher(flushing, Store(redis), clock).drain()
        (row,) = session.scalars(sa.select(StudySession)).all()
        assert (row.id, row.device, row.address_masked) == (opened.session.id, "phone", "192.0.2.0")
    flushing.dispose()
