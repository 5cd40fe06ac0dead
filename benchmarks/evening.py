"""The last evening before a deadline, simulated: a province's players, the servers that carry them, a restart at the worst moment.

python -m benchmarks.evening [--teachers 700000] [--processors 2] [--cost-us 130] [--outage 20]

A fluid simulation in steps of 0.5 s: numbers of players, not single ones. The interval each is given comes from the real
heartbeat.pace (Meter, JITTER, STRETCH); servers work through beats in the order of arrival; a client gives up after TIMEOUT_S, which
does not spare the server the work, and tries again by its rule. It compares three rules; ours is the last. What it cannot know
(how many watch, and when) is stated in CURVE and can be changed; what a beat costs is measured by `make bench`.
"""

import argparse
import itertools
import json
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from heartbeat.pace import JITTER, Meter

STEP_S = 0.5
#: The interval that a programme asks for, s.
USUAL_S = 20.0
#: A client waits so long for a reply.
TIMEOUT_S = 30.0
#: A client holds what it watched this long without loss (max_silence).
SILENCE_S = 180.0
#: Into so many parts a crowd that beats together is spread.
SHARES = 16
#: A connection that must be made anew costs this many times a beat (TCP and TLS at the balancer, accepting it here).
RECONNECT_COST = 1.4
#: The share of all teachers who watch, by hours before the deadline: an assumption, steeper than any evening we know of.
CURVE = ((6.0, 0.10), (4.0, 0.35), (3.0, 0.60), (2.0, 0.90), (1.5, 1.00), (0.5, 1.00), (0.0, 0.80))


#: Those who are there when the simulation begins have gathered within, s.
GATHERING_S = 900


def share(hours_left: float) -> float:
    """Of the teachers, who watch so many hours before the deadline."""
    for (early, more), (late, less) in itertools.pairwise(CURVE):
        if early >= hours_left >= late:
            return less + (more - less) * (hours_left - late) / (early - late)
    return CURVE[0][1]


#: From how often it failed to between when and when the next try falls, s after the failure.
Retry = Callable[[int], tuple[float, float]]
RETRIES: dict[str, Retry] = {
    "at once, every second": lambda _failed: (1.0, 1.0),
    "every 5 s": lambda _failed: (5.0, 5.0),
    "2 s doubling to 60 s, anywhere in it": lambda failed: (0.5, min(60.0, 2.0 * 2 ** min(failed, 6))),
    "15 s doubling to 60 s, anywhere in it": lambda failed: (1.0, min(60.0, 15.0 * 2 ** min(failed, 6))),
}


@dataclass
class Wave:
    """Players who beat in the same step and failed equally often; `seconds` is what they have to report, all together."""

    players: float
    seconds: float
    failed: int
    at: float
    anew: bool = False


@dataclass
class Course:
    """What became of an evening."""

    peak_players: float = 0
    peak_arrivals: float = 0
    longest_wait_s: float = 0
    #: Player seconds that came later than max_silence allows, and would not count.
    lost_s: float = 0
    busiest: float = 0
    longest_stretch: float = 1
    #: After the servers came back: when the last beat had waited less than 1 s for good.
    calm_after_s: float = 0
    line: list[tuple[float, float, float, float]] = field(default_factory=list)


