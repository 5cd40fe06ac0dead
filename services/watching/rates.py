"""The rates (参训率、合格率 …) by the notice's own formulas, each with what stands above and below the line and where it is defined.

A notice that rates its workshop leaders defines 参训率 and 合格率 (programmes.parts.RatedPart with `measure`): its clause, or what is
assumed where it is silent, stands beside the number. Others say nothing; then it is our default, and the page says so. Both are counted
alike (services.marks.leader_rates): of the enrolled, neither exempt nor withdrawn.
"""

from collections.abc import Callable
from dataclasses import dataclass

from programmes.parts import RatedPart
from programmes.schema import Programme
from services.watching.tallies import Counts


@dataclass(frozen=True)
class Definition:
    """`source`: the clause, and what is assumed."""

    key: str
    title: str
    formula: str
    source: str
    part: Callable[[Counts], int]

    @property
    def says(self) -> str:
        """合格率 = 考核合格的人数 ÷ 参加人数（通知 六.(二)）"""
        return f"{self.title} = {self.formula}（{self.source}）"

    def of(self, counts: Counts) -> "Rate":
        return self.of_numbers(self.part(counts), counts.enrolled)

    def of_numbers(self, part: int, whole: int) -> "Rate":
        return Rate(self, part, whole)


@dataclass(frozen=True)
class Rate:
    definition: Definition
    part: int
    whole: int

    @property
    def share(self) -> float | None:
        """0 to 1; None of nobody."""
        return self.part / self.whole if self.whole else None

    @property
    def says(self) -> str:
        """87.4%, rounded down, so that nothing looks reached before it is."""
        return f"{self.part * 1000 // self.whole / 10:.1f}%" if self.whole else "—"


OURS = "通知未规定，按平台默认算法"
_DEFAULTS = (
    ("signed_in", "登录率", "登录过的人数 ÷ 参加人数", lambda counts: counts.signed_in),
    ("took_part", "参训率", "有计入学时的人数 ÷ 参加人数", lambda counts: counts.studying),
    ("passed", "合格率", "考核合格的人数 ÷ 参加人数", lambda counts: counts.passed),
)
NOTE = "参加人数：已报名人数，不含免修和退出。"


def definitions(programme: Programme) -> tuple[Definition, ...]:
    """登录率, 参训率, 合格率, with what this notice says of them."""
    return tuple(
        Definition(key, title, formula, _source(programme, key), part) for key, title, formula, part in _DEFAULTS
    )


def average_hours(counts: Counts) -> float | None:
    """人均学时: credited hours over the enrolled."""
    return counts.hours_credited / counts.enrolled if counts.enrolled else None


def average_score(counts: Counts) -> float | None:
    return counts.score_sum / counts.enrolled if counts.enrolled else None


def _source(programme: Programme, measure: str) -> str:
    parts = programme.leader.parts if programme.leader else ()
    for part in parts:
        if isinstance(part, RatedPart) and part.measure == measure:
            said = [f"通知 {part.clause}" if part.clause else "", part.assumed]
            return "；".join(filter(None, said)) or OURS
    return OURS
