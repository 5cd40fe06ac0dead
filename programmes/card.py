"""The score card (成绩单): an outcome in words and rounded numbers, each with the clause it comes from. Pure.

Points and hours are rounded down to hundredths, what is missing up to tenths, so that nothing looks reached before it is; what passes
is judged before rounding.
"""

import math
from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction

from msgspec import Struct

from programmes import sentences
from programmes.calendar import phase_at, phase_title, study_closes_at, study_open
from programmes.evidence import Evidence, exactly
from programmes.parts import GradedPart, MarkedPart, Paper
from programmes.schema import Module, Programme
from programmes.scoring import ModuleOutcome, Outcome, PartOutcome, Scorer


class ModuleCard(Struct, frozen=True):
    """Hours are credit hours: earned at all (`credited`), counted towards the requirement, and still missing."""

    key: str
    title: str
    clause: str
    assumed: str
    hours_required: float
    hours_credited: float
    hours_counted: float
    hours_missing: float
    #: Those of the parts that belong to this module.
    points: float
    points_max: float


class PartCard(Struct, frozen=True):
    """One part (考核项). `best`: what it can still come to. `says`: the reckoning in Chinese. `ignored`: what does not count, and why."""

    key: str
    kind: str
    title: str
    clause: str
    assumed: str
    module: str | None
    dimension: str | None
    points: float
    points_max: float
    best: float
    says: str
    missing: str
    ignored: tuple[str, ...]


class DimensionCard(Struct, frozen=True):
    key: str
    title: str
    clause: str
    points: float
    mark: float
    passed: bool


class PaperCard(Struct, frozen=True):
    """A paper that may become due. `blocked`: why not yet; empty: it may be printed."""

    key: str
    title: str
    clause: str
    due: bool
    blocked: tuple[str, ...]


class ScoreCard(Struct, frozen=True):
    """成绩单."""

    programme: str
    version: int
    title: str
    on: datetime
    phase: str | None
    phase_title: str
    study_open: bool
    study_closes_at: datetime | None
    modules: tuple[ModuleCard, ...]
    parts: tuple[PartCard, ...]
    dimensions: tuple[DimensionCard, ...]
    hours_required: float
    hours_credited: float
    hours_counted: float
    score: float
    total: float
    pass_mark: float
    passed: bool
    #: Why it passes or does not, in Chinese, with the clause.
    why: str
    #: The most that can still be reached, and whether that passes.
    best: float
    can_pass: bool
    credits: float | None
    papers: tuple[PaperCard, ...]
    exempt: str
    #: What is still missing: one sentence a module, part and condition.
    missing: tuple[str, ...]
    #: The same in one sentence: 还差 3.2 学时、1 篇作业；作业须优秀.
    summary: str
    note: str


class LeaderCard(Struct, frozen=True):
    """坊主考核成绩."""

    parts: tuple[PartCard, ...]
    score: float
    total: float
    pass_mark: float
    passed: bool
    why: str


def score(programme: Programme, evidence: Evidence, on: datetime) -> ScoreCard:
    """The card as it stands `on` an aware moment."""
    return card(programme, Scorer(programme).outcome(evidence, on))


def card(programme: Programme, outcome: Outcome) -> ScoreCard:
    """The outcome in words. Raises nothing."""
    on = outcome.on
    phase = phase_at(programme, on)
    closes = study_closes_at(programme, on)
    hour = programme.hours.hour_seconds
    modules = tuple(
        _module(programme, module, had, outcome.parts)
        for module, had in zip(programme.modules, outcome.modules, strict=True)
    )
    return ScoreCard(
        programme=programme.id,
        version=programme.version,
        title=programme.title,
        on=on,
        phase=phase.key if phase else None,
        phase_title=phase_title(programme, on),
        study_open=study_open(programme, on),
        study_closes_at=closes,
        modules=modules,
        parts=tuple(part_card(programme, part) for part in outcome.parts),
        dimensions=tuple(
            DimensionCard(side.key, side.title, side.clause, down(points), side.mark, points >= exactly(side.mark))
            for side in programme.pass_rule.dimensions
            for points in (outcome.dimensions[side.key],)
        ),
        hours_required=programme.hours_required,
        hours_credited=down(Fraction(outcome.seconds, hour)),
        hours_counted=down(outcome.counted / hour),
        score=down(outcome.score),
        total=programme.pass_rule.total,
        pass_mark=programme.pass_rule.mark,
        passed=outcome.passed,
        why=sentences.why(programme.pass_rule, outcome),
        best=down(outcome.best),
        can_pass=outcome.can_pass,
        credits=None if outcome.credits is None else down(outcome.credits),
        papers=tuple(_paper(paper, outcome) for paper in programme.papers if paper.role == "teacher"),
        exempt=outcome.standing.exempt,
        missing=tuple(_missing(programme, modules, outcome, over=closes is None)),
        summary=summary(programme, modules, outcome),
        note=sentences.note(outcome),
    )


