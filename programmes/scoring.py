"""What credited seconds are worth: (programme, evidence, on a moment) → score card. Pure, exact inside, rounded only for people.

Counted so far: the hours of courses. Activities and homework are on the card as not yet counted.
More evidence never lowers a number; the order of evidence does not matter; nothing exceeds the notice's own maximum.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from fractions import Fraction

from msgspec import Struct

from programmes.calendar import phase_at, phase_title, study_closes_at, study_open
from programmes.schema import HourRule, Module, Programme


class LessonEvidence(Struct, frozen=True):
    """`credited` distinct media seconds of a lesson that lasts `duration`; `lesson` only tells lessons apart."""

    module: str
    lesson: str | int
    duration: int
    credited: int


class NotCounted(Struct, frozen=True):
    """A part of the score that this system does not count yet. `kind`: activity or homework."""

    kind: str
    title: str
    points: float
    clause: str


class ModuleCard(Struct, frozen=True):
    """Hours are credit hours: earned at all (`credited`), counted towards the requirement, and still missing (rounded up)."""

    key: str
    title: str
    clause: str
    hours_required: float
    hours_credited: float
    hours_counted: float
    hours_missing: float
    points: float
    points_max: float
    not_counted: tuple[NotCounted, ...]


class ScoreCard(Struct, frozen=True):
    """成绩单. Points and hours are rounded down to hundredths; `passed` is judged before rounding."""

    programme: str
    version: int
    title: str
    on: datetime
    phase: str | None
    phase_title: str
    study_open: bool
    study_closes_at: datetime | None
    modules: tuple[ModuleCard, ...]
    hours_required: float
    hours_credited: float
    hours_counted: float
    score: float
    total: float
    pass_mark: float
    passed: bool
    missing: tuple[str, ...]
    note: str


def score(programme: Programme, evidence: Iterable[LessonEvidence], on: datetime) -> ScoreCard:
    """The card as it stands `on` an aware moment. Evidence for modules the programme does not have is ignored."""
    seconds = seconds_by_module(programme.hours, evidence)
    parts = [_Part(programme, module, seconds.get(module.key, 0)) for module in programme.modules]
    cards = tuple(part.card() for part in parts)
    exact = sum((part.points for part in parts), Fraction(0))
    phase = phase_at(programme, on)
    closes = study_closes_at(programme, on)
    hour = programme.hours.hour_seconds
    return ScoreCard(
        programme=programme.id,
        version=programme.version,
        title=programme.title,
        on=on,
        phase=phase.key if phase else None,
        phase_title=phase_title(programme, on),
        study_open=study_open(programme, on),
        study_closes_at=closes,
        modules=cards,
        hours_required=programme.hours_required,
        hours_credited=_down(Fraction(sum(part.seconds for part in parts), hour)),
        hours_counted=_down(sum((part.counted for part in parts), Fraction(0)) / hour),
        score=_down(exact),
        total=programme.pass_rule.total,
        pass_mark=programme.pass_rule.mark,
        passed=exact >= _exactly(programme.pass_rule.mark),
        missing=tuple(_missing(programme, cards, over=closes is None)),
        note=_note(cards),
    )


def seconds_by_module(rule: HourRule, evidence: Iterable[LessonEvidence]) -> Mapping[str, int]:
    """Seconds that count as study, by module: a lesson named twice counts once, with the most that was credited."""
    best: dict[tuple[str, str | int], int] = {}
    for item in evidence:
        key = (item.module, item.lesson)
        best[key] = max(best.get(key, 0), lesson_seconds(rule, item))
    totals: dict[str, int] = {}
    for (module, _), worth in best.items():
        totals[module] = totals.get(module, 0) + worth
    return totals


def lesson_seconds(rule: HourRule, item: LessonEvidence) -> int:
    """Seconds one lesson is worth: those credited, or with on_completion the whole lesson or nothing."""
    credited = max(0, min(item.credited, item.duration))
    if rule.credit == "pro_rata":
        return credited
    return item.duration if credited >= _exactly(rule.completion) * item.duration else 0


class _Part:
    """One module's share: `seconds` earned, those `counted` towards the `need`, and the points they make."""

    def __init__(self, programme: Programme, module: Module, seconds: int) -> None:
        self.module = module
        self.seconds = seconds
        self.hour = programme.hours.hour_seconds
        self.need = _exactly(module.hours) * self.hour
        self.counted = min(Fraction(seconds), self.need)
        self.points = self._points(_exactly(module.courses.points))

    def _points(self, most: Fraction) -> Fraction:
        if not self.need:
            return most
        if self.module.courses.rule == "all_hours":
            return most if self.counted == self.need else Fraction(0)
        return most * self.counted / self.need

    def card(self) -> ModuleCard:
        module = self.module
        return ModuleCard(
            key=module.key,
            title=module.title,
            clause=module.clause,
            hours_required=module.hours,
            hours_credited=_down(Fraction(self.seconds, self.hour)),
            hours_counted=_down(self.counted / self.hour),
            hours_missing=math.ceil((self.need - self.counted) / self.hour * 10) / 10,
            points=_down(self.points),
            points_max=module.courses.points,
            not_counted=tuple(
                [NotCounted("activity", item.title, item.points, item.clause) for item in module.activities]
                + [NotCounted("homework", item.title, item.points, item.clause) for item in module.homework]
            ),
        )


def _missing(programme: Programme, cards: Iterable[ModuleCard], *, over: bool) -> Iterator[str]:
    short = [card for card in cards if card.hours_missing]
    for card in short:
        yield f"{card.title}还差 {card.hours_missing:g} 学时"
    if short and over and not programme.calendar.make_up:
        yield "学习时间已经结束，不能补学"


def _note(cards: Iterable[ModuleCard]) -> str:
    points = sum(part.points for card in cards for part in card.not_counted)
    return f"活动和作业的得分尚未计入，最多还有 {points:g} 分" if points else ""


def _exactly(value: float) -> Fraction:
    """The decimal that the file shows: 0.95 is 95/100, not its nearest binary neighbour."""
    return Fraction(str(value))


def _down(value: Fraction) -> float:
    """Rounded down to hundredths, so that nothing looks reached before it is."""
    return math.floor(value * 100) / 100
