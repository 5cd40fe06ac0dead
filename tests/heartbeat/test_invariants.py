"""I1–I4 and I7, on the pure rules and on Redis alike."""

import copy
from collections import Counter
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from redis import Redis

from heartbeat import bitmap, reasons
from heartbeat.intake import present
from heartbeat.state import CARRY_MS, REASONS, Rules, Session
from tests.heartbeat.histories import (
    ACCOUNT,
    DURATION,
    Beat,
    Lapse,
    Open,
    Player,
    RedisStore,
    Rulebook,
    Step,
    counting_rules,
    histories,
)


@pytest.fixture(params=["rules", "redis"])
def fresh(request: pytest.FixtureRequest) -> Any:
    """Makes an empty counter of either kind."""
    if request.param == "rules":
        return Rulebook
    redis: Redis = request.getfixturevalue("redis")

    def emptied() -> RedisStore:
        redis.flushdb()
        return RedisStore(redis)

    return emptied


every_history = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def withheld(session: Session) -> int:
    return sum(getattr(session, reason) for reason in REASONS)


def earned(snapshot: dict[str, Any]) -> int:
    """Seconds that an account earned or may still earn by a check, in all its sessions."""
    return sum(s.credited + s.pending for s in snapshot["sessions"].values())


@every_history
@given(rules=counting_rules, history=histories)
def test_every_reported_second_ends_in_exactly_one_place(fresh: Any, rules: Rules, history: list[Step]) -> None:
    player = Player(fresh(), rules)
    for step in history:
        player.play(step)
        snapshot = player.store.snapshot()
        for session in snapshot["sessions"].values():
            assert session.reported == session.credited + session.pending + withheld(session)
            assert session.pending == bitmap.count(snapshot["pending"].get(session.id, b""))


def _honest(step: Step) -> Step:
    """The same step by a client whose clock tells the truth, on nodes that agree about the time."""
    return replace(step, wait_ms=abs(step.wait_ms), **({"late_ms": 0} if isinstance(step, Beat) else {}))


@every_history
@given(rules=counting_rules, history=histories.map(lambda steps: [_honest(step) for step in steps]))
def test_no_span_earns_more_than_its_wall_time_and_two_seconds(fresh: Any, rules: Rules, history: list[Step]) -> None:
    _assert_no_gift(_clock_points(Player(fresh(), rules), history), rules, CARRY_MS)


