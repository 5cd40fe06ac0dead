"""Histories of one account: strategies that draw them, and players that run them on the rules and on Redis.

A history is a list of steps. Times are relative (ms since the step before; negative where a node's clock stepped back), so that
Hypothesis shrinks to short stories.
"""

import copy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import strategies as st

from heartbeat import keys, rules
from heartbeat.judgement import World
from heartbeat.keys import Place
from heartbeat.state import (
    BeatCommand,
    Entropy,
    Lease,
    OpenCommand,
    Outcome,
    PresenceCommand,
    Rules,
    Session,
)
from heartbeat.store import Store

ACCOUNT, ENROLMENT = 7, 3
START_MS = 1_659_315_600_000  # 2022-08-01 09:00 in Shanghai
HOUR_MS = 3_600_000
OPEN_ALWAYS = [(START_MS - HOUR_MS, START_MS + 1000 * HOUR_MS)]


@dataclass(frozen=True)
class Open:
    wait_ms: int
    lesson: int
    device: str
    take_over: bool


@dataclass(frozen=True)
class Beat:
    wait_ms: int
    #: Which of the sessions opened so far, counted from the last.
    which: int
    segments: tuple[tuple[int, int, bool], ...]
    #: seq = last + step; 1 is the next one, 0 the same again, more leaves a gap.
    step: int
    acked_ahead: int
    late_ms: int
    end: bool


@dataclass(frozen=True)
class Answer:
    wait_ms: int
    which: int
    right_check: bool
    right_answer: bool


@dataclass(frozen=True)
class Lapse:
    wait_ms: int
    which: int


@dataclass(frozen=True)
class Release:
    wait_ms: int


@dataclass(frozen=True)
class Flush:
    """SQL takes everything that is dirty."""

    wait_ms: int


Step = Open | Beat | Answer | Lapse | Release | Flush
DURATION = 120

segments = st.lists(
    st.tuples(st.integers(0, DURATION - 1), st.integers(1, 40), st.booleans()).map(
        lambda t: (t[0], min(DURATION, t[0] + t[1]), t[2])
    ),
    max_size=4,
).map(tuple)
#: Mostly the pace of a real player, sometimes a tunnel, a burst or a clock that steps back.
waits = st.one_of(st.integers(0, 25_000), st.integers(0, 25_000), st.integers(-3_000, 3_000), st.integers(0, 120_000))
opens = st.builds(Open, waits, st.integers(1, 2), st.sampled_from(["phone", "pc"]), st.booleans())
beats = st.builds(
    Beat,
    waits,
    st.integers(0, 2),
    segments,
    st.sampled_from([1, 1, 1, 1, 0, -1, 2]),
    st.sampled_from([0, 0, 0, 0, 1]),
    st.one_of(st.just(0), st.integers(0, 60_000)),
    st.sampled_from([False] * 9 + [True]),
)
answers = st.builds(
    Answer,
    waits,
    st.sampled_from([0, 0, 1]),
    st.sampled_from([True] * 5 + [False]),
    st.sampled_from([True, True, False]),
)
lapses = st.builds(Lapse, waits, st.integers(0, 2))
releases = st.builds(Release, waits)
flushes = st.builds(Flush, waits)
steps = st.one_of(opens, beats, beats, beats, beats, answers, answers, lapses, releases, flushes, flushes).map(
    lambda step: [step]
)


def watching(start: int, beats_of_10_s: int, which: int) -> list[Step]:
    """A player that plays on at plain speed, beating every ten seconds."""
    return [
        Beat(10_000, which, ((from_, min(DURATION, from_ + 10), False),), 1, 0, 0, end=False)
        for from_ in range(start, min(DURATION, start + 10 * beats_of_10_s), 10)
    ]


stretches = st.builds(watching, st.integers(0, DURATION - 1), st.integers(1, 12), st.sampled_from([0, 0, 0, 1]))
#: After a long silence, everything at once.
tunnels = st.integers(30_000, 120_000).map(lambda wait: [Beat(wait, 0, ((0, DURATION, False),), 1, 0, 0, end=False)])
histories = st.lists(st.one_of(steps, steps, stretches, stretches, tunnels), min_size=1, max_size=16).map(
    lambda parts: [Open(0, 1, "phone", False), *(step for part in parts for step in part)]
)

