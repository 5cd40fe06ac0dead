"""What may be said of an item of each kind of part: a grade, passed or not, a mark, hours, how many. Pure."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from programmes import parts
from programmes.parts import Part
from services.errors import Invalid

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
#: More of one item at once is a slip of the pen.
MOST_COUNT = 1000


@dataclass(frozen=True)
class Judgement:
    """Only what the part's kind asks for may be set. mark: 0 to 100, or a rate in per cent. hours: credit hours."""

    grade: str | None = None
    passed: bool | None = None
    mark: float | None = None
    hours: float | None = None
    count: int | None = None
    dimension: str = ""


def columns(part: Part, judgement: Judgement) -> dict[str, Any]:
    """The columns that it sets. Raises Invalid (the field, with what is allowed)."""
    if type(part) not in _CHECKS:
        raise Invalid.field("part", f"{part.title}由平台计算，不能登记")
    names, check = _CHECKS[type(part)]
    for name, called in _CALLED.items():
        if getattr(judgement, name) is not None and name not in names:
            right = "或".join(_CALLED[right] for right in names)
            raise Invalid.field(name, f"{part.title}不登记{called}，应登记{right}")
    check(part, judgement)
    if judgement.dimension and not isinstance(part, parts.CertifiedPart):
        raise Invalid.field("dimension", f"{part.title}没有维度")
    return {name: getattr(judgement, name) for name in names}


def comment(text: str, *, required: bool = False) -> str:
    """A comment for the teacher, without blanks at its ends. Raises Invalid."""
    text = text.strip()
    if len(text) > 500 or _CONTROL.search(text):
        raise Invalid.field("comment", "评语最多 500 字，不能有控制字符")
    if required and not text:
        raise Invalid.field("comment", "请写明退回的原因")
    return text


def allowed(part: Part) -> tuple[str, ...]:
    """The columns that a judgement of this kind of part sets, the usual one first; none where the platform reckons by itself."""
    return _CHECKS[type(part)][0] if type(part) in _CHECKS else ()


def _graded(part: parts.GradedPart, given: Judgement) -> None:
    if given.grade not in part.grades:
        raise Invalid.field("grade", f"等级应为：{'、'.join(part.grades)}")


def _passed(_part: Part, given: Judgement) -> None:
    if given.passed is None:
        raise Invalid.field("passed", "请填写合格或不合格")


def _marked(_part: Part, given: Judgement) -> None:
    mark = given.mark
    if mark is None or not math.isfinite(mark) or not 0 <= mark <= 100:
        raise Invalid.field("mark", "成绩应为 0 至 100" if mark is None else f"成绩 {mark:g} 不在 0 至 100 之间")


def _attended(part: parts.AttendedPart, given: Judgement) -> None:
    hours = given.hours
    if hours is None or not math.isfinite(hours) or hours <= 0:
        raise Invalid.field("hours", "学时应大于 0")
    if hours > part.hours:
        raise Invalid.field("hours", f"{hours:g} 学时超过本项的 {part.hours:g} 学时")


def _submitted(_part: Part, given: Judgement) -> None:
    if given.count is not None and not 1 <= given.count <= MOST_COUNT:
        raise Invalid.field("count", f"次数 {given.count} 不在 1 至 {MOST_COUNT} 之间")
    if given.count is None and given.passed is None:
        raise Invalid.field("passed", "请填写合格或不合格，或次数")


_CALLED = {"grade": "等级", "passed": "是否合格", "mark": "成绩", "hours": "学时", "count": "次数"}
#: What is set, the usual one first; and what it must be.
_CHECKS: dict[type, tuple[tuple[str, ...], Callable[[Any, Judgement], None]]] = {
    parts.SubmittedPart: (("passed", "count"), _submitted),
    parts.GradedPart: (("grade",), _graded),
    parts.CertifiedPart: (("passed",), _passed),
    parts.AssessedPart: (("passed",), _passed),
    parts.MarkedPart: (("mark",), _marked),
    parts.AttendedPart: (("hours",), _attended),
    parts.RatedPart: (("mark",), _marked),
}
