"""How each kind of part turns what was found into points. Pure and exact; one function a kind, listed in EARNERS."""

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from msgspec import Struct, field

from programmes import parts
from programmes.basics import Band
from programmes.evidence import ItemEvidence, exactly, measured
from programmes.outcome import NOTHING, Earned, ModuleOutcome, total

#: Why an item does not count.
TOO_SHORT, UNKNOWN_GRADE, NOT_PASSED, NO_NUMBER = "too_short", "unknown_grade", "not_passed", "no_number"
#: More hours or things in one item than the file format knows are no number of them.
MOST = 10_000


class Found(Struct):
    """What counts for one part: items in time, and the modules of a courses part."""

    items: Sequence[ItemEvidence] = ()
    modules: Sequence[ModuleOutcome] = field(default_factory=list)


def most_of(part: parts.Part) -> Fraction:
    """The most that anybody can earn; less than the part's points where its grades, bands or certificates never come to them."""
    points = exactly(part.points)
    if isinstance(part, parts.GradedPart):
        return min(points, max(map(exactly, part.grades.values())))
    if isinstance(part, parts.RatedPart):
        return min(points, max(exactly(band.value) for band in part.bands))
    if isinstance(part, parts.CertifiedPart):
        return min(points, exactly(part.each) * part.count)
    return points


def courses(part: parts.CoursesPart, found: Found) -> Earned:
    need = total(module.need for module in found.modules)
    have = total(module.counted for module in found.modules)
    most = exactly(part.points)
    if all(module.complete for module in found.modules):
        points = most
    elif part.rule == "all_hours" or not need:
        points = NOTHING
    else:
        points = most * have / need
    return Earned(points, have, need, hoped=points, settled=points == most)


def submitted(part: parts.SubmittedPart, found: Found) -> Earned:
    """Items told apart by `item`; the one with the greater count stands for both."""
    most = exactly(part.points)
    each = exactly(part.each) if part.each is not None else None
    need = math.ceil(most / each) if each else part.least
    counts: dict[str, int] = {}
    ignored = []
    for item in found.items:
        count = 1 if item.count is None else item.count
        if _too_short(part, item):
            ignored.append((item, TOO_SHORT))
        elif item.passed is False:
            ignored.append((item, NOT_PASSED))
        elif not 0 <= count <= MOST:
            ignored.append((item, NO_NUMBER))
        else:
            counts[item.item] = max(counts.get(item.item, 0), count)
    have = min(sum(counts.values()), need)
    points = (most if have >= need else NOTHING) if each is None else min(most, each * have)
    return Earned(
        points, Fraction(have), Fraction(need), hoped=points, told=have > 0, settled=points == most, ignored=ignored
    )


def graded(part: parts.GradedPart, found: Found) -> Earned:
    """The best grade counts; what is not graded yet may still get the best."""
    best: tuple[Fraction, str] | None = None
    waiting = 0
    ignored = []
    for item in found.items:
        if _too_short(part, item):
            ignored.append((item, TOO_SHORT))
        elif item.grade is None:
            waiting += 1
        elif item.grade not in part.grades:
            ignored.append((item, UNKNOWN_GRADE))
        else:
            worth = (exactly(part.grades[item.grade]), item.grade)
            best = max(best, worth) if best else worth
    points, grade = best or (NOTHING, "")
    most = most_of(part)
    return Earned(
        points,
        Fraction(1 if best or waiting else 0),
        Fraction(1),
        hoped=most if waiting else points,
        waiting=0 if points == most else waiting,
        told=best is not None,
        settled=best is not None and not (waiting and points < most),
        grade=grade,
        ignored=ignored,
    )


def certified(part: parts.CertifiedPart, found: Found) -> Earned:
    """Each micro-ability once; only those that passed. It never settles: another may bring another dimension."""
    passed: dict[str, set[str]] = {}
    refused = []
    waiting: dict[str, set[str]] = {}
    for item in found.items:
        if item.passed is False:
            refused.append(item)
        else:
            (passed if item.passed else waiting).setdefault(item.item, set()).add(item.dimension)
    for key in passed:
        waiting.pop(key, None)
    have = min(len(passed), part.count)
    most, each = most_of(part), exactly(part.each)
    # What waits without a dimension may get one of its own.
    hoped = {key: {dimension or f"? {key}" for dimension in named} for key, named in waiting.items()}
    return Earned(
        min(most, each * have),
        Fraction(have),
        Fraction(part.count),
        hoped=min(most, each * min(part.count, have + len(waiting))),
        waiting=len(waiting),
        told=bool(passed),
        spread=_spread(passed),
        hoped_spread=_spread(passed | hoped),
        ignored=[(item, NOT_PASSED) for item in refused if item.item not in passed],
    )


