"""Sessions and leases that an older version packed, with fewer fields; and states that nobody can read."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from redis import Redis
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from heartbeat import keys
from heartbeat.flusher import Flusher
from heartbeat.judgement import flushed_up_to
from heartbeat.keys import Place
from heartbeat.scripts import encode
from heartbeat.state import BeatCommand, Lease, Outcome, PresenceCommand, Rules
from heartbeat.state import Session as StudyState
from heartbeat.store import HEAL_EVERY_MS, Store
from tests.conftest import FakeClock
from tests.heartbeat.histories import START_MS, local_day
from tests.heartbeat.studying import Learner, assert_sql_holds, learners

DAY = local_day(START_MS)
FIELDS = StudyState.__struct_fields__
RULE_FIELDS = Rules.__struct_fields__
#: How many of the last fields may be missing: all that follow the last one without a default.
CUTS = (1, 2, 5, 8, len(FIELDS) - 1 - FIELDS.index("next_check_ms"))
PLACE = Place(7, 3, 1, "session")


@pytest.fixture
def store(redis: "Redis") -> Store:
    return Store(redis)


@pytest.fixture
def learner(store: Store) -> Learner:
    return Learner(store, PLACE).open().watch()


def _rewrite(learner: Learner, session: int = 0, rules: int = 0, lease: int = 0, **changes: Any) -> None:
    """Pack the state again without so many of its last fields."""
    redis, (session_key, lease_key, *_) = learner.store.redis, learner.place.names(0)
    fields = dict(zip(FIELDS, msgspec.msgpack.decode(redis.get(session_key)), strict=True)) | changes
    fields["rules"] = fields["rules"][: len(RULE_FIELDS) - rules]
    redis.set(session_key, encode(list(fields.values())[: len(FIELDS) - session]))
    packed = msgspec.msgpack.decode(redis.get(lease_key))
    redis.set(lease_key, encode(packed[: len(packed) - lease]))


def _beat(learner: Learner, seq: int, acked: int = 0, played: int = 20) -> Outcome:
    now_ms = START_MS + seq * 20_000
    return learner.store.beat(
        learner.place,
        BeatCommand(
            now_ms=now_ms, seq=seq, acked=acked, at_ms=now_ms, segments=[(seq * 20 - 20, seq * 20 - 20 + played, False)],
            day=DAY, end=False, entropy=learner.entropy,
        ),
    )  # fmt: skip


def _whole(learner: Learner) -> list[Any]:
    """The session as it is packed now: an array, and nothing missing."""
    packed = msgspec.msgpack.decode(learner.store.redis.get(learner.place.names(0)[0]))
    assert isinstance(packed, list)
    assert len(packed) == len(FIELDS)
    assert len(packed[FIELDS.index("rules")]) == len(RULE_FIELDS)
    assert None not in packed
    (record,) = learner.store.records(learner.store.dirty(10))
    assert record.session.id == learner.place.session
    return packed


class TestShorter:
    @pytest.mark.parametrize("cut", CUTS)
    def test_a_beat_goes_on_as_if_nothing_were_missing(self, learner: Learner, cut: int) -> None:
        _rewrite(learner, session=cut, lease=1)
        outcome = _beat(learner, 2)
        assert outcome.kind == "ok"
        assert outcome.session
        assert (outcome.session.seq, outcome.session.credited) == (2, 40)
        _whole(learner)
        assert learner.store.lease(PLACE.account) == Lease(
            session=PLACE.session, device="phone", since_ms=START_MS, last_ms=START_MS + 40_000, carry_ms=0,
            check_ms=outcome.session.next_check_ms,
        )  # fmt: skip

    @pytest.mark.parametrize("cut", range(1, len(RULE_FIELDS) + 1))
    def test_shorter_rules_are_filled_with_the_defaults(self, learner: Learner, cut: int) -> None:
        """Without windows, which were the last, it never counts: that is their default."""
        _rewrite(learner, rules=cut)
        outcome = _beat(learner, 2)
        assert outcome.session
        assert (outcome.session.closed, outcome.session.credited) == (20, 20)
        assert outcome.session.rules == Rules()
        _whole(learner)

    @pytest.mark.parametrize("cut", CUTS)
    def test_the_client_is_asked_for_what_redis_lost(self, learner: Learner, cut: int) -> None:
        _rewrite(learner, session=cut, lease=1)
        assert _beat(learner, 9, acked=8).kind == "resend"
        _whole(learner)
        assert _beat(learner, 2, acked=1).kind == "ok"
        _whole(learner)

    @pytest.mark.parametrize("cut", [1, 2])
    def test_an_answer_to_a_check_credits_what_waits(self, learner: Learner, cut: int) -> None:
        _rewrite(learner, session=cut, lease=1, presence="challenged", check_id="check", check_deadline_ms=2**42)
        held = _beat(learner, 2).session
        assert held
        assert held.pending == 20
        _rewrite(learner, session=cut, lease=1)
        answer = PresenceCommand(
            now_ms=START_MS + 41_000, check_id="check", answer="", day=DAY, entropy=learner.entropy
        )
        answered = learner.store.presence(PLACE, answer).session
        assert answered
        assert (answered.pending, answered.credited) == (0, 40)
        _whole(learner)

    @pytest.mark.parametrize("cut", CUTS)
    def test_it_lapses_is_healed_and_read(self, learner: Learner, cut: int) -> None:
        store, now_ms = learner.store, START_MS + HEAL_EVERY_MS
        _rewrite(learner, session=cut, lease=2)
        member = (keys.bucket(PLACE.account), PLACE.session)
        store.settle(store.records([member]), now_ms)
        assert store.backlog() == 0
        store.heal([member], now_ms)
        assert store.backlog() == 1
        assert store.silent([member], now_ms) == [member]
        store.lapse([member], now_ms)
        assert _whole(learner)[FIELDS.index("end_reason")] == "lapsed"

    @pytest.mark.parametrize("cut", [1, 2])
    def test_another_opening_takes_a_shorter_lease(self, learner: Learner, cut: int) -> None:
        _rewrite(learner, lease=cut)
        other = Learner(learner.store, PLACE._replace(session="other"), now_ms=learner.now_ms + 1000).open()
        lease = learner.store.lease(PLACE.account)
        assert lease
        assert lease.session == "other"
        _rewrite(other, lease=cut)
        learner.store.release(PLACE.account)
        lease = learner.store.lease(PLACE.account)
        assert lease
        assert lease.session == ""

    def test_seconds_that_wait_since_an_unknown_beat_are_nowhere_safe(self, learner: Learner) -> None:
        """It is clean, and `waits_from` is missing: SQL may lack any of it."""
        cut = len(FIELDS) - FIELDS.index("waits_from")
        _rewrite(learner, session=cut, pending=5, presence="challenged", check_deadline_ms=2**42)
        learner.store.redis.delete(learner.place.names(0)[5])
        assert (shown := _beat(learner, 1).session)  # the same beat again: nothing changes
        assert shown.durable == 0
        assert (outcome := _beat(learner, 2).session)
        assert (outcome.durable, outcome.pending, outcome.waits_from) == (0, 25, 0)
        assert flushed_up_to(outcome) == 0


class TestUnreadable:
    @pytest.fixture
    def sql(self, engine: sa.Engine) -> Iterator[Session]:
        with Session(engine) as opened:
            yield opened

    @pytest.fixture
    def studied(self, sql: Session, store: Store) -> list[Learner]:
        return [learner.open().watch() for learner in learners(sql, store, 5)]

    @pytest.fixture
    def clock(self) -> FakeClock:
        return FakeClock(datetime.fromtimestamp(START_MS / 1000, UTC))

    @pytest.mark.parametrize("raw", [b"\xc1", b"", b"\x01", encode({1: "a map"}), encode(["too", "short"])])
    def test_one_does_not_stop_the_others(
        self, sql: Session, engine: sa.Engine, store: Store, clock: FakeClock, studied: list[Learner], raw: bytes
    ) -> None:
        broken, *others = studied
        store.redis.set(broken.place.names(0)[0], raw)
        flusher = Flusher(engine, store, clock)
        for _ in range(2):
            with capture_logs() as logs:
                flusher.drain()
            assert [log for log in logs if log["event"] == "state_unreadable"] == [
                {"event": "state_unreadable", "session": broken.place.session, "log_level": "error"}
            ]
        assert_sql_holds(sql, others)
        assert store.backlog() == 1, "it stays"

    @pytest.mark.parametrize("key", range(5))
    def test_the_flusher_runs_on(
        self, sql: Session, engine: sa.Engine, store: Store, clock: FakeClock, studied: list[Learner], key: int
    ) -> None:
        """Whichever of its values it is; also when it goes silent and is due for healing."""
        broken, *others = studied
        store.redis.set(broken.place.names(DAY)[key], b"\xc1")
        clock.advance(HEAL_EVERY_MS / 1000 + 1)
        rounds: list[float] = []

        class Twice(threading.Event):
            def wait(self, timeout: float | None = None) -> bool:
                rounds.append(timeout or 0)
                return len(rounds) > 2

        Flusher(engine, store, clock).run(0.2, Twice())
        assert rounds == [0.2] * 3, "no round failed"
        assert_sql_holds(sql, others)

    def test_one_that_is_gone_is_still_forgotten(
        self, engine: sa.Engine, store: Store, clock: FakeClock, studied: list[Learner]
    ) -> None:
        store.redis.delete(studied[0].place.names(0)[0])
        assert Flusher(engine, store, clock).drain() == 4
        assert store.backlog() == 0
