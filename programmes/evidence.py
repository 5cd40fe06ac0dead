"""What a teacher can show: seconds of lessons, things handed in, grades, certificates, and how the person stands. Pure data.

The order of evidence never matters, and none of it is counted twice: a lesson or an item named twice counts as its better self.
"""

import math
from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction
from functools import lru_cache

from msgspec import Struct

from programmes.schema import HourRule


class LessonEvidence(Struct, frozen=True):
    """`credited` distinct media seconds of a lesson that lasts `duration`; `lesson` only tells lessons apart.

    `ability` (微能力点) and `dimension` (维度) are those of its course.
    """

    module: str
    lesson: str | int
    duration: int
    credited: int
    ability: str = ""
    dimension: str = ""


class ItemEvidence(Struct, frozen=True, kw_only=True):
    """One item of a part: `at` when it was handed in or took place (aware), and whatever is known of it.

    words: as programmes.words counts them. mark: 0 to 100, or a rate in per cent. hours: attended. count: so many in one (default 1).
    A number that cannot be one (not finite, negative, beyond its measure) is no evidence.
    """

    part: str
    at: datetime
    item: str = ""
    words: int | None = None
    grade: str | None = None
    passed: bool | None = None
    mark: float | None = None
    count: int | None = None
    hours: float | None = None
    dimension: str = ""


class Standing(Struct, frozen=True, kw_only=True):
    """How the person stands. leader: guides a workshop of this programme. honours: keys of papers on whose frozen list the person is.

    exempt: the certificate that exempts, "" for none. paid: the school's payment is confirmed.
    """

    leader: bool = False
    honours: frozenset[str] = frozenset()
    exempt: str = ""
    paid: bool = False


class Evidence(Struct, frozen=True):
    """All of one enrolment."""

    lessons: tuple[LessonEvidence, ...] = ()
    items: tuple[ItemEvidence, ...] = ()
    standing: Standing = Standing()


class Tally(Struct):
    """Seconds that count as study, by module, and by module and micro-ability."""

    modules: dict[str, int]
    abilities: dict[tuple[str, str], int]


def tally(rule: HourRule, lessons: Iterable[LessonEvidence]) -> Tally:
    """A lesson named twice counts once, with the most that was credited."""
    best: dict[tuple[str, str | int], int] = {}
    taught: dict[tuple[str, str, str | int], int] = {}
    for item in lessons:
        worth = lesson_seconds(rule, item)
        lesson = (item.module, item.lesson)
        best[lesson] = max(best.get(lesson, 0), worth)
        if item.ability:
            course = (item.module, item.ability, item.lesson)
            taught[course] = max(taught.get(course, 0), worth)
    total = Tally({}, {})
    for (module, _), worth in best.items():
        total.modules[module] = total.modules.get(module, 0) + worth
    for (module, ability, _), worth in taught.items():
        total.abilities[module, ability] = total.abilities.get((module, ability), 0) + worth
    return total


def lesson_seconds(rule: HourRule, item: LessonEvidence) -> int:
    """Seconds one lesson is worth: those credited, or with on_completion the whole lesson or nothing."""
    credited = max(0, min(item.credited, item.duration))
    if rule.credit == "pro_rata":
        return credited
    return item.duration if credited and credited >= exactly(rule.completion) * item.duration else 0


@lru_cache(maxsize=4096)
def exactly(value: float) -> Fraction:
    """The decimal that is written: 0.95 is 95/100, not its nearest binary neighbour. Raises ValueError unless it is finite."""
    return Fraction(str(value))


def measured(value: float | None, most: int) -> Fraction | None:
    """The decimal, where it is a number from 0 to `most`; else None."""
    if value is None or not math.isfinite(value) or not 0 <= value <= most:
        return None
    return exactly(value)