def assessed(part: parts.AssessedPart, found: Found) -> Earned:
    passed = any(item.passed for item in found.items)
    told = any(item.passed is not None for item in found.items)
    waiting = 0 if passed else sum(item.passed is None and _waits(item, told=told) for item in found.items)
    most = exactly(part.points)
    points = most if passed else NOTHING
    return Earned(
        points,
        Fraction(passed),
        Fraction(1),
        hoped=most if waiting else points,
        waiting=waiting,
        told=told,
        settled=passed,
    )


def marked(part: parts.MarkedPart, found: Found) -> Earned:
    """The best mark counts."""
    mark, ignored = _best(found.items)
    most = exactly(part.points)
    points = most * mark / 100 if mark else NOTHING
    told = mark is not None
    waiting = 0 if mark == 100 else sum(item.mark is None and _waits(item, told=told) for item in found.items)
    return Earned(
        points,
        mark or NOTHING,
        Fraction(100),
        hoped=most if waiting else points,
        waiting=waiting,
        told=told,
        settled=mark == 100,
        ignored=ignored,
    )


def attended(part: parts.AttendedPart, found: Found) -> Earned:
    """Hours of different occasions add up."""
    need = exactly(part.hours)
    hours, ignored = hours_of(found.items)
    have = min(need, hours)
    points = exactly(part.points) * have / need
    return Earned(points, have, need, hoped=points, told=have > 0, settled=have == need, ignored=ignored)


def rated(part: parts.RatedPart, found: Found) -> Earned:
    rate, ignored = _best(found.items)
    points = NOTHING if rate is None else min(exactly(part.points), band_value(part.bands, rate))
    most = most_of(part)
    return Earned(
        points,
        rate or NOTHING,
        Fraction(100),
        hoped=points,
        told=rate is not None,
        settled=rate is not None and points == most,
        ignored=ignored,
    )


def band_value(bands: Sequence[Band], value: Fraction) -> Fraction:
    """What the highest band is worth whose `least` the value reaches; 0 below them all."""
    reached = [band for band in bands if value >= exactly(band.least)]
    return exactly(max(reached, key=lambda band: band.least).value) if reached else NOTHING


def hours_of(items: Sequence[ItemEvidence]) -> tuple[Fraction, list[tuple[ItemEvidence, str]]]:
    """Credit hours over all occasions, each once, and the items whose hours are no number of hours."""
    hours: dict[str, Fraction] = {}
    ignored = []
    for item in items:
        attended = measured(item.hours, MOST)
        if attended is not None:
            hours[item.item] = max(hours.get(item.item, NOTHING), attended)
        elif item.hours is not None:
            ignored.append((item, NO_NUMBER))
    return total(hours.values()), ignored


def _waits(item: ItemEvidence, *, told: bool) -> bool:
    """Hours by themselves, of what is done at school, ask for no second judgement."""
    return not told or item.hours is None


def _too_short(part: parts.SubmittedPart | parts.GradedPart, item: ItemEvidence) -> bool:
    return part.min_words is not None and (item.words or 0) < part.min_words


def _best(items: Sequence[ItemEvidence]) -> tuple[Fraction | None, list[tuple[ItemEvidence, str]]]:
    """The best mark; and the items whose mark is none."""
    best: Fraction | None = None
    ignored = []
    for item in items:
        mark = measured(item.mark, 100)
        if mark is not None:
            best = mark if best is None else max(best, mark)
        elif item.mark is not None:
            ignored.append((item, NO_NUMBER))
    return best, ignored


def _spread(certified: dict[str, set[str]]) -> int:
    """In how many dimensions these micro-abilities lie; one that was entered in two still makes up for one alone."""
    named = {dimension for dimensions in certified.values() for dimension in dimensions} - {""}
    return min(len(named), sum(dimensions != {""} for dimensions in certified.values()))


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
