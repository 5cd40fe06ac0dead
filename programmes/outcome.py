"""What scoring finds for one enrolment, in exact numbers. Points are 分, hours and seconds those of study; fractions are exact."""

from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction

from msgspec import Struct, field

from programmes.evidence import ItemEvidence, Standing
from programmes.parts import Condition, Part

NOTHING = Fraction(0)


def total(numbers: Iterable[Fraction]) -> Fraction:
    """Their sum. Whole numbers, which most points and seconds are, are added as such: a Fraction's own addition costs ten times as much."""
    whole, rest = 0, NOTHING
    for number in numbers:
        if number.denominator == 1:
            whole += number.numerator
        else:
            rest += number
    return rest + whole if rest else Fraction(whole)


class ModuleOutcome(Struct):
    """Seconds: earned, counted towards `need`. `abilities`: how many micro-abilities have the hours that each needs."""

    key: str
    seconds: int
    counted: Fraction
    need: Fraction
    abilities: int
    complete: bool


class Earned(Struct):
    """What one part came to. `have` of `need` is what is measured: seconds, items, hours, a mark; exact.

    hoped: what it may come to without anything more being handed in. waiting: items that wait for somebody's judgement.
    told: whether anything was found or judged. settled: nothing more can change it. spread: in how many dimensions (维度) the
    certified micro-abilities lie; hoped_spread: with those that wait.
    """

    points: Fraction
    have: Fraction
    need: Fraction
    hoped: Fraction = NOTHING
    waiting: int = 0
    told: bool = False
    settled: bool = False
    grade: str = ""
    spread: int = 0
    hoped_spread: int = 0
    ignored: list[tuple[ItemEvidence, str]] = field(default_factory=list)


class PartOutcome(Struct):
    """`open`: more may be handed in. `most`: what anybody can earn; `best`: what this enrolment still can."""

    part: Part
    earned: Earned
    most: Fraction
    open: bool
    best: Fraction
    #: Items that do not count, with the reason.
    ignored: list[tuple[ItemEvidence, str]]

    @property
    def points(self) -> Fraction:
        return self.earned.points


class Outcome(Struct):
    """Numbers of one enrolment on one moment."""

    on: datetime
    modules: list[ModuleOutcome]
    parts: list[PartOutcome]
    standing: Standing
    score: Fraction
    best: Fraction
    #: Points by dimension of the pass rule.
    dimensions: dict[str, Fraction]
    #: Conditions of the pass rule that do not hold yet.
    unmet: list[Condition]
    passed: bool
    #: Passed as a workshop leader, by fewer hours.
    relieved: bool
    #: Whether the points can still come to what passes.
    can_earn: bool
    #: Whether it can still pass, by its points or as a workshop leader.
    can_pass: bool
    credits: Fraction | None
    #: Items of parts that the programme does not have.
    unknown: list[ItemEvidence]

    @property
    def seconds(self) -> int:
        return sum(module.seconds for module in self.modules)

    @property
    def counted(self) -> Fraction:
        """Seconds that count, capped in each module."""
        return total(module.counted for module in self.modules)
