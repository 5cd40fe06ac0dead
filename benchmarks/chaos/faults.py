"""What goes wrong, and when: drawn from a seed before anything starts, so that a run can be repeated as closely as time allows."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from benchmarks.chaos.proxy import FAIR, Weather

#: Kinds of faults and the range of how long each lasts, s.
LASTS: dict[str, tuple[float, float]] = {
    "kill_api": (0.2, 2.0),
    "freeze_api": (1.0, 6.0),
    "kill_flusher": (0.2, 2.0),
    "freeze_flusher": (1.0, 6.0),
    "kill_redis": (0.1, 1.5),
    "freeze_redis": (0.5, 4.0),
    "kill_database": (0.2, 2.0),
    "freeze_database": (0.5, 4.0),
    "step_clock": (4.0, 12.0),
    "slow_clients": (3.0, 8.0),
    "lossy_clients": (3.0, 8.0),
    "half_open_clients": (0.2, 0.6),
    "slow_redis": (3.0, 8.0),
    "lossy_redis": (3.0, 8.0),
    "half_open_redis": (0.2, 0.6),
    "power_cut": (0.1, 1.5),
    "redis_emptied": (0.0, 0.0),
    "redis_older": (3.0, 8.0),
}
#: Take more than any fsync policy promises to keep: only clients that resend lose nothing.
BEYOND_FSYNC = ("redis_emptied", "redis_older")
#: After these Redis holds less than it has said.
TAKES_DATA = ("power_cut", *BEYOND_FSYNC)
LARGEST_STEP_S = 120.0


@dataclass(frozen=True)
class Fault:
    """`at`: seconds after the class began; `seconds`: how long it lasts; `target`: which of several; `size`: of a clock's step, s."""

    at: float
    kind: str
    seconds: float
    target: int
    size: float = 0.0
    weather: Weather = FAIR

    def __str__(self) -> str:
        words = [f"{self.at:7.1f} s  {self.kind:<18}", f"{self.seconds:4.1f} s"]
        if self.kind == "step_clock":
            words.append(f"{self.size:+.1f} s on node {self.target + 1}")
        elif "redis" not in self.kind.partition("_")[2:] and self.kind not in TAKES_DATA:
            words.append(f"no. {self.target + 1}")
        return " ".join(words)


def kinds_for(*, database: str, resends: bool) -> list[str]:
    chosen = [kind for kind in LASTS if resends or kind not in BEYOND_FSYNC]
    return [kind for kind in chosen if database != "sqlite" or kind != "kill_database"]


def draw(seed: int, seconds: float, every: float, kinds: Sequence[str]) -> list[Fault]:
    """One about every `every` seconds; each kind comes once before any comes again."""
    chance = random.Random(seed)
    faults: list[Fault] = []
    at, bag = every / 2, list[str]()
    while at < seconds:
        if not bag:
            bag = chance.sample(kinds, len(kinds))
        kind = bag.pop()
        fault = Fault(round(at, 2), kind, round(chance.uniform(*LASTS[kind]), 2), chance.randrange(2))
        faults.append(_sized(fault, chance))
        at += every * chance.uniform(0.5, 1.5)
    return faults


def _sized(fault: Fault, chance: random.Random) -> Fault:
    way, _, _ = fault.kind.rpartition("_")
    to_redis = fault.kind.endswith("redis")
    if fault.kind == "step_clock":
        step = chance.choice((-1, 1)) * chance.choice((3.0, 15.0, LARGEST_STEP_S)) * chance.uniform(0.3, 1.0)
        return replace(fault, size=round(step, 1))
    if way == "slow":
        most = 0.2 if to_redis else 0.8
        return replace(
            fault, weather=Weather(delay=chance.uniform(0.05, most), jitter=most, chop=chance.choice((0, 0, 512)))
        )
    if way == "lossy":
        return replace(fault, weather=Weather(delay=0.01, jitter=0.05, loss=chance.uniform(0.1, 0.3), reset=0.05))
    if way == "half_open":
        return replace(fault, weather=Weather(silent=True))
    return fault