@every_history
@given(rules=counting_rules, history=histories)
def test_a_client_that_forges_its_clock_gets_no_more_than_one_silence(
    fresh: Any, rules: Rules, history: list[Step]
) -> None:
    points = _clock_points(Player(fresh(), rules), history)
    _assert_no_gift(points, rules, CARRY_MS + rules.max_silence_ms * rules.rate_permille // 1000)
    opened_ms = points[0][0]
    for _, now_ms, seconds in points:
        assert seconds * 1000 <= (now_ms - opened_ms) * rules.rate_permille // 1000, "never more than all the wall time"


def _clock_points(player: Player, history: list[Step]) -> list[tuple[int, int, int]]:
    """After each step: up to when the account's clock has been spent, the time, and what was earned by then.

    A beat's seconds were played since the account's last beat, so a span that cuts into a silence owns only part of them.
    """
    points = []
    latest = 0
    for step in history:
        player.play(step)
        latest = max(latest, player.now_ms)
        snapshot = player.store.snapshot()
        points.append((snapshot["leases"][ACCOUNT].last_ms, latest, earned(snapshot)))
    return points


def _assert_no_gift(points: list[tuple[int, int, int]], rules: Rules, slack_ms: int) -> None:
    for index, (since_ms, _, before) in enumerate(points):
        for _, now_ms, after in points[index:]:
            assert (after - before) * 1000 <= (now_ms - since_ms) * rules.rate_permille // 1000 + slack_ms


@every_history
@given(rules=counting_rules, history=histories)
def test_a_second_is_credited_once_and_for_good(fresh: Any, rules: Rules, history: list[Step]) -> None:
    player = Player(fresh(), rules)
    before: dict[Any, set[int]] = {}
    for step in history:
        player.play(step)
        snapshot = player.store.snapshot()
        covered = {place: set(bitmap.seconds(bits)) for place, bits in snapshot["coverage"].items()}
        credited = Counter[int]()
        for session in snapshot["sessions"].values():
            credited[session.lesson] += session.credited
        for (enrolment, lesson), seconds in covered.items():
            assert before.get((enrolment, lesson), set()) <= seconds, "coverage only grows"
            assert all(0 <= second < DURATION for second in seconds)
            assert credited[lesson] == len(seconds), "the sum over sessions is the size of the union"
        before = covered


@every_history
@given(rules=counting_rules, history=histories, again=st.lists(st.integers(0, 1000), max_size=10))
def test_a_beat_sent_again_changes_nothing(fresh: Any, rules: Rules, history: list[Step], again: list[int]) -> None:
    store = fresh()
    sent: list[Any] = []
    player = Player(_Recorder(store, sent), rules)
    for step in history:
        player.play(step)
    last = {place.session: outcome for place, _, outcome in sent if outcome.kind == "ok"}
    state = store.snapshot()
    for index in again:
        if not sent:
            return
        place, command, _ = sent[index % len(sent)]
        known = state["sessions"][place.session].seq
        if command.seq > known or command.acked > known:
            continue  # never judged: refused until the client resends
        outcome = store.beat(place, replace_now(command, player.now_ms + 10_000))
        assert store.snapshot() == state
        if place.session in last and command.seq == known and not _touched_since(last[place.session], outcome):
            assert _but_durable(outcome) == _but_durable(last[place.session])


def _but_durable(outcome: Any) -> Any:
    """The reply, but for how far SQL has come since."""
    return msgspec.structs.replace(present(outcome), durable=0)


def replace_now(command: Any, now_ms: int) -> Any:
    return msgspec.structs.replace(command, now_ms=now_ms)


def _touched_since(told: Any, now: Any) -> bool:
    """An answer, a lapse or a settling came between: then the reply tells the newer state."""
    return bool(told.session.version != now.session.version)


class _Recorder:
    def __init__(self, store: Any, sent: list[Any]) -> None:
        self._store, self._sent = store, sent

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def beat(self, place: Any, command: Any) -> Any:
        outcome = self._store.beat(place, command)
        self._sent.append((place, copy.deepcopy(command), outcome))
        return outcome


def test_every_reason_has_a_plain_chinese_sentence() -> None:
    assert set(reasons.WHY) == set(REASONS)
    for sentence in [*reasons.WHY.values(), *reasons.ANSWERS.values(), *reasons.CHALLENGES.values()]:
        assert sentence.endswith("。")
        assert not any(character.isascii() and character.isalpha() for character in sentence)


def test_the_histories_reach_every_reason_and_every_state() -> None:
    """The properties would hold for a counter that does nothing; here we see that the histories make it work.

    One seed may miss what is rare: Hypothesis draws constants from whatever modules are loaded, so others change what it makes of it.
    """
    seen: Counter[str] = Counter()

    @settings(max_examples=500, deadline=None, database=None)
    @given(rules=counting_rules, history=histories)
    def gather(rules: Rules, history: list[Step]) -> None:
        player = Player(Rulebook(), rules)
        for step in history:
            told = player.play(step)
            if told.outcome:
                seen[told.outcome.kind] += 1
        for session in player.store.world.sessions.values():
            seen.update(reason for reason in REASONS if getattr(session, reason))
            seen[f"ends {session.end_reason}"] += 1
            seen["answered"] += session.checks_answered
            seen["missed"] += session.checks_missed
            seen["credited"] += session.credited
            seen["two lessons"] += len(player.store.world.coverage) > 1

    wanted = {
        *REASONS,
        "ok",
        "conflict",
        "resend",
        "ends ended",
        "ends lapsed",
        "ends displaced",
        "answered",
        "missed",
        "credited",
    }

    def rare() -> set[str]:
        return {name for name in wanted if seen[name] < 3}

    for number in range(8):
        if rare():
            seed(number)(gather)()
    assert rare() == set()


def test_lapse_and_open_are_the_only_steps_that_need_no_session() -> None:
    store = Rulebook()
    player = Player(store, Rules())
    assert player.play(Lapse(0, 0)).outcome is None
    assert player.play(Open(0, 1, "phone", False)).outcome is not None
    assert store.world.leases[ACCOUNT].session == "s0"
