"""What the flusher does beside flushing: lapses, healing, the life of keys, and how far behind it says it is."""

import itertools
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from redis import Redis
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from heartbeat import keys
from heartbeat.flusher import UPKEEP_EVERY_MS, Flusher
from heartbeat.keys import BUCKETS
from heartbeat.store import HEAL_EVERY_MS, HEAL_FOR_MS, Record, Store
from models import Coverage, Enrolment, StudySession
from services.study import TOKEN_LIFE
from tests.conftest import FakeClock
from tests.heartbeat.histories import START_MS
from tests.heartbeat.studying import RULES, Learner, assert_sql_holds


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime.fromtimestamp(START_MS / 1000, UTC))


class TestUpkeep:
    def test_looks_at_each_bucket_only_once_in_a_while(
        self, flusher: Flusher, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        looked: list[int] = []
        due = flusher.store.due
        monkeypatch.setattr(
            flusher.store, "due", lambda now_ms, buckets: looked.extend(buckets) or due(now_ms, buckets)
        )
        flusher.drain()
        assert sorted(looked) == list(range(BUCKETS)), "the first time, at all"
        for _ in range(15):
            clock.advance((UPKEEP_EVERY_MS / 15) / 1000)
            flusher.drain()
        assert sorted(looked[BUCKETS:]) == sorted([*range(BUCKETS)][: len(looked) - BUCKETS])
        assert len(looked) >= 2 * BUCKETS - 15, "then a share of them each time"

    def test_a_session_that_beats_is_put_off_without_a_script(
        self, redis: "Redis", flusher: Flusher, clock: FakeClock, class_of: Callable[[int], list[Learner]]
    ) -> None:
        (learner,) = class_of(1)
        while learner.now_ms < START_MS + RULES.max_silence_ms:
            learner.watch()
        clock.advance((RULES.max_silence_ms + 1) / 1000)
        member = (keys.bucket(learner.place.account), learner.place.session)
        now_ms = START_MS + RULES.max_silence_ms + 1
        assert flusher.store.due(now_ms, range(BUCKETS)) == [member]
        assert flusher.store.silent([member], now_ms) == []
        until = redis.zscore(learner.place.names(0)[6], learner.place.session)
        assert until == learner.now_ms + RULES.max_silence_ms + 1

    def test_a_silent_session_is_ended_and_its_row_says_so(
        self, sql: Session, flusher: Flusher, clock: FakeClock, class_of: Callable[[int], list[Learner]]
    ) -> None:
        (learner,) = class_of(1)
        clock.advance(20 + RULES.max_silence_ms / 1000 + 1)
        flusher.drain()
        row = sql.get_one(StudySession, learner.place.session)
        assert row.end_reason == "lapsed"
        assert row.ended_at == row.last_beat_at

    def test_a_lapsed_session_goes_on_with_its_next_beat(
        self, sql: Session, flusher: Flusher, clock: FakeClock, class_of: Callable[[int], list[Learner]]
    ) -> None:
        (learner,) = class_of(1)
        clock.advance(20 + RULES.max_silence_ms / 1000 + 1)
        flusher.drain()
        learner.now_ms += RULES.max_silence_ms
        learner.watch()
        flusher.drain()
        assert_sql_holds(sql, [learner])
        assert sql.get_one(StudySession, learner.place.session).end_reason is None

    def test_a_database_that_lost_a_commit_is_healed_within_the_hour(
        self, sql: Session, flusher: Flusher, clock: FakeClock, class_of: Callable[[int], list[Learner]]
    ) -> None:
        studied = class_of(3)
        flusher.drain()
        for table in (Coverage, StudySession):
            sql.execute(sa.delete(table))
        sql.execute(sa.update(Enrolment).values(credited_seconds=0))
        sql.commit()
        clock.advance((HEAL_EVERY_MS + 1) / 1000)
        flusher.drain()
        sql.expire_all()
        for learner in studied:
            p = learner.place
            assert sql.get_one(Coverage, (p.enrolment, p.lesson)).credited == 20
            assert sql.get_one(Enrolment, p.enrolment).credited_seconds == 20

    def test_healing_ends_after_two_days(
        self, flusher: Flusher, clock: FakeClock, class_of: Callable[[int], list[Learner]]
    ) -> None:
        class_of(1)
        flusher.drain()
        clock.advance((HEAL_FOR_MS + HEAL_EVERY_MS) / 1000)
        assert flusher.drain() == 1, "lapsed meanwhile"
        clock.advance((HEAL_EVERY_MS + 1) / 1000)
        assert flusher.drain() == 0
        assert flusher.store.to_heal(2**53, range(BUCKETS)) == []


class TestExpiry:
    """A key has a time to live when its session is over and SQL holds it, and not before."""

    def test_nothing_of_a_live_session_expires(
        self, redis: "Redis", flusher: Flusher, class_of: Callable[[int], list[Learner]]
    ) -> None:
        for learner in class_of(2):
            learner.watch()
        flusher.drain()
        assert flusher.store.backlog() == 0
        assert _mortal(redis) == set()

    def test_everything_of_an_ended_session_does(
        self, flusher: Flusher, class_of: Callable[[int], list[Learner]], no_immortal_keys: None
    ) -> None:
        for learner in class_of(3):
            learner.watch(end=True)
        flusher.drain()

    def test_everything_of_a_session_that_went_silent_does(
        self, flusher: Flusher, clock: FakeClock, class_of: Callable[[int], list[Learner]], no_immortal_keys: None
    ) -> None:
        class_of(3)
        flusher.drain()
        clock.advance(20 + RULES.max_silence_ms / 1000 + 1)
        flusher.drain()

    def test_everything_of_a_displaced_one_does_but_what_the_other_writes_stays(
        self, redis: "Redis", flusher: Flusher, clock: FakeClock, class_of: Callable[[int], list[Learner]]
    ) -> None:
        (first,) = class_of(1)
        first.now_ms += 1000
        second = Learner(flusher.store, first.place._replace(session="second"), now_ms=first.now_ms).open()
        second.at = 20
        second.watch()
        clock.advance(20 + RULES.max_silence_ms / 1000 + 1)
        second.now_ms += RULES.max_silence_ms
        second.watch()
        flusher.drain()
        mortal = _mortal(redis)
        assert first.place.names(0)[0] in mortal, "silent, so found to be displaced"
        assert second.place.names(0)[0] not in mortal

    def test_a_session_that_goes_on_after_it_lapsed_stays_again(
        self, redis: "Redis", flusher: Flusher, clock: FakeClock, class_of: Callable[[int], list[Learner]]
    ) -> None:
        (learner,) = class_of(1)
        clock.advance(20 + RULES.max_silence_ms / 1000 + 1)
        flusher.drain()
        assert learner.place.names(0)[0] in _mortal(redis)
        learner.now_ms += RULES.max_silence_ms
        learner.watch()
        flusher.drain()
        assert _mortal(redis) == set()

    def test_what_changed_while_it_was_settled_stays(
        self, redis: "Redis", flusher: Flusher, class_of: Callable[[int], list[Learner]]
    ) -> None:
        (learner,) = class_of(1)
        learner.watch(end=True)
        records = flusher.store.records(flusher.store.dirty(10))
        learner.watch()
        flusher.settle(records, flusher.clock())
        assert _mortal(redis) == set()

    def test_shared_keys_outlive_every_player_that_may_still_beat(self) -> None:
        assert TOKEN_LIFE.total_seconds() * 1000 < keys.RETAIN_MS


def _mortal(redis: "Redis") -> set[str]:
    return {key.decode() for key in redis.scan_iter() if redis.ttl(key) != -1}


class TestLag:
    """No change older than this is missing in SQL."""

    def test_is_the_time_since_the_last_round_when_that_left_nothing(
        self, flusher: Flusher, clock: FakeClock, class_of: Callable[[int], list[Learner]]
    ) -> None:
        class_of(3)
        clock.advance(30)
        assert flusher.lag_s() == 30
        flusher.drain()
        assert flusher.lag_s() == 0
        clock.advance(2)
        assert flusher.lag_s() == 2

    def test_counts_from_when_a_bucket_was_listed_not_from_when_it_was_flushed(
        self, engine: sa.Engine, store: Store, clock: FakeClock, class_of: Callable[[int], list[Learner]]
    ) -> None:
        class Slow(Flusher):
            def merge(self, records: Sequence[Record], now: datetime) -> None:
                super().merge(records, now)
                clock.advance(5)

        class_of(1)
        told: list[float] = []
        Slow(engine, store, clock, told=lambda _records, lag_s: told.append(lag_s)).drain()
        assert told[-1] == 5, "what came while it was merged may be missing"

    def test_under_load_each_bucket_counts_for_itself(
        self, engine: sa.Engine, store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Every bucket is busy, and one round after the other takes 1,024 s: nothing waits longer than that and one batch."""
        flusher = Flusher(engine, store, clock)
        monkeypatch.setattr(store, "sizes", lambda: [4000] * BUCKETS)
        monkeypatch.setattr(store, "dirty_in", lambda _buckets: clock.advance(1) and [])
        monkeypatch.setattr(flusher, "upkeep", lambda: None)
        for _ in range(2):
            flusher.drain()
        assert 1023 <= flusher.lag_s() <= 1026
        sizes = store.sizes()
        for share in itertools.islice(flusher._shares(sizes), 512):
            flusher._flush_buckets(share, None)
        assert 1023 <= flusher.lag_s() <= 1026, "half of another round later, too"

    def test_grows_while_nothing_reaches_sql(
        self, engine: sa.Engine, store: Store, clock: FakeClock, class_of: Callable[[int], list[Learner]]
    ) -> None:
        class Failing(Flusher):
            def merge(self, records: Sequence[Record], now: datetime) -> None:
                raise OperationalError("SELECT 1", {}, Exception("the database is away"))

        class_of(1)
        flusher = Failing(engine, store, clock)
        for _ in range(3):
            clock.advance(10)
            with pytest.raises(OperationalError):
                flusher.drain()
        assert flusher.lag_s() == 30