counting_rules = st.builds(
    Rules,
    rate_permille=st.sampled_from([1000, 1000, 1250, 2000]),
    max_silence_ms=st.sampled_from([42_000, 60_000]),
    may_skip_ahead=st.booleans(),
    day_cap=st.sampled_from([-1, -1, 0, 30, 75]),
    second_device=st.sampled_from(["ask", "ask", "refuse"]),
    presence_min_ms=st.sampled_from([5_000, 40_000]),
    presence_max_ms=st.sampled_from([40_000, 90_000]),
    answer_ms=st.sampled_from([10_000, 30_000]),
    kind=st.sampled_from(["tap", "digits"]),
    holds_since_presence=st.booleans(),
    windows=st.sampled_from(
        [OPEN_ALWAYS, OPEN_ALWAYS, [], [(START_MS, START_MS + 60_000), (START_MS + 90_000, START_MS + 400_000)]]
    ),
)


def local_day(now_ms: int) -> int:
    moment = datetime.fromtimestamp(now_ms / 1000, UTC) + timedelta(hours=8)
    return int(moment.strftime("%Y%m%d"))


class Rulebook:
    """Plays commands on the pure rules."""

    def __init__(self) -> None:
        self.world = World()

    def open_session(self, place: Place, day: int, command: OpenCommand, coverage: bytes) -> Outcome:
        return copy.deepcopy(rules.open_session(self.world, copy.deepcopy(command), coverage))

    def beat(self, place: Place, command: BeatCommand) -> Outcome:
        return copy.deepcopy(rules.beat(self.world, place.session, command))

    def presence(self, place: Place, command: PresenceCommand) -> Outcome:
        return copy.deepcopy(rules.presence(self.world, place.session, command))

    def release(self, account: int) -> None:
        rules.release_lease(self.world, account)

    def lapse_one(self, place: Place, now_ms: int) -> None:
        rules.lapse(self.world, place.session, now_ms)

    def flush_all(self, now_ms: int) -> None:
        self.world.dirty.clear()

    def snapshot(self) -> dict[str, Any]:
        w = self.world
        return copy.deepcopy(
            {
                "sessions": w.sessions,
                "leases": w.leases,
                "coverage": {k: bytes(v).rstrip(b"\0") for k, v in w.coverage.items()},
                "pending": {k: bytes(v).rstrip(b"\0") for k, v in w.pending.items()},
                "days": w.days,
                "dirty": w.dirty,
                "open": w.open,
            }
        )


class RedisStore(Store):
    """Plays commands on real Redis, and reads everything back for comparison."""

    def flush_all(self, now_ms: int) -> None:
        self.settle(self.records(self.dirty(1000)), now_ms)

    def lapse_one(self, place: Place, now_ms: int) -> None:
        self.lapse([(keys.bucket(place.account), place.session)], now_ms)

    def snapshot(self) -> dict[str, Any]:
        prefix = keys.tag(keys.bucket(ACCOUNT))
        found: dict[str, Any] = {name: {} for name in ("sessions", "leases", "coverage", "pending", "days")}
        for key in sorted(self.redis.scan_iter(prefix.replace("[", "\\[") + "*", count=1000)):
            kind, *rest = key.decode().removeprefix(prefix).split(":")
            if kind == "s":
                found["sessions"][rest[0]] = msgspec.msgpack.decode(self.redis.get(key), type=Session)
            elif kind == "l":
                found["leases"][int(rest[0])] = msgspec.msgpack.decode(self.redis.get(key), type=Lease)
            elif kind == "c":
                found["coverage"][int(rest[0]), int(rest[1])] = self.redis.get(key).rstrip(b"\0")
            elif kind == "p":
                found["pending"][rest[0]] = self.redis.get(key).rstrip(b"\0")
            elif kind == "d":
                found["days"][int(rest[0]), int(rest[1])] = int(self.redis.get(key))
        for index in ("dirty", "open"):
            found[index] = {
                m.decode(): int(score) for m, score in self.redis.zrange(prefix + index, 0, -1, withscores=True)
            }
        return found