def leader_card(programme: Programme, outcome: Outcome) -> LeaderCard:
    """The outcome of Scorer.leader in words. Raises ValueError where the notice does not assess leaders."""
    if programme.leader is None:
        raise ValueError(f"{programme.id} does not assess workshop leaders")
    rule = programme.leader.pass_rule
    return LeaderCard(
        parts=tuple(part_card(programme, part) for part in outcome.parts),
        score=down(outcome.score),
        total=rule.total,
        pass_mark=rule.mark,
        passed=outcome.passed,
        why=sentences.why(rule, outcome),
    )


def part_card(programme: Programme, part: PartOutcome) -> PartCard:
    of = part.part
    return PartCard(
        key=of.key,
        kind=type(of).__struct_config__.tag,  # type: ignore[arg-type]
        title=of.title,
        clause=of.clause,
        assumed=of.assumed,
        module=of.module,
        dimension=of.dimension,
        points=down(part.points),
        points_max=of.points,
        best=down(part.best),
        says=sentences.reckoning(programme, part),
        missing=sentences.missing_part(part),
        ignored=tuple(sentences.ignored(programme, part, item, why) for item, why in part.ignored),
    )


def summary(programme: Programme, modules: tuple[ModuleCard, ...], outcome: Outcome) -> str:
    """还差 3.2 学时、1 篇作业；作业须优秀. What is missing in one line, and what of it still passes."""
    if outcome.standing.exempt:
        return f"已免修：{outcome.standing.exempt}"
    if outcome.passed:
        return "已合格"
    if not outcome.can_pass:
        return f"最高只能到 {sentences.number(outcome.best)} 分，已不能合格"
    hours = _tenths(sum((exactly(module.hours_missing) for module in modules), Fraction(0)))
    things = [f"{hours:g} 学时"] if hours else []
    things += [short for part in outcome.parts if part.open for short in [sentences.short(part)] if short]
    waiting = [part.part.title for part in outcome.parts if part.earned.waiting]
    said = "还差 " + "、".join(things) if things else ""
    if waiting:
        said += ("；" if said else "") + "、".join(waiting) + "等待评定"
    musts = [must for part in outcome.parts for must in [_must(programme, part, outcome)] if must]
    return "；".join([said or "还差分数", *musts])


def down(value: Fraction) -> float:
    """Rounded down to hundredths."""
    return math.floor(value * 100) / 100


def _tenths(value: Fraction) -> float:
    """Rounded up to tenths."""
    return math.ceil(value * 10) / 10


def _module(programme: Programme, module: Module, had: ModuleOutcome, parts: list[PartOutcome]) -> ModuleCard:
    hour = programme.hours.hour_seconds
    own = [part for part in parts if part.part.module == module.key]
    return ModuleCard(
        key=module.key,
        title=module.title,
        clause=module.clause,
        assumed=module.assumed,
        hours_required=module.hours,
        hours_credited=down(Fraction(had.seconds, hour)),
        hours_counted=down(had.counted / hour),
        hours_missing=_tenths((had.need - had.counted) / hour) if module.place == "study" else 0.0,
        points=down(sum((part.points for part in own), Fraction(0))),
        points_max=sum(part.part.points for part in own),
    )


def _paper(paper: Paper, outcome: Outcome) -> PaperCard:
    blocked = tuple(sentences.blocks(paper, outcome))
    return PaperCard(paper.key, paper.title, paper.clause, not blocked, blocked)


def _missing(programme: Programme, modules: tuple[ModuleCard, ...], outcome: Outcome, *, over: bool) -> Iterator[str]:
    short = [module for module in modules if module.hours_missing]
    for module in short:
        yield f"{module.title}还差 {module.hours_missing:g} 学时"
    for of, had in zip(programme.modules, outcome.modules, strict=True):
        need = of.selection
        if need and had.abilities < need.abilities:
            yield (f"{of.title}要有 {need.abilities} 个微能力点各满 {need.hours_each:g} 学时，现有 {had.abilities} 个")
    yield from (missing for part in outcome.parts for missing in [sentences.missing_part(part)] if missing)
    for condition in outcome.unmet:
        yield f"{condition.title}（{condition.clause or '假定'}）"
    if short and over and not programme.calendar.make_up:
        yield "学习时间已经结束，不能补学"


def _must(programme: Programme, part: PartOutcome, outcome: Outcome) -> str:
    """What this part must come to for the whole to pass, all others at their best; "" where anything does."""
    if part.best <= part.points:
        return ""
    need = exactly(programme.pass_rule.mark) - (outcome.best - part.best)
    of = part.part
    if isinstance(of, GradedPart):
        good = [grade for grade, points in of.grades.items() if exactly(points) >= need]
        if len(good) == len(of.grades):
            return ""
        return f"{of.title}须{good[0]}" if len(good) == 1 else f"{of.title}须{good[-1]}以上"
    if isinstance(of, MarkedPart) and need > 0:
        return f"{of.title}须 {sentences.number_up(need * 100 / exactly(of.points))} 分以上"
    return ""
