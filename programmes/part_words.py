"""What a part asks for, in one Chinese sentence, before anybody has done anything. Pure."""

from collections.abc import Callable
from typing import Any

from programmes import parts
from programmes.basics import Band
from programmes.parts import Part, PassRule
from programmes.schema import Programme
from programmes.sentences import unit


def asks(programme: Programme, part: Part) -> str:
    """需 60 学时，按学时比例计分"""
    said = _SAYS[type(part)](programme, part)
    return said + (f"；{part.until} 截止" if part.until else "") + ("；必须满分" if part.required else "")


def passes(rule: PassRule) -> str:
    """满分 100 分，达到 90 分为合格；须有 3 个维度"""
    said = [f"满分 {rule.total:g} 分，达到 {rule.mark:g} 分为合格"]
    if rule.every_part:
        said.append("每一项都要得满分")
    said += [f"{side.title}不少于 {side.mark:g} 分" for side in rule.dimensions]
    said += [condition.title for condition in rule.conditions]
    return "；".join(said)


def scale(bands: tuple[Band, ...], sign: str = "") -> str:
    """95% 以上 20 分，85% 以上 18 分"""
    high_first = sorted(bands, key=lambda band: -band.least)
    return "，".join(f"{band.least:g}{sign} 以上 {band.value:g} 分" for band in high_first)


def _courses(programme: Programme, of: parts.CoursesPart) -> str:
    hours = sum(module.hours for module in programme.modules if module.key in of.modules)
    return f"需 {hours:g} 学时，" + ("全部学完才得分" if of.rule == "all_hours" else "按学时比例计分")


def _submitted(_: Programme, of: parts.SubmittedPart) -> str:
    words = f"，每{unit(of)}不少于 {of.min_words} 字" if of.min_words else ""
    return (f"每{unit(of)} {of.each:g} 分" if of.each is not None else f"需 {of.least} {unit(of)}") + words


def _graded(_: Programme, of: parts.GradedPart) -> str:
    words = f"，不少于 {of.min_words} 字" if of.min_words else f"，{of.about_words} 字左右" if of.about_words else ""
    grades = "，".join(f"{grade} {points:g} 分" for grade, points in of.grades.items())
    return f"按等级计分：{grades}{words}" + ("，须为原创" if of.original else "")


def _certified(_: Programme, of: parts.CertifiedPart) -> str:
    return f"认证 {of.count} 个微能力点，每个 {of.each:g} 分"


def _assessed(_: Programme, _of: parts.AssessedPart) -> str:
    return "考核合格得满分"


def _marked(_: Programme, of: parts.MarkedPart) -> str:
    return f"百分制成绩，按 {of.points:g}% 折算"


def _attended(_: Programme, of: parts.AttendedPart) -> str:
    return f"线下 {of.hours:g} 学时，按比例计分"


def _rated(_: Programme, of: parts.RatedPart) -> str:
    return ("由平台统计：" if of.measure else "") + scale(of.bands, "%")


_SAYS: dict[type, Callable[[Programme, Any], str]] = {
    parts.CoursesPart: _courses,
    parts.SubmittedPart: _submitted,
    parts.GradedPart: _graded,
    parts.CertifiedPart: _certified,
    parts.AssessedPart: _assessed,
    parts.MarkedPart: _marked,
    parts.AttendedPart: _attended,
    parts.RatedPart: _rated,
}
