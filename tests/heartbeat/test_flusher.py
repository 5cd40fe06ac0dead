"""Redis to SQL on the three databases: idempotent, any number at once, and nothing lost wherever one dies."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from heartbeat.flusher import Flusher
from heartbeat.state import Session as StudyState
from heartbeat.store import HEAL_EVERY_MS, HEAL_FOR_MS, Store
from models import Coverage, Enrolment, StudySession
from tests.heartbeat.histories import START_MS
from tests.heartbeat.studying import RULES, Learner, assert_sql_holds, learners


class Clock:
    def __init__(self) -> None:
        self.now = datetime.fromtimestamp(START_MS / 1000, UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def sql(engine: sa.Engine) -> Iterator[Session]:
    with Session(engine) as opened:
        yield opened


@pytest.fixture
def store(redis: "Redis") -> Store:
    return Store(redis)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def flusher(engine: sa.Engine, store: Store, clock: Clock) -> Flusher:
    return Flusher(engine, store, clock, batch=50)


@pytest.fixture
def class_of(sql: Session, store: Store) -> Callable[[int], list[Learner]]:
    return lambda count: [learner.open().watch() for learner in learners(sql, store, count)]


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

    def test_leaves_no_key_that_never_expires(
        self, flusher: Flusher, class_of: Callable[[int], list[Learner]], no_immortal_keys: None
    ) -> None:
        for learner in class_of(3):
            learner.watch(end=True)
        flusher.drain()


class TestAtOnce:
    def test_many_flushers_and_players_lose_and_double_nothing(
        self, sql: Session, engine: sa.Engine, store: Store, clock: Clock
    ) -> None:
        studied = [learner.open() for learner in learners(sql, store, 40)]
        stop = threading.Event()
        errors: list[BaseException] = []

        def flush() -> None:
            try:
                while not stop.is_set():
                    Flusher(engine, store, clock, batch=15).run_once()
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


class TestUpkeep:
    def test_a_silent_session_is_ended_and_its_row_says_so(
        self, sql: Session, flusher: Flusher, clock: Clock, class_of: Callable[[int], list[Learner]]
    ) -> None:
        (learner,) = class_of(1)
        clock.forward(seconds=20 + RULES.max_silence_ms / 1000 + 1)
        flusher.drain()
        row = sql.get_one(StudySession, learner.place.session)
        assert row.end_reason == "lapsed"
        assert row.ended_at == row.last_beat_at

    def test_a_lapsed_session_goes_on_with_its_next_beat(
        self, sql: Session, flusher: Flusher, clock: Clock, class_of: Callable[[int], list[Learner]]
    ) -> None:
        (learner,) = class_of(1)
        clock.forward(seconds=20 + RULES.max_silence_ms / 1000 + 1)
        flusher.drain()
        learner.now_ms += RULES.max_silence_ms
        learner.watch()
        flusher.drain()
        assert_sql_holds(sql, [learner])
        assert sql.get_one(StudySession, learner.place.session).end_reason is None

    def test_a_database_that_lost_a_commit_is_healed_within_the_hour(
        self, sql: Session, flusher: Flusher, clock: Clock, class_of: Callable[[int], list[Learner]]
    ) -> None:
        studied = class_of(3)
        flusher.drain()
        for table in (Coverage, StudySession):
            sql.execute(sa.delete(table))
        sql.execute(sa.update(Enrolment).values(credited_seconds=0))
        sql.commit()
        clock.forward(milliseconds=HEAL_EVERY_MS + 1)
        flusher.drain()
        sql.expire_all()
        for learner in studied:
            p = learner.place
            assert sql.get_one(Coverage, (p.enrolment, p.lesson)).credited == 20
            assert sql.get_one(Enrolment, p.enrolment).credited_seconds == 20

    def test_healing_ends_after_two_days(
        self, flusher: Flusher, clock: Clock, class_of: Callable[[int], list[Learner]]
    ) -> None:
        class_of(1)
        flusher.drain()
        clock.forward(milliseconds=HEAL_FOR_MS + HEAL_EVERY_MS)
        assert flusher.drain() == 1, "lapsed meanwhile"
        clock.forward(milliseconds=HEAL_EVERY_MS + 1)
        assert flusher.drain() == 0
        assert flusher.store.to_heal(2**53, 10) == []


class TestRun:
    def test_waits_longer_after_each_failure_and_loses_nothing(
        self, sql: Session, engine: sa.Engine, store: Store, clock: Clock, class_of: Callable[[int], list[Learner]]
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
    keys = list(redis.scan_iter())
    used = sum(
        int(redis.memory_usage(key, samples=0) or 0) for key in keys if not key.endswith((b"dirty", b"open", b"heal"))
    )
    assert used < 1600
    assert isinstance(store.sessions(learner.place.account, [learner.place.session])[learner.place.session], StudyState)