@dataclass
class Told:
    """One step as it was played: when, on which session, and what came back."""

    step: Step
    now_ms: int
    session: str
    outcome: Outcome | None


class Player:
    """Runs a history against anything with the Store's verbs, as an API node and a client would."""

    def __init__(self, store: Any, rule: Rules, lost_ms: int = 0) -> None:
        """`lost_ms`: openings are told that Redis lost a session which last beat so long ago; 0 = none was lost."""
        self.store, self.rules, self.lost_ms = store, rule, lost_ms
        self.now_ms = START_MS
        self.places: list[Place] = []
        self.seqs: dict[str, int] = {}
        self.last: dict[str, Session] = {}
        self.drawn = 0

    def entropy(self) -> Entropy:
        self.drawn += 1
        return Entropy(
            draw=self.drawn * 2_654_435_761 % 2**32, check_id=f"check{self.drawn}", digits=f"{self.drawn % 10000:04}"
        )

    def play(self, step: Step) -> Told:
        self.now_ms += step.wait_ms
        outcome: Outcome | None = None
        place = None
        if isinstance(step, Open):
            outcome = self._open(step)
        elif isinstance(step, Release):
            self.store.release(ACCOUNT)
        elif isinstance(step, Flush):
            self.store.flush_all(self.now_ms)
        elif self.places:
            place = self.places[-1 - step.which % len(self.places)]
            outcome = self._on(place, step)
        if outcome and outcome.session:
            self.last[outcome.session.id] = outcome.session
        return Told(step, self.now_ms, place.session if place else "", outcome)

    def _open(self, step: Open) -> Outcome:
        place = Place(ACCOUNT, ENROLMENT, step.lesson, f"s{len(self.places)}")
        day = local_day(self.now_ms)
        session = Session(
            id=place.session, account=ACCOUNT, enrolment=ENROLMENT, lesson=step.lesson, duration=DURATION,
            rules=self.rules, opened_ms=self.now_ms, last_ms=self.now_ms, next_check_ms=0, days=[day],
        )  # fmt: skip
        command = OpenCommand(
            now_ms=self.now_ms, session=session, device=step.device, take_over=step.take_over,
            day_tally=0, last_ms=self.now_ms - self.lost_ms if self.lost_ms else 0, entropy=self.entropy(),
        )  # fmt: skip
        outcome: Outcome = self.store.open_session(place, day, command, b"")
        if outcome.kind == "ok":
            self.places.append(place)
            self.seqs[place.session] = 0
        return outcome

    def _on(self, place: Place, step: Beat | Answer | Lapse) -> Outcome | None:
        if isinstance(step, Lapse):
            self.store.lapse_one(place, self.now_ms)
            return None
        if isinstance(step, Answer):
            known = self.last[place.session]
            outcome: Outcome = self.store.presence(
                place,
                PresenceCommand(
                    now_ms=self.now_ms,
                    check_id=known.check_id if step.right_check else "another",
                    answer=known.check_answer if step.right_answer else "????",
                    day=local_day(self.now_ms),
                    entropy=self.entropy(),
                ),
            )
            return outcome
        seq = max(1, self.seqs[place.session] + step.step)
        command = BeatCommand(
            now_ms=self.now_ms,
            seq=seq,
            acked=max(0, self.seqs[place.session] + step.acked_ahead),
            at_ms=self.now_ms - step.late_ms,
            segments=list(step.segments),
            day=local_day(self.now_ms),
            end=step.end,
            entropy=self.entropy(),
        )
        outcome = self.store.beat(place, command)
        if outcome.kind == "ok" and outcome.session:
            self.seqs[place.session] = max(self.seqs[place.session], outcome.session.seq)
        return outcome