class Evening:
    """`capacity`: beats a second that the servers can judge. `outage`: from when and for how long nothing answers, s."""

    def __init__(self, capacity: float, retry: Retry, outage: tuple[float, float] = (1e9, 0)) -> None:
        self.capacity, self.retry, self.outage = capacity, retry, outage
        self.meter = Meter()
        self.now = 0.0
        #: By step, then by how often they failed and whether they connect anew.
        self.due: dict[int, dict[tuple[int, bool], Wave]] = {}
        self.queue: deque[Wave] = deque()
        self.course = Course()
        self.watching = 0.0
        self._second = [0.0, 0.0, 0.0, 0.0]  # beats, seconds reported, work, longest wait

    def join(self, players: float) -> None:
        """They press play now."""
        if players > 0:
            self.watching += players
            self._spread(players, 0.0, 0, USUAL_S * (1 - JITTER / 2), USUAL_S * (1 + JITTER / 2))

    def leave(self, players: float) -> None:
        """So many of those who are next due close the player."""
        share_of = players / max(self.watching, 1.0)
        self.watching -= players
        for waves in self.due.values():
            for wave in waves.values():
                wave.players *= 1 - share_of
                wave.seconds *= 1 - share_of

    def step(self) -> None:
        number = round(self.now / STEP_S)
        arrived = list(self.due.pop(number, {}).values())
        beats = sum(wave.players for wave in arrived)
        self.course.peak_arrivals = max(self.course.peak_arrivals, beats / STEP_S)
        down = self.outage[0] <= self.now < sum(self.outage)
        if down:
            self.queue.extend(arrived)
            for wave in self.queue:
                self._fail(wave)
            self.queue.clear()
        else:
            self.queue.extend(arrived)
            self._work()
        self.now = (number + 1) * STEP_S
        if (number + 1) % round(1 / STEP_S) == 0:
            self._observe(down)

    def _work(self) -> None:
        room = self.capacity * STEP_S
        while self.queue and room > 1e-6:
            wave = self.queue[0]
            cost = RECONNECT_COST if wave.anew else 1.0
            part = min(1.0, room / (wave.players * cost)) if wave.players else 1.0
            done = Wave(wave.players * part, wave.seconds * part, wave.failed, wave.at, wave.anew)
            room -= done.players * cost
            self._second[2] += done.players * cost
            wait = self.now - wave.at
            self._second[3] = max(self._second[3], wait)
            if wait > TIMEOUT_S:  # judged, but nobody listens any more: the same beat comes again
                self._fail(done)
            else:
                self._judge(done, wait)
            if part >= 1:
                self.queue.popleft()
            else:
                wave.players -= done.players
                wave.seconds -= done.seconds

    def _judge(self, wave: Wave, wait: float) -> None:
        since = wave.seconds / max(wave.players, 1e-9) + wait
        self.course.lost_s += max(0.0, since - SILENCE_S) * wave.players
        self._second[0] += wave.players
        self._second[1] += wave.seconds
        interval = USUAL_S * self.meter.stretch
        self._spread(wave.players, 0.0, 0, interval * (1 - JITTER / 2), interval * (1 + JITTER / 2))

    def _fail(self, wave: Wave) -> None:
        early, late = self.retry(wave.failed)
        self._spread(wave.players, wave.seconds, min(wave.failed + 1, 6), early, late, anew=True)

    def _spread(
        self, players: float, seconds: float, failed: int, early: float, late: float, anew: bool = False
    ) -> None:
        for number in range(SHARES):
            after = early + (late - early) * (number + 0.5) / SHARES
            when = max(round((self.now + after) / STEP_S), round(self.now / STEP_S) + 1)
            waves = self.due.setdefault(when, {})
            wave = waves.setdefault((failed, anew), Wave(0.0, 0.0, failed, when * STEP_S, anew))
            wave.players += players / SHARES
            wave.seconds += (seconds + players * after) / SHARES

    def _observe(self, down: bool) -> None:
        beats, seconds, work, wait = self._second
        self._second = [0.0, 0.0, 0.0, 0.0]
        load = work / self.capacity
        if down:
            self.meter = Meter()  # whoever starts again knows nothing of before
        else:
            self.meter.observe(load, 0.002 if load < 0.9 else max(0.05, wait), int(beats), seconds, USUAL_S)
        course = self.course
        course.peak_players = max(course.peak_players, self.watching)
        course.busiest = max(course.busiest, load)
        course.longest_wait_s = max(course.longest_wait_s, wait)
        course.longest_stretch = max(course.longest_stretch, self.meter.stretch)
        if self.now > sum(self.outage) and wait > 1.0:
            course.calm_after_s = self.now - sum(self.outage)
        course.line.append((self.now, self.watching, beats, self.meter.stretch))


def evening(teachers: int, capacity: float, retry: Retry, outage_s: float, hours: float = 6.0) -> Course:
    """From `hours` before the deadline to it. The outage falls where most watch: 75 minutes before the end."""
    run = Evening(capacity, retry, ((hours - 1.25) * 3600, outage_s))
    for second in range(int(hours * 3600)):
        wanted = teachers * share(hours - second / 3600) * min(1.0, second / GATHERING_S)
        if wanted > run.watching:
            run.join(wanted - run.watching)
        elif wanted < run.watching - 1 and second % 60 == 0:
            run.leave(run.watching - wanted)
        for _ in range(round(1 / STEP_S)):
            run.step()
    return run.course


def measured_cost_us(path: Path = Path("var/benchmarks.json")) -> float | None:
    """What a beat costs all together, µs of a processor, by the last `make bench`."""
    try:
        found = json.loads(path.read_text())["province"]["found"]
        shares = [share for name, share in found["processors"].items() if name != "generator"]
        return float(sum(shares) / found["beats_per_s"] * 1e6)
    except (OSError, KeyError, TypeError, ValueError, ZeroDivisionError):
        return None


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    ask = argparse.ArgumentParser(prog="python -m benchmarks.evening", description=__doc__.partition("\n")[0])
    ask.add_argument("--teachers", type=int, default=700_000)
    ask.add_argument("--processors", type=float, default=2.0)
    ask.add_argument(
        "--cost-us",
        type=float,
        default=measured_cost_us() or 130.0,
        help="of a processor, for one beat with all it causes",
    )
    ask.add_argument("--outage", type=float, default=20.0, help="how long nothing answers, at the peak, s")
    ask.add_argument("--hours", type=float, default=2.5, help="of the evening, up to the deadline")
    given = ask.parse_args(arguments)
    capacity = given.processors * 1e6 / given.cost_us
    print(f"{given.teachers:,} teachers, {capacity:,.0f} beats/s at most, {given.outage:.0f} s of outage at the peak")
    print(f"{'a failed beat is tried again':<38}{'arrivals/s':>12}{'stretch':>9}{'calm after':>12}{'lost':>10}")
    found: dict[str, Any] = {}
    for name, retry in RETRIES.items():
        course = evening(given.teachers, capacity, retry, given.outage, given.hours)
        calm = f"{course.calm_after_s:.0f} s" if course.calm_after_s < 4000 else "never"
        print(
            f"{name:<38}{course.peak_arrivals:>12,.0f}{course.longest_stretch:>9.1f}{calm:>12}{course.lost_s:>8,.0f} s",
            flush=True,
        )
        found[name] = {
            "peak_arrivals": course.peak_arrivals, "capacity": capacity, "stretch": course.longest_stretch,
            "calm_after_s": course.calm_after_s, "lost_s": course.lost_s, "line": course.line[::10],
        }  # fmt: skip
    return {"teachers": given.teachers, "capacity": capacity, "outage_s": given.outage, "retries": found}


if __name__ == "__main__":
    main()
