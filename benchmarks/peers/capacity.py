"""What a ping costs each system, and what a second of its processors credits.

A round gives one system one ping of each of its learners, as many as it answers in the round's time, and then reads the processor
time of all its processes. For us that is not before our flusher has brought all of it to PostgreSQL; what the fast paths owe SQL when
the round ends is not counted. The systems take turns, and each figure is the median of the rounds. The client costs none of that
time. At the end each system's books must say what was answered.

Every learner pings once a round, and the clock then moves by the interval, so that our flusher has one record to write for each
beat, as it has when teachers beat every 20 seconds and it runs every two.
"""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from benchmarks.peers import client
from benchmarks.peers.systems import Player, System


class Size(NamedTuple):
    """How much is measured. `learners` at most: a system may have fewer."""

    rounds: int
    round_s: float
    learners: int


FULL = Size(rounds=7, round_s=4.0, learners=10_000)
QUICK = Size(rounds=2, round_s=1.0, learners=2_000)


@dataclass
class Contestant:
    """A system at one interval, and what its rounds found."""

    system: System
    #: Media seconds of a ping.
    interval: int
    players: Sequence[Player]
    #: Pings of one learner in a round; more than one where there are few learners.
    repeat: int = 1
    answered: int = 0
    #: Media seconds of all that was answered.
    played: int = 0
    #: Processor seconds a ping, of each part, by round.
    costs: list[dict[str, float]] = field(default_factory=list)

    @property
    def name(self) -> str:
        own = self.interval == self.system.interval
        return self.system.name if own else f"{self.system.name}, {self.interval} s"


def contestants(systems: Sequence[System], size: Size) -> list[Contestant]:
    """Every system at its own interval; ours also at 60 s, to which a busy lane stretches it."""
    found = []
    for system in systems:
        players = system.open_many(size.learners)
        repeat = max(1, size.learners // len(players) // 10)
        found.append(Contestant(system, system.interval, players, repeat))
        if system.name.startswith("Xueshi"):
            found.append(Contestant(system, 60, players))
    return found


def play_round(one: Contestant, size: Size, *, counts: bool) -> None:
    system = one.system
    system.clock.step(one.interval)
    # Those who were not reached in time are the first of the next round.
    players = sorted(one.players, key=lambda player: player.seq) * one.repeat
    pings = [player.onward(one.interval) for player in players]
    before = system.cpu()
    answered = client.play(system.port, pings, size.round_s)
    if system.rest_is_work:
        system.rest()
    after = system.cpu()
    for place in answered:
        players[place].answered(players[place].position + one.interval)
    one.answered += len(answered)
    one.played += len(answered) * one.interval
    assert answered, f"{one.name} answered"
    if counts:
        one.costs.append({role: (after[role] - before[role]) / len(answered) for role in after})


def measure(systems: Sequence[System], size: Size) -> dict[str, dict[str, Any]]:
    """By contestant: pings and credited seconds a processor second, with what each part costs, µs a ping."""
    before = {system.name: system.total() for system in systems}
    all_of_them = contestants(systems, size)
    for turn in range(size.rounds + 1):  # the first round warms up
        for one in all_of_them:
            play_round(one, size, counts=turn > 0)
    for system in systems:
        _check(system, before[system.name], [one for one in all_of_them if one.system is system])
    return {one.name: _figures(one) for one in all_of_them}


def _check(system: System, before: Mapping[str, float], of_it: Sequence[Contestant]) -> None:
    """Its books say what was played; the more so ours, to the second."""
    system.rest()
    played = sum(one.played for one in of_it)
    tolerance = 0.0 if system.name.startswith("Xueshi") else 0.02
    for book, seconds in system.total().items():
        credited = seconds - before[book]
        assert abs(credited - played) <= tolerance * played, f"{system.name} {book}: {credited} of {played} s"


def _figures(one: Contestant) -> dict[str, Any]:
    totals = [sum(costs.values()) for costs in one.costs]
    cost = statistics.median(totals)
    parts = {role: statistics.median(costs[role] for costs in one.costs) * 1e6 for role in one.costs[0]}
    return {
        "version": one.system.version,
        "interval_s": one.interval,
        "answered": one.answered,
        "pings_per_cpu_s": 1 / cost,
        "credited_s_per_cpu_s": one.interval / cost,
        "spread": [1 / max(totals), 1 / min(totals)],
        "us_per_ping": parts,
    }
