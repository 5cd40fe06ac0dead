"""The two tables, and whether what we set out to reach was reached."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from benchmarks.peers.attacks import ATTACKS

LANE, VIEW = "Xueshi lane", "Xueshi Flask view"
FAST_PATHS = ("roncoo", "roncoo without Flask", "Tianji")
#: At the same interval: so many times the pings of these.
PER_PING = {"Kolibri": 40.0, "PlayEdu": 40.0, "EduSoho": 40.0}
#: A fast path that judges nothing serves at most so many times our pings.
BEHIND = 1.5


class Target(NamedTuple):
    what: str
    measured: float
    #: "≥" or "≤"
    sign: str
    wanted: float

    @property
    def met(self) -> bool:
        return self.measured >= self.wanted if self.sign == "≥" else self.measured <= self.wanted


def targets(capacity: Mapping[str, Mapping[str, Any]]) -> list[Target]:
    """Ratios of medians. Those of systems that did not run are left out."""

    def pings(name: str) -> float:
        return float(capacity[name]["pings_per_cpu_s"])

    def seconds(name: str) -> float:
        return float(capacity[name]["credited_s_per_cpu_s"])

    ran = [name for name in capacity if not name.startswith("Xueshi")]
    found = [
        Target(f"lane / {name}: pings", pings(LANE) / pings(name), "≥", PER_PING[name])
        for name in ran
        if name in PER_PING
    ]
    for ours in (LANE, f"{LANE}, 60 s"):
        found += [
            Target(f"{ours} / {name}: credited at its own interval", seconds(ours) / seconds(name), "≥", 1.0)
            for name in ran
        ]
    for name in FAST_PATHS:
        if name in capacity:
            found.append(Target(f"{name} / lane: pings", pings(name) / pings(LANE), "≤", BEHIND))
            if VIEW in capacity:
                found.append(Target(f"{name} / Flask view: pings", pings(name) / pings(VIEW), "≤", BEHIND))
    return found


def capacity_table(capacity: Mapping[str, Mapping[str, Any]]) -> str:
    """One line a system: what a processor second does, and where it goes."""
    lines = ["system                      every  pings/CPU-s      (least … most)  credited s/CPU-s  µs a ping"]
    for name, one in capacity.items():
        parts = ", ".join(f"{role} {cost:,.0f}" for role, cost in one["us_per_ping"].items() if cost >= 0.5)
        least, most = one["spread"]
        lines.append(
            f"{name:<26} {one['interval_s']:>4} s {one['pings_per_cpu_s']:>12,.0f}  {least:>8,.0f} …{most:>7,.0f}"
            f"  {one['credited_s_per_cpu_s']:>16,.0f}  {parts}"
        )
    return "\n".join(lines)


def target_table(found: Sequence[Target]) -> str:
    return "\n".join(
        f"{target.what:<62} {target.measured:>8,.2f}×  {target.sign} {target.wanted:g}×  {'met' if target.met else 'MISSED'}"
        for target in found
    )


def attack_table(rates: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """Credited seconds in a real second. One line an attack, one column a book."""
    columns = [(name, book) for name, books in rates.items() for book in books]
    wide = [max(len(name), len(book), 6) + 2 for name, book in columns]
    head = f"{'':<20}{'truth':>6}"
    lines = [
        head + "".join(f"{name:>{width}}" for (name, _), width in zip(columns, wide, strict=True)),
        " " * 26 + "".join(f"{book:>{width}}" for (_, book), width in zip(columns, wide, strict=True)),
    ]
    for attack in ATTACKS:
        cells = (
            f"{rates[name][book].get(attack.name, float('nan')):>{width}.2f}"
            for (name, book), width in zip(columns, wide, strict=True)
        )
        lines.append(f"{attack.name:<20}{attack.truth:>6.1f}" + "".join(cells))
    return "\n".join(lines)
