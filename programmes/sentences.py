"""The Chinese sentences of a score card, one function a question. Pure."""

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from programmes import parts
from programmes.evidence import ItemEvidence, exactly
from programmes.outcome import Outcome, PartOutcome
from programmes.parts import Paper, Part, PassRule
from programmes.schema import Programme

_IGNORED = {
    "early": "早于开始时间，不计",
    "late": "晚于截止时间，不计",
    "between": "不在学习时间内，不计",
    "not_yet": "在查看时刻之后，尚未计入",
    "too_short": "字数不足，不计",
    "unknown_grade": "没有这个等级，不计",
    "not_passed": "评定为不合格，不计分",
    "no_number": "填写的数不是有效的数，不计",
}


def number(value: Fraction) -> str:
    """Rounded down to hundredths, without zeros at the end."""
    return _plain(math.floor(value * 100), 100)


def number_up(value: Fraction) -> str:
    """Rounded up to hundredths."""
    return _plain(math.ceil(value * 100), 100)


def tenths(value: Fraction) -> str:
    """Rounded up to tenths."""
    return _plain(math.ceil(value * 10), 10)


def rounded_down(value: Fraction) -> float:
    """To hundredths, as points and hours are shown."""
    return math.floor(value * 100) / 100


def rounded_up(value: Fraction) -> float:
    """To tenths, as what is missing is shown."""
    return math.ceil(value * 10) / 10


