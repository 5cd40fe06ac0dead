"""Bands (分档) as they are printed: what no step covers, and what two cover."""

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

from programmes import parts
from programmes.basics import Band
from programmes.evidence import exactly
from programmes.lint.finding import Finding, Findings, clause_of, num
from programmes.lint.points import tables
from programmes.parts import Credits, Part, RatedPart
from programmes.schema import Programme

#: From, to, and a value between that shows it.
_Hole = tuple[Fraction, Fraction, Fraction]


def of_programme(programme: Programme) -> Findings:
    for table in tables(programme):
        for part in table.parts:
            if isinstance(part, RatedPart):
                yield from _scale(
                    part.bands, table.at(part), f"“{part.title}”", part.key, clause_of(part), "%", Fraction(100)
                )
    given = programme.credits
    if given:
        whole = all(_whole(part) for part in programme.parts)
        top = exactly(programme.pass_rule.total)
        yield from _scale(
            given.bands, "credits", f"“{given.title}”", "credits", clause_of(given), " 分", top, whole=whole
        )
        yield from _credits(programme, given)


def _scale(
    bands: Sequence[Band],
    at: str,
    name: str,
    name_en: str,
    clause: str,
    unit: str,
    top: Fraction,
    *,
    whole: bool = False,
) -> Findings:
    """`top`: the greatest value there is; `whole`: only whole values occur."""
    steps = sorted(bands, key=lambda band: band.least)
    gaps = [hole for hole in _gaps(steps, top) if not whole or _whole_between(hole)]
    if gaps:
        said = "，".join(f"{num(a)}{unit}与 {num(b)}{unit}之间（如 {num(x)}{unit}）" for a, b, x in gaps)
        said_en = ", ".join(f"between {num(a)} and {num(b)} (such as {num(x)})" for a, b, x in gaps)
        yield Finding(
            "band_gap",
            at,
            clause,
            f"{name}的分档 {_printed(steps, unit)} 没有说到 {said}：落在其中的该得多少，通知没有规定；现按低一档计。",
            f"The bands of {name_en}, {_printed(steps, '')}, say nothing {said_en}; such a value is taken for the lower step.",
        )
    doubled = list(_overlaps(steps))
    if doubled:
        said = "，".join(
            f"{num(a)}{unit}" if a == b else f"{num(a)}{unit}至 {num(b)}{unit}（如 {num(x)}{unit}）"
            for a, b, x in doubled
        )
        said_en = ", ".join(f"{num(a)} to {num(b)} (such as {num(x)})" if a != b else num(a) for a, b, x in doubled)
        yield Finding(
            "band_overlap",
            at,
            clause,
            f"{name}的分档 {_printed(steps, unit)} 中 {said} 同时属于两档：该得多少有两种说法；现按高一档计。",
            f"The bands of {name_en}, {_printed(steps, '')}, hold {said_en} twice; such a value is taken for the higher step.",
        )


def _gaps(steps: Sequence[Band], top: Fraction) -> Iterator[_Hole]:
    for lower, upper in pairwise(steps):
        start = exactly(upper.least)
        if lower.most is not None and exactly(lower.most) < start:
            yield exactly(lower.most), start, _between(exactly(lower.most), start)
        elif lower.most is None and lower.below is not None and exactly(lower.below) < start:
            yield exactly(lower.below), start, exactly(lower.below)
    last = steps[-1]
    if last.most is not None and exactly(last.most) < top:
        yield exactly(last.most), top, top
    elif last.most is None and last.below is not None and exactly(last.below) <= top:
        yield exactly(last.below), top, top


def _overlaps(steps: Sequence[Band]) -> Iterator[_Hole]:
    for lower, upper in pairwise(steps):
        start = exactly(upper.least)
        if lower.most is not None and exactly(lower.most) >= start:
            yield start, exactly(lower.most), start
        elif lower.most is None and lower.below is not None and exactly(lower.below) > start:
            yield start, exactly(lower.below), start


def _between(low: Fraction, high: Fraction) -> Fraction:
    """69.5 between 69 and 70: the middle, in few decimals where that is still between."""
    middle = (low + high) / 2
    short = Fraction(math.floor(middle * 10), 10)
    return short if low < short < high else middle


def _whole_between(hole: _Hole) -> bool:
    low, high, shown = hole
    return shown.denominator == 1 or math.floor(low) + 1 < high


def _printed(steps: Sequence[Band], unit: str) -> str:
    return "、".join(
        f"{num(step.least)}–{num(step.most)}{unit}"
        if step.most is not None
        else f"{num(step.least)}{unit}≤…<{num(step.below)}{unit}"
        if step.below is not None
        else f"≥{num(step.least)}{unit}"
        for step in steps
    )


def _whole(part: Part) -> bool:
    """Whether the part only ever earns whole points."""
    values: list[float] = [part.points]
    if isinstance(part, parts.CoursesPart) and part.rule == "per_hour":
        return False
    if isinstance(part, parts.MarkedPart | parts.AttendedPart):
        return False
    if isinstance(part, parts.GradedPart):
        values += part.grades.values()
    elif isinstance(part, RatedPart):
        values += [band.value for band in part.bands]
    elif isinstance(part, parts.CertifiedPart | parts.SubmittedPart) and part.each is not None:
        values.append(part.each)
    return all(exactly(value).denominator == 1 for value in values)


def _credits(programme: Programme, given: Credits) -> Findings:
    """Whether the scale of credits ends where the notice says and begins where one passes."""
    most = max(exactly(band.value) for band in given.bands)
    if most != exactly(given.total):
        yield Finding(
            "credits_total",
            "credits",
            clause_of(given),
            f"通知写共计 {num(given.total)} 学分，而分档最高只有 {num(most)} 学分：没有教师能得到 {num(given.total)} 学分。",
            f"The notice says {num(given.total)} credits, but its highest step gives {num(most)}: nobody gets them all.",
        )
    first = min((exactly(band.least) for band in given.bands if band.value), default=None)
    mark = exactly(programme.pass_rule.mark)
    if first is None or first > mark:
        begin, begin_en = (
            ("没有一档给学分", "no step gives any")
            if first is None
            else (f"学分从 {num(first)} 分起计", f"credits begin at {num(first)}")
        )
        yield Finding(
            "credits_above_pass",
            "credits",
            clause_of(given, programme.pass_rule),
            f"{num(mark)} 分合格，{begin}：刚合格的教师得 0 学分。",
            f"{num(mark)} points pass, but {begin_en}: a teacher may pass and get no credit.",
        )
