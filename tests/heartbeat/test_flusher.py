"""Redis to SQL on the three databases: idempotent, any number at once, and nothing lost wherever one dies."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from heartbeat import bitmap
from heartbeat.flusher import Flusher
from heartbeat.scripts import encode
from heartbeat.state import Session as StudyState
from heartbeat.store import Record, Store
from models import Coverage, Enrolment, Lesson, StudySession
from tests.conftest import FakeClock
from tests.heartbeat.histories import START_MS
from tests.heartbeat.studying import Learner, assert_sql_holds, learners


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime.fromtimestamp(START_MS / 1000, UTC))


class TestRunOnce:
    def test_brings_every_credited_second_to_sql(
        self, sql: Session, flusher: Flusher, class_of: Callable[[int], list[Learner]]
    ) -> None:
        studied = class_of(7)
        assert flusher.drain() == 7
        assert_sql_holds(sql, studied)

    def test_run_twice_adds_nothing(
        self, sql: Session, flusher: Flusher, class_of: Callable[[int], list[Learner]]
    ) -> None:
        studied = class_of(3)
        records = flusher.store.records(flusher.store.dirty(10))
        for _ in range(3):
            flusher.merge(records, flusher.clock())
        assert_sql_holds(sql, studied)

    def test_an_older_record_takes_nothing_back(
        self, sql: Session, flusher: Flusher, class_of: Callable[[int], list[Learner]]
    ) -> None:
        studied = class_of(3)
        older = flusher.store.records(flusher.store.dirty(10))
        for learner in studied:
            learner.watch()
        flusher.drain()
        flusher.merge(older, flusher.clock())
        assert_sql_holds(sql, studied)

    def test_what_changed_while_it_was_flushed_stays_dirty(
        self, sql: Session, flusher: Flusher, class_of: Callable[[int], list[Learner]]
    ) -> None:
        studied = class_of(2)
        records = flusher.store.records(flusher.store.dirty(10))
        flusher.merge(records, flusher.clock())
        studied[0].watch()
        flusher.settle(records, flusher.clock())
        assert flusher.store.backlog() == 1
        flusher.drain()
        assert_sql_holds(sql, studied)

    def test_the_next_reply_says_how_far_sql_holds_it(
        self, flusher: Flusher, class_of: Callable[[int], list[Learner]]
    ) -> None:
        (learner,) = class_of(1)
        assert learner.durable == 0
        flusher.drain()
        assert learner.watch().durable == 1

    def test_takes_no_more_than_a_batch_at_once(
        self, flusher: Flusher, class_of: Callable[[int], list[Learner]]
    ) -> None:
        class_of(60)
        assert flusher.run_once() == 50
        assert flusher.run_once() == 10
        assert flusher.run_once() == 0

    def test_a_session_whose_opening_never_reached_sql_gets_its_row(
        self, sql: Session, flusher: Flusher, class_of: Callable[[int], list[Learner]]
    ) -> None:
        (learner,) = class_of(1)
        assert sql.get(StudySession, learner.place.session) is None
        sql.rollback()
        flusher.drain()
        assert sql.get_one(StudySession, learner.place.session).account_id == learner.place.account

    def test_a_record_that_sql_refuses_does_not_hold_up_the_others(
        self, sql: Session, store: Store, flusher: Flusher, class_of: Callable[[int], list[Learner]]
    ) -> None:
        studied = class_of(4)
        nobody = (
            Learner(store, studied[0].place._replace(account=1, enrolment=999_999, session="nobody")).open().watch()
        )
        assert flusher.drain() == 4
        assert_sql_holds(sql, studied)
        assert store.backlog() == 1, "it stays, and the log names it"
        assert nobody.seq == 1

    @pytest.mark.parametrize("poison", [{"days": [20261399]}, {"end_reason": "longer than its column is"}])
    def test_a_value_that_fits_no_column_does_not_hold_up_the_others(
        self,
        sql: Session,
        backend: str,
        flusher: Flusher,
        class_of: Callable[[int], list[Learner]],
        poison: dict[str, Any],
    ) -> None:
        *others, poisoned = class_of(9)
        _rewrite(flusher.store, poisoned, **poison)
        refused = 0 if backend == "sqlite" and "end_reason" in poison else 1  # SQLite's columns take any text
        assert flusher.drain() == 9 - refused
        assert_sql_holds(sql, others)
        assert flusher.store.backlog() == refused

    def test_a_session_that_redis_lost_is_not_looked_for_again(
        self, redis: "Redis", flusher: Flusher, class_of: Callable[[int], list[Learner]]
    ) -> None:
        lost, _kept = class_of(2)
        redis.delete(lost.place.names(0)[0])
        assert flusher.drain() == 1
        assert flusher.store.backlog() == 0

    def test_the_total_moves_by_what_the_coverage_grew(
        self, sql: Session, flusher: Flusher, class_of: Callable[[int], list[Learner]]
    ) -> None:
        """Not by what the record says: another lesson, and seconds that only SQL knows, count on."""
        (learner,) = class_of(1)
        p = learner.place
        other = sql.scalars(sa.select(Lesson.id).where(Lesson.id != p.lesson)).first()
        known = {"updated_at": flusher.clock()}
        sql.add(Coverage(enrolment_id=p.enrolment, lesson_id=other, bitmap=b"\xff", credited=8, **known))
        known |= {"bitmap": bitmap.of([(10, 30)]), "credited": 20}
        sql.add(Coverage(enrolment_id=p.enrolment, lesson_id=p.lesson, **known))
        sql.get_one(Enrolment, p.enrolment).credited_seconds = 28
        sql.commit()
        flusher.drain()
        assert sql.get_one(Coverage, (p.enrolment, p.lesson), populate_existing=True).credited == 30
        assert sql.get_one(Enrolment, p.enrolment, populate_existing=True).credited_seconds == 38


def _rewrite(store: Store, learner: Learner, **changes: Any) -> None:
    """Change a session in Redis as no script would."""
    name = learner.place.names(0)[0]
    (record,) = (r for r in store.records(store.dirty(1000)) if r.session.id == learner.place.session)
    store.redis.set(name, encode(msgspec.structs.replace(record.session, **changes)))
    for day in changes.get("days", []):
        store.redis.set(learner.place.names(day)[4], 20)


class TestAtOnce:
    @pytest.mark.parametrize("how", ["run_once", "drain"])
    def test_many_flushers_and_players_lose_and_double_nothing(
        self, sql: Session, engine: sa.Engine, store: Store, clock: FakeClock, how: str
    ) -> None:
        studied = [learner.open() for learner in learners(sql, store, 40)]
        stop = threading.Event()
        errors: list[BaseException] = []

        def flush() -> None:
            try:
                flusher = Flusher(engine, store, clock, batch=15)
                while not stop.is_set():
                    getattr(flusher, how)()
            except BaseException as error:  # noqa: BLE001 — told to the test
                errors.append(error)

        flushers = [threading.Thread(target=flush) for _ in range(3)]
        for thread in flushers:
            thread.start()
        for _ in range(8):
            for learner in studied:
                learner.watch()
        stop.set()
        for thread in flushers:
            thread.join()
        assert errors == []
        Flusher(engine, store, clock).drain()
        assert_sql_holds(sql, studied)

    def test_two_that_merge_the_same_records_do_not_wait_for_each_other_in_a_ring(
        self, sql: Session, engine: sa.Engine, store: Store, clock: FakeClock
    ) -> None:
        studied = [learner.open().watch() for learner in learners(sql, store, 60)]
        records = store.records(store.dirty(100))
        errors: list[BaseException] = []

        def merge(turned: list[Record]) -> None:
            try:
                for _ in range(10):
                    Flusher(engine, store, clock).merge(turned, clock())
            except BaseException as error:  # noqa: BLE001 — told to the test
                errors.append(error)

        threads = [threading.Thread(target=merge, args=(turned,)) for turned in (records, records[::-1], records[30:])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        assert_sql_holds(sql, studied)


class TestRun:
    def test_waits_longer_after_each_failure_and_loses_nothing(
        self, sql: Session, engine: sa.Engine, store: Store, clock: FakeClock, class_of: Callable[[int], list[Learner]]
    ) -> None:
        studied = class_of(2)
        waited: list[float] = []

        class Patient(threading.Event):
            def wait(self, timeout: float | None = None) -> bool:
                waited.append(timeout or 0)
                return len(waited) > 7

        class Failing(Flusher):
            def drain(self, stop: threading.Event | None = None) -> int:
                if len(waited) <= 3:
                    raise OperationalError("SELECT 1", {}, Exception("the database is away"))
                if len(waited) <= 6:
                    raise RedisConnectionError
                return super().drain(stop)

        Failing(engine, store, clock).run(0.2, Patient())
        assert waited == [0.2, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 0.2]
        assert_sql_holds(sql, studied)


def test_a_packed_session_is_small(redis: "Redis", store: Store) -> None:
    """About 1 KB a watching teacher: the session, the lease, half an hour of coverage."""
    from heartbeat.keys import Place

    learner = Learner(store, Place(2**52, 10**6, 10**4, "0123456789abcdef01234567")).open().watch()
    names = list(redis.scan_iter())
    used = sum(
        int(redis.memory_usage(key, samples=0) or 0) for key in names if not key.endswith((b"dirty", b"open", b"heal"))
    )
    assert used < 1600
    assert isinstance(store.sessions(learner.place.account, [learner.place.session])[learner.place.session], StudyState)