def _plain(steps: int, whole: int) -> str:
    return str(steps // whole) if steps % whole == 0 else str(steps / whole)


def noun(part: Part) -> str:
    """What the part's title calls the thing: 作业 of 作业“我的培训总结”."""
    return part.title.split("“", 1)[0].strip() or part.title


def unit(part: parts.SubmittedPart) -> str:
    """How things handed in are counted: texts by 篇, taking part by 次."""
    return "篇" if part.min_words else "次"


def reckoning(programme: Programme, part: PartOutcome) -> str:
    """How the points came about: 15 学时计 20 分，已计 7.5 学时，得 10 分."""
    of, earned = part.part, part.earned
    got = f"得 {number(earned.points)} 分（满分 {of.points:g} 分）"
    return f"{_RECKONINGS[type(of)](programme, of, part)}，{got}"


def _courses(programme: Programme, of: parts.CoursesPart, part: PartOutcome) -> str:
    hour = programme.hours.hour_seconds
    have, need = number(part.earned.have / hour), number(part.earned.need / hour)
    rule = "全部学完才得分" if of.rule == "all_hours" else "按学时比例"
    return f"需 {need} 学时，已计 {have} 学时，{rule}"


def _submitted(_: Programme, of: parts.SubmittedPart, part: PartOutcome) -> str:
    have, need = number(part.earned.have), number(part.earned.need)
    if of.each is not None:
        return f"每{unit(of)} {of.each:g} 分，有效 {have} {unit(of)}"
    return (
        ("已提交" if part.earned.told else "未提交")
        if of.least == 1
        else f"需 {need} {unit(of)}，有效 {have} {unit(of)}"
    )


def _graded(_: Programme, _of: parts.GradedPart, part: PartOutcome) -> str:
    if part.earned.grade:
        return f"批阅为{part.earned.grade}"
    return "已提交，等待批阅" if part.earned.waiting else "未提交"


def _certified(_: Programme, of: parts.CertifiedPart, part: PartOutcome) -> str:
    said = f"每个 {of.each:g} 分，已认证 {int(part.earned.have)} 个，需 {of.count} 个"
    return f"{said}，{part.earned.waiting} 个等待认证" if part.earned.waiting else said


def _assessed(_: Programme, _of: parts.AssessedPart, part: PartOutcome) -> str:
    if part.earned.have:
        return "考核合格"
    return "等待考核" if part.earned.waiting else "考核不合格" if part.earned.told else "还没有考核结果"


def _marked(_: Programme, of: parts.MarkedPart, part: PartOutcome) -> str:
    if not part.earned.told:
        return f"还没有考核结果，按权重 {of.points:g}% 折算"
    return f"考核 {number(part.earned.have)} 分，按权重 {of.points:g}% 折算"


def _attended(_: Programme, of: parts.AttendedPart, part: PartOutcome) -> str:
    return f"需 {of.hours:g} 学时，已参加 {number(part.earned.have)} 学时"


def _rated(_: Programme, _of: parts.RatedPart, part: PartOutcome) -> str:
    return f"比例 {number(part.earned.have)}%" if part.earned.told else "还没有统计比例"


_RECKONINGS: dict[type[Part], Callable[[Programme, Any, PartOutcome], str]] = {
    parts.CoursesPart: _courses,
    parts.SubmittedPart: _submitted,
    parts.GradedPart: _graded,
    parts.CertifiedPart: _certified,
    parts.AssessedPart: _assessed,
    parts.MarkedPart: _marked,
    parts.AttendedPart: _attended,
    parts.RatedPart: _rated,
}


def missing_part(part: PartOutcome) -> str:
    """What a part still lacks; courses are told by module."""
    of, earned = part.part, part.earned
    if isinstance(of, parts.CoursesPart) or earned.points == part.most:
        return ""
    if isinstance(of, parts.SubmittedPart | parts.CertifiedPart | parts.AttendedPart):
        return f"{of.title}还差 {number_up(earned.need - earned.have)} {_units(of, earned.waiting)}"
    if earned.waiting:
        return f"{of.title}等待{'批阅' if isinstance(of, parts.GradedPart) else '考核'}"
    if not earned.told:
        return f"还没有提交{of.title}" if isinstance(of, parts.GradedPart) else f"{of.title}还没有结果"
    return f"{of.title}不合格" if isinstance(of, parts.AssessedPart) else ""


def _units(of: parts.SubmittedPart | parts.CertifiedPart | parts.AttendedPart, waiting: int) -> str:
    if isinstance(of, parts.CertifiedPart):
        return f"个（{waiting} 个等待认证）" if waiting else "个"
    return unit(of) if isinstance(of, parts.SubmittedPart) else "学时"


def ignored(programme: Programme, part: PartOutcome, item: ItemEvidence, why: str) -> str:
    """Which item does not count, and why."""
    moment = item.at.astimezone(programme.zone)
    detail = ""
    if why == "too_short":
        detail = f"（{item.words or 0} 字，要求 {getattr(part.part, 'min_words', 0)} 字以上）"
    if why == "unknown_grade":
        detail = f"（{item.grade}）"
    name = f"“{item.item}”" if item.item else ""
    return f"{part.part.title}{name} {moment:%Y-%m-%d %H:%M} 的记录{_IGNORED[why]}{detail}"


def why(rule: PassRule, outcome: Outcome) -> str:
    """Why it passes or does not."""
    where = f"（{rule.clause}）" if rule.clause else ""
    if outcome.standing.exempt:
        return f"已免修：{outcome.standing.exempt}"
    if outcome.relieved:
        return "兼任坊主，视频学时已达到优惠要求，视为合格"
    reasons = []
    if outcome.score < exactly(rule.mark):
        reasons.append(f"{number(outcome.score)} 分，未达到 {rule.mark:g} 分{where}")
    reasons += [
        f"{side.title} {number(outcome.dimensions[side.key])} 分，未达到 {side.mark:g} 分（{side.clause or '假定'}）"
        for side in rule.dimensions
        if outcome.dimensions[side.key] < exactly(side.mark)
    ]
    reasons += [
        f"{part.part.title}没有得满分（{part.part.clause or '假定'}）"
        for part in outcome.parts
        if (rule.every_part or part.part.required) and part.points < exactly(part.part.points)
    ]
    reasons += [f"未满足：{condition.title}（{condition.clause or '假定'}）" for condition in outcome.unmet]
    if reasons:
        return "不合格：" + "；".join(reasons)
    return f"{number(outcome.score)} 分，达到 {rule.mark:g} 分，合格{where}"


def blocks(paper: Paper, outcome: Outcome) -> Iterator[str]:
    """What keeps a paper from being printed."""
    if outcome.standing.exempt:
        yield "已免修，不发本项目的证书"
        return
    if (
        not outcome.passed and paper.key not in outcome.standing.honours
    ):  # a frozen list decides, whatever changes later
        yield "成绩尚未合格"
    if paper.honour and paper.key not in outcome.standing.honours:
        yield "不在评优名单上，或名单尚未公布"
    if paper.after_payment and not outcome.standing.paid:
        yield "学校尚未确认缴费"


def note(outcome: Outcome) -> str:
    """What the card leaves out."""
    keys = sorted({item.part for item in outcome.unknown})
    return f"不属于本项目的记录没有计入：{'、'.join(keys)}" if keys else ""
