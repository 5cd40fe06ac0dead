"""One run's figures, as a table for people and as JSON."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.chaos.oracle import Verdict
from benchmarks.chaos.wire import Tally


@dataclass
class Report:
    """`settings` are the options of the run; times in seconds."""

    settings: dict[str, Any]
    verdict: Verdict
    wire: Tally
    faults: Counter[str]
    #: How far clocks were put forward and Redis was put back, all together.
    slack: float
    #: Seconds that the rows of evidence call credited, beyond the coverage (a second can be evidence twice, and credited once).
    evidence_beyond: int
    #: Who had not settled long after all was quiet.
    unsettled: list[str] = field(default_factory=list)
    bugs: list[str] = field(default_factory=list)

    @property
    def promises(self) -> bool:
        """Whether nothing may be lost: Redis syncs before it answers, or clients resend."""
        return bool(self.settings["resend"] or self.settings["fsync"] == "always")

    @property
    def failures(self) -> list[str]:
        """Why this run did not keep what is promised; none: it did."""
        verdict = self.verdict
        found = [f"doubled {verdict.doubled} s"] if verdict.doubled else []
        if verdict.lost and self.promises:
            found.append(f"lost {verdict.lost} s where nothing may be lost")
        if not verdict.acknowledged or not self.faults:
            found.append("nothing happened")
        if self.unsettled:
            found.append(f"{len(self.unsettled)} never came to rest")
        if self.wire.unexpected:
            found.append(f"{len(self.wire.unexpected)} replies that nobody should ever get")
        return found

    def as_json(self) -> dict[str, Any]:
        verdict = asdict(self.verdict)
        verdict["loss_window"] = verdict.pop("window")
        return {
            "settings": self.settings,
            "failures": self.failures,
            **verdict,
            "withheld": dict(self.verdict.withheld),
            "slack": round(self.slack, 1),
            "faults": dict(sorted(self.faults.items())),
            "replies": {str(status): many for status, many in sorted(self.wire.replies.items())},
            "refused_503": self.wire.replies[503],
            "broken": self.wire.broken,
            "longest_outage": round(self.wire.outage, 2),
            "unexpected": self.wire.unexpected[:20],
            "evidence_beyond": self.evidence_beyond,
            "unsettled": self.unsettled,
            "bugs": self.bugs[:20],
        }

    def table(self) -> str:
        verdict, wire = self.verdict, self.wire
        rows = [
            ("acknowledged", f"{verdict.acknowledged:,} s", "told to be credited"),
            ("credited", f"{verdict.credited:,} s", "in SQL"),
            ("lost", f"{verdict.lost:,} s", self._of_loss()),
            ("forfeited", f"{verdict.forfeited:,} s", "lost by those who play at twice the speed, when Redis forgot"),
            ("doubled", f"{verdict.doubled:,} s", "must be 0, always"),
            (
                "gift",
                f"{verdict.gift:,} s",
                f"to one who plays at twice the speed; clocks and Redis were moved {self.slack:.0f} s",
            ),
            ("missed", f"{verdict.missed:,} s", "honestly played and not credited"),
            *((f"  {reason}", f"{many:,} s", "said last") for reason, many in verdict.withheld.most_common()),
            (
                "503",
                f"{wire.replies[503]:,}",
                f"of {wire.replies.total():,} replies; {wire.broken:,} requests had none",
            ),
            ("longest outage", f"{wire.outage:.1f} s", "of one teacher"),
            (
                "faults",
                f"{self.faults.total()}",
                ", ".join(f"{many} {kind}" for kind, many in sorted(self.faults.items())),
            ),
        ]
        lines = [f"  {name:<16} {figure:>12}  {words}" for name, figure, words in rows]
        lines += [
            f"  {line}" for line in [*verdict.lines[:20], *self.unsettled[:5], *wire.unexpected[:5], *self.bugs[:5]]
        ]
        return "\n".join(lines)

    def _of_loss(self) -> str:
        if self.promises:
            return "must be 0: " + ("clients resend" if self.settings["resend"] else "Redis syncs before it answers")
        return f"told up to {self.verdict.window:.2f} s before a power cut; the worst for one teacher {self.verdict.worst} s"
