"""What each system credits to somebody who cheats, who has bad luck, or whose server is killed. Over HTTP, against the running system.

Each attack has a learner of its own and says how many real seconds it took, by the benchmark's clock. What the system's books then
credit, divided by these, is the figure. Nobody can watch more than one second a second, so 1.0 is the most that is ever true; what
the truth is for each attack stands beside it.

Every system is given the best client there can be: one that reports what was played at the system's own interval, reports the whole
time after the network was away, and sends again what was not answered. Not all of the real ones do.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from benchmarks.peers.client import Ping, Wire
from benchmarks.peers.systems import LESSON, Player, System
from tests.waiting import wait_until

#: Real seconds that an attack with honest stretches has of each; every system's interval divides it.
STRETCH = 120
FAST = 16


class Attack(NamedTuple):
    name: str
    what: str
    #: Seconds of true watching in a real second.
    truth: float
    #: Runs it for this learner; returns how many real seconds it took.
    run: Callable[[System, int], float]


def play(system: System, player: Player, seconds: int = STRETCH, interval: int = 0) -> int:
    """Honest play at plain speed. Returns the real seconds."""
    interval = interval or system.interval
    for _ in range(seconds // interval):
        system.clock.step(interval)
        report(system, player, player.onward(interval), player.position + interval)
    return seconds


def report(system: System, player: Player, ping: Ping, end: int) -> None:
    system.send(ping)
    player.answered(end)


def honest(system: System, learner: int) -> float:
    return play(system, system.open(learner), 3 * STRETCH)


def forged_position(system: System, learner: int) -> float:
    player = system.open(learner)
    system.clock.step(STRETCH)
    report(system, player, player.forged(LESSON, system.interval), LESSON)
    return STRETCH


def giant_claim(system: System, learner: int) -> float:
    player = system.open(learner)
    system.clock.step(STRETCH)
    report(system, player, player.ping(0, LESSON), LESSON)
    return STRETCH


def duplicate(system: System, learner: int) -> float:
    player = system.open(learner)
    for _ in range(3 * STRETCH // system.interval):
        system.clock.step(system.interval)
        ping = player.onward(system.interval)
        for _ in range(3):
            system.send(ping)
        player.answered(player.position + system.interval)
    return 3 * STRETCH


def two_devices(system: System, learner: int) -> float:
    """Two lessons at once; each device reports in the middle of the other's interval."""
    players = [system.open(learner, "phone", 1), system.open(learner, "tablet", 2)]
    for _ in range(3 * STRETCH // system.interval):
        for player in players:
            system.clock.step(system.interval / 2)
            report(system, player, player.onward(system.interval), player.position + system.interval)
    return 3 * STRETCH


def seek_to_the_end(system: System, learner: int) -> float:
    player = system.open(learner)
    seconds = play(system, player)
    player.position = LESSON - STRETCH
    return seconds + play(system, player)


def fast_playing(system: System, learner: int) -> float:
    player = system.open(learner)
    for start in range(0, LESSON, system.interval):
        system.clock.step(system.interval / FAST)
        report(system, player, player.ping(start, start + system.interval), start + system.interval)
    return LESSON / FAST


def late_ping(system: System, learner: int) -> float:
    """Two minutes in a tunnel while the player plays on; then one ping says so."""
    player = system.open(learner)
    seconds = play(system, player)
    system.clock.step(STRETCH)
    report(system, player, player.onward(STRETCH), player.position + STRETCH)
    return seconds + STRETCH + play(system, player)


def killed_in_a_ping(system: System, learner: int) -> float:
    """The web server dies while a ping is in the middle of its work; the client, unanswered, sends it again, and plays on."""
    player = system.open(learner)
    seconds = play(system, player)
    system.clock.step(system.interval)
    ping = player.onward(system.interval)
    with system.stalled():
        wire = Wire(system.port)
        for sent in ping[:-1]:
            wire.exchange(sent)
        wire.post(ping[-1])
        wait_until(system.hangs, what="the ping to hang")
        system.kill_web()
        wire.close()
    system.revive()
    report(system, player, ping, player.position + system.interval)
    return seconds + system.interval + play(system, player)


def killed_before_sql(system: System, learner: int) -> float:
    """All was answered; then everything but SQL dies, and the learner does not come back."""
    player = system.open(learner)
    seconds = play(system, player)
    system.kill_flush()
    seconds += play(system, player)
    system.kill_all()
    system.revive()
    return seconds


ATTACKS = (
    Attack("honest", "plays six minutes", 1.0, honest),
    Attack(
        "forged position", "two minutes after opening says it stands at the end; played nothing", 0.0, forged_position
    ),
    Attack("giant claim", "two minutes after opening says it played the whole lesson", 1.0, giant_claim),
    Attack("duplicate", "plays six minutes, sends each ping three times", 1.0, duplicate),
    Attack("two devices", "plays two lessons on two devices at once", 1.0, two_devices),
    Attack("seek to the end", "plays two minutes, seeks, plays the last two minutes", 1.0, seek_to_the_end),
    Attack("16×", "plays the whole lesson at 16 times the speed", 1.0, fast_playing),
    Attack("late ping", "plays on through two minutes without a network", 1.0, late_ping),
    Attack("kill −9 in a ping", "the web server dies in mid-request", 1.0, killed_in_a_ping),
    Attack("kill −9 before SQL", "everything but SQL dies after the last answer", 1.0, killed_before_sql),
)


def run(systems: Sequence[System], attacks: Sequence[Attack] = ATTACKS) -> dict[str, dict[str, dict[str, float]]]:
    """Credited seconds in a real second: by system, book and attack. The systems are attacked at the same time."""
    with ThreadPoolExecutor(len(systems)) as threads:
        found = threads.map(lambda system: _run(system, attacks), systems)
        return {system.name: figures for system, figures in zip(systems, found, strict=True)}


def _run(system: System, attacks: Sequence[Attack]) -> dict[str, dict[str, float]]:
    figures: dict[str, dict[str, float]] = {book: {} for book in system.books}
    for learner, attack in enumerate(attacks, start=1):
        seconds = attack.run(system, learner)
        system.rest()
        for book, credited in system.credited(learner).items():
            figures[book][attack.name] = credited / seconds
    return figures


def broken_promises(figures: dict[str, Any]) -> list[str]:
    """Where Xueshi credits more than a second a second (and two for rounding), or takes from somebody honest."""
    credited = figures["credited"]
    shortest = LESSON / FAST
    found = [f"{name}: {rate:.3f} > 1" for name, rate in credited.items() if rate > 1 + 2 / shortest]
    played = ("honest", "duplicate", "seek to the end", "late ping", "kill −9 in a ping", "kill −9 before SQL")
    return found + [f"{name}: {credited[name]:.3f} < 1" for name in played if name in credited and credited[name] < 1]
