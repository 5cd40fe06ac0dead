"""When to beat next: never so late that a count could suffer, spread apart, and as seldom as a busy server asks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heartbeat.pace import STEADY_AT_S, STRETCH, Meter, next_ms
from heartbeat.state import Rules, Session

USUAL = 20_000


def playing(**changes) -> Session:
    known = {
        "id": "a" * 24, "account": 1, "enrolment": 1, "lesson": 1, "duration": 2700, "rules": Rules(), "opened_ms": 0, "last_ms": 0,
        "told_ms": 1_000_000, "next_check_ms": 2_000_000, "seq": 3,
    }  # fmt: skip
    return Session(**(known | changes))


@given(
    st.floats(0, 1),
    st.integers(0, 2000),
    st.integers(1, 10_000),
    st.integers(30_000, 600_000),
    st.sampled_from([5_000, 14_000, 20_000, 60_000]),
    st.sampled_from(["playing", "challenged", "idle", "displaced", "closed", "ended"]),
    st.integers(-10_000, 1_000_000),
    st.integers(0, 400_000),
)
def test_two_beats_that_got_lost_never_make_a_silence(
    pressure, credited, seq, silence, usual, told, until_check, deadline
):
    rules = Rules(max_silence_ms=max(silence, 2 * usual + 2_000), beat_every_ms=usual)
    session = playing(
        rules=rules, credited=credited, seq=seq, told=told, next_check_ms=1_000_000 + until_check,
        check_deadline_ms=deadline and 1_000_000 + deadline,
    )  # fmt: skip
    told_ms = next_ms(session, pressure)
    assert told_ms >= 1_000
    assert 2 * told_ms + 2_000 <= rules.max_silence_ms
    assert told_ms <= usual * STRETCH * 1.2


def test_an_idle_server_asks_a_new_player_at_the_usual_interval_a_little_spread():
    asked = [next_ms(playing(id=f"{n:024x}"), 0.0) for n in range(1000)]
    assert min(asked) >= USUAL * 0.8
    assert max(asked) <= USUAL * 1.2
    assert sum(asked) / len(asked) == pytest.approx(USUAL, rel=0.02)
    assert len({told // 100 for told in asked}) > 60


def test_the_same_beat_again_is_asked_for_the_same():
    assert next_ms(playing(), 0.3) == next_ms(playing(), 0.3)
    assert len({next_ms(playing(seq=seq), 0.3) for seq in range(20)}) > 15


def test_a_busy_server_asks_for_a_minute():
    asked = [next_ms(playing(id=f"{n:024x}"), 1.0) for n in range(1000)]
    assert sum(asked) / len(asked) == pytest.approx(60_000, rel=0.02)


def test_a_steady_player_is_asked_less_often_and_one_that_was_reproached_is_not():
    assert next_ms(playing(credited=STEADY_AT_S), 0.0) > 1.6 * USUAL
    assert next_ms(playing(credited=STEADY_AT_S, told_reason="too_fast"), 0.0) <= 1.2 * USUAL


def test_around_a_presence_check_beats_are_no_rarer_than_usual():
    soon = playing(next_check_ms=1_000_000 + 15_000)
    assert next_ms(soon, 1.0) <= 1.2 * (15_000 + USUAL)
    overdue = playing(next_check_ms=1_000_000 - 1)
    assert next_ms(overdue, 1.0) <= 1.2 * USUAL
    open_check = playing(told="challenged", check_deadline_ms=1_000_000 + 7_000)
    assert next_ms(open_check, 1.0) == 7_500


class Crowd:
    """Players who obey the interval they were last given; a beat costs 100 µs of processor time, and others compete for it."""

    COST_S = 100e-6

    def __init__(self, meter: Meter) -> None:
        self.meter, self.now = meter, 0
        #: By the second when they are due: how many, and how long ago each beat last.
        self.due: dict[int, list[tuple[int, int]]] = {}

    def join(self, players: int, within_s: int) -> None:
        for part in range(within_s):
            self.due.setdefault(self.now + part, []).append((players // within_s, 20))

    def watch(self, seconds: int, stay: float = 1.0) -> list[float]:
        """The load of each second. After each beat, `stay` of those who made it go on."""
        loads = []
        for _ in range(seconds):
            arrived = self.due.pop(self.now, [])
            beats = sum(number for number, _ in arrived)
            load = beats * self.COST_S
            loads.append(load)
            wait_s = 0.002 if load < 0.8 else 0.1
            self.meter.observe(min(1.0, load), wait_s, beats, sum(number * ago for number, ago in arrived), 20)
            for share in range(10):  # tenths of the crowd, spread as next_ms does
                after = round(20 * self.meter.stretch * (0.82 + 0.04 * share))
                self.due.setdefault(self.now + after, []).append((int(beats * stay / 10), after))
            self.now += 1
        return loads


def test_the_meter_brings_a_crowd_to_its_target_and_lets_go_again():
    crowd = Crowd(Meter())
    crowd.join(300_000, within_s=20)  # at 20 s they need 1.5 processors
    crowd.watch(180)
    loads = crowd.watch(300)
    assert sum(loads) / 300 == pytest.approx(Meter.TARGET_LOAD, rel=0.15)
    assert max(loads) < 0.9
    assert 2.0 < crowd.meter.stretch < STRETCH
    crowd.watch(300, stay=0.6)
    assert crowd.meter.pressure < 0.05


def test_more_than_it_can_carry_is_stretched_as_far_as_can_be_and_no_further():
    crowd = Crowd(Meter())
    crowd.join(1_500_000, within_s=20)
    crowd.watch(120)
    assert crowd.meter.stretch == STRETCH
