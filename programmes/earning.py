"""How each kind of part turns what was found into points. Pure and exact; one function a kind, listed in EARNERS."""

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any

from msgspec import Struct, field

from programmes import parts
from programmes.evidence import ItemEvidence, exactly

NOTHING = Fraction(0)
#: Why an item does not count.
TOO_SHORT, UNKNOWN_GRADE, NOT_PASSED, WORSE = "too_short", "unknown_grade", "not_passed", "worse"


class Found(Struct):
    """What counts for one part: items in time, and the modules of a courses part (programmes.scoring.ModuleOutcome)."""

    items: Sequence[ItemEvidence]
    modules: Sequence[Any]


class Earned(Struct):
    """What one part came to. `have` of `need` is what is measured: seconds, items, hours, a mark; exact.

    hoped: what it may come to without anything more being handed in. waiting: items that wait for somebody's judgement.
    settled: nothing more can change it. dimensions: those of the certified micro-abilities.
    """

    points: Fraction
    have: Fraction
    need: Fraction
    hoped: Fraction = NOTHING
    waiting: int = 0
    settled: bool = False
    grade: str = ""
    dimensions: frozenset[str] = frozenset()
    ignored: list[tuple[ItemEvidence, str]] = field(default_factory=list)


def courses(part: parts.CoursesPart, found: Found) -> Earned:
    need = sum((module.need for module in found.modules), NOTHING)
    have = sum((module.counted for module in found.modules), NOTHING)
    most = exactly(part.points)
    if part.rule == "all_hours":
        points = most if all(module.complete for module in found.modules) else NOTHING
    else:
        points = most * have / need if need else NOTHING
    return Earned(points, have, need, hoped=points, settled=points == most)


def submitted(part: parts.SubmittedPart, found: Found) -> Earned:
    """Items told apart by `item`; the one with the greater count stands for both."""
    counts: dict[str, int] = {}
    ignored = []
    for item in found.items:
        if part.min_words is not None and (item.words or 0) < part.min_words:
            ignored.append((item, TOO_SHORT))
        elif item.passed is False:
            ignored.append((item, NOT_PASSED))
        else:
            counts[item.item] = max(counts.get(item.item, 0), 1 if item.count is None else item.count)
    have = sum(counts.values())
    most = exactly(part.points)
    whole = most if have >= part.least else NOTHING
    points = whole if part.each is None else min(most, exactly(part.each) * have)
    return Earned(
        points,
        Fraction(min(have, part.least)),
        Fraction(part.least),
        hoped=points,
        settled=points == most,
        ignored=ignored,
    )


def graded(part: parts.GradedPart, found: Found) -> Earned:
    """The best grade counts; what is not graded yet may still get the best."""
    best: tuple[Fraction, str] | None = None
    waiting = 0
    ignored = []
    for item in found.items:
        if part.min_words is not None and (item.words or 0) < part.min_words:
            ignored.append((item, TOO_SHORT))
        elif item.grade is None:
            waiting += 1
        elif item.grade not in part.grades:
            ignored.append((item, UNKNOWN_GRADE))
        else:
            worth = (exactly(part.grades[item.grade]), item.grade)
            best = max(best, worth) if best else worth
    points, grade = best or (NOTHING, "")
    hoped = exactly(part.points) if waiting else points
    return Earned(
        points,
        Fraction(1 if best or waiting else 0),
        Fraction(1),
        hoped=hoped,
        waiting=waiting,
        settled=best is not None and not waiting,
        grade=grade,
        ignored=ignored,
    )


def certified(part: parts.CertifiedPart, found: Found) -> Earned:
    """Each micro-ability once; only those that passed."""
    passed: dict[str, str] = {}
    refused: dict[str, ItemEvidence] = {}
    waiting: set[str] = set()
    for item in found.items:
        if item.passed:
            passed[item.item] = max(passed.get(item.item, ""), item.dimension)
        elif item.passed is False:
            refused[item.item] = item
        else:
            waiting.add(item.item)
    waiting -= passed.keys()
    have = min(len(passed), part.count)
    points = min(exactly(part.points), exactly(part.each) * have)
    hoped = min(exactly(part.points), exactly(part.each) * min(part.count, have + len(waiting)))
    return Earned(
        points,
        Fraction(have),
        Fraction(part.count),
        hoped=hoped,
        waiting=len(waiting),
        dimensions=frozenset(passed.values()) - {""},
        ignored=[(item, NOT_PASSED) for key, item in sorted(refused.items()) if key not in passed],
    )


def assessed(part: parts.AssessedPart, found: Found) -> Earned:
    passed = any(item.passed for item in found.items)
    waiting = 0 if passed else sum(item.passed is None for item in found.items)
    most = exactly(part.points)
    points = most if passed else NOTHING
    return Earned(
        points, Fraction(passed), Fraction(1), hoped=most if waiting else points, waiting=waiting, settled=passed
    )


def marked(part: parts.MarkedPart, found: Found) -> Earned:
    """The best mark counts."""
    mark = _best(item.mark for item in found.items)
    waiting = sum(item.mark is None for item in found.items)
    points = exactly(part.points) * (mark or NOTHING) / 100
    hoped = exactly(part.points) if waiting else points
    return Earned(points, mark or NOTHING, Fraction(100), hoped=hoped, waiting=waiting, settled=mark == 100)


def attended(part: parts.AttendedPart, found: Found) -> Earned:
    """Hours of different occasions add up."""
    hours: dict[str, Fraction] = {}
    for item in found.items:
        hours[item.item] = max(hours.get(item.item, NOTHING), exactly(max(0.0, item.hours or 0.0)))
    need = exactly(part.hours)
    have = min(need, sum(hours.values(), NOTHING))
    points = exactly(part.points) * have / need
    return Earned(points, have, need, hoped=points, settled=have == need)


def rated(part: parts.RatedPart, found: Found) -> Earned:
    rate = _best(item.mark for item in found.items)
    reached = [band for band in part.bands if rate is not None and rate >= exactly(band.least)]
    points = exactly(max(reached, key=lambda band: band.least).value) if reached else NOTHING
    points = min(points, exactly(part.points))
    return Earned(points, rate or NOTHING, Fraction(100), hoped=points, settled=points == exactly(part.points))


def _best(values: Iterable[float | None]) -> Fraction | None:
    known = [min(Fraction(100), max(NOTHING, exactly(value))) for value in values if value is not None]
    return max(known, default=None)


#: The function of each kind.
EARNERS: dict[type, Callable[[Any, Found], Earned]] = {
    parts.CoursesPart: courses,
    parts.SubmittedPart: submitted,
    parts.GradedPart: graded,
    parts.CertifiedPart: certified,
    parts.AssessedPart: assessed,
    parts.MarkedPart: marked,
    parts.AttendedPart: attended,
    parts.RatedPart: rated,
}
