"""Records that SQL refuses: what can be made to fit is, and the rest is set aside."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import msgspec
import pytest
import sqlalchemy as sa
from redis import Redis
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from heartbeat import flusher as flushing
from heartbeat.flusher import REFUSED_FOR_MS, Flusher
from heartbeat.merge import MOST
from heartbeat.store import Record, Store
from models import StudySession
from tests.conftest import FakeClock
from tests.heartbeat.histories import START_MS
from tests.heartbeat.studying import Learner, assert_sql_holds, learners

TALLIES = ("reported", "credited", "pending", "checks_asked", "checks_answered", "checks_missed")


class Refusing(Flusher):
    """As over an SQL that refuses some sessions; counts transactions."""

    refuses: frozenset[str] = frozenset()
    transactions = 0

    def merge(self, records: Sequence[Record], now: datetime) -> None:
        self.transactions += 1
        if any(record.session.id in self.refuses for record in records):
            raise DataError("INSERT", None, Exception("out of range"))
        super().merge(records, now)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime.fromtimestamp(START_MS / 1000, UTC))


@pytest.fixture
def sql(engine: sa.Engine) -> Iterator[Session]:
    with Session(engine) as opened:
        yield opened


@pytest.fixture
def flusher(engine: sa.Engine, redis: "Redis", clock: FakeClock) -> Refusing:
    return Refusing(engine, Store(redis), clock)


@pytest.fixture
def studied(sql: Session, flusher: Refusing) -> list[Learner]:
    return [learner.open().watch() for learner in learners(sql, flusher.store, 16)]


@pytest.fixture
def in_one_batch(flusher: Refusing) -> Callable[[], int]:
    """One round's transactions."""

    def flush() -> int:
        before = flusher.transactions
        flusher.run_once()
        return flusher.transactions - before

    return flush


def test_a_tally_beyond_its_column_is_cut_to_what_fits(sql: Session, flusher: Refusing, studied: list[Learner]) -> None:
    records = flusher.store.records(flusher.store.dirty(100))
    changed = msgspec.structs.replace(records[0].session, too_fast=2**31, **dict.fromkeys(TALLIES, 2**31))
    assert flusher.flush([records[0]._replace(session=changed), *records[1:]]) == 16
    assert flusher.transactions == 1
    row = sql.get_one(StudySession, changed.id)
    assert {getattr(row, name) for name in TALLIES} == {MOST}
    sql.rollback()
    assert_sql_holds(sql, [learner for learner in studied if learner.place.session != changed.id])


def test_a_refused_record_is_looked_for_once(
    sql: Session, flusher: Refusing, clock: FakeClock, studied: list[Learner], in_one_batch: Callable[[], int]
) -> None:
    bad, *others = studied
    flusher.refuses = frozenset({bad.place.session})
    assert in_one_batch() == 9, "by halves"
    for _ in range(3):
        for learner in studied:
            learner.watch()
        assert in_one_batch() == 1, "left out, though it changed"
    assert in_one_batch() == 0
    assert_sql_holds(sql, others)
    assert flusher.store.backlog() == 1, "it stays dirty"


def test_it_is_tried_again_later_apart_from_the_others(
    sql: Session, flusher: Refusing, clock: FakeClock, studied: list[Learner], in_one_batch: Callable[[], int]
) -> None:
    flusher.refuses = frozenset({studied[3].place.session})
    in_one_batch()
    clock.advance(REFUSED_FOR_MS / 1000)
    for learner in studied:
        learner.watch()
    assert in_one_batch() == 2, "the others, and it alone"
    clock.advance(REFUSED_FOR_MS / 1000)
    flusher.refuses = frozenset()
    assert in_one_batch() == 1
    assert_sql_holds(sql, studied)
    assert flusher.store.backlog() == 0
    for learner in studied:
        learner.watch()
    assert in_one_batch() == 1, "one of the others again"


def test_no_more_are_remembered_than_fit(
    flusher: Refusing, studied: list[Learner], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flushing, "REFUSED_MOST", 3)
    flusher.refuses = frozenset(learner.place.session for learner in studied)
    assert flusher.run_once() == 0
    assert len(flusher._refused) == 3
