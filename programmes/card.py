"""The score card (成绩单): an outcome in words and rounded numbers, each with the clause it comes from. Pure.

Points and hours are rounded down to hundredths, what is missing up to tenths, so that nothing looks reached before it is; what passes
is judged before rounding.
"""

from datetime import datetime
from fractions import Fraction

from msgspec import Struct

from programmes import sentences
from programmes.calendar import phase_at, phase_title, study_closes_at, study_open, study_opens_at
from programmes.evidence import Evidence, exactly
from programmes.outcome import ModuleOutcome, Outcome, PartOutcome
from programmes.parts import Paper
from programmes.schema import Module, Programme
from programmes.scoring import Scorer
from programmes.sentences import rounded_down, rounded_up
from programmes.summary import missing, summary


class ModuleCard(Struct, frozen=True):
    """Hours are credit hours: earned at all (`credited`), counted towards the requirement, and still missing.

    What is done at school (校本研修) is missing until its hours are entered; it is no watching, and no sentence asks for it.
    """

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
    study_opens_at: datetime | None
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
        study_opens_at=study_opens_at(programme, on),
        study_closes_at=closes,
        modules=modules,
        parts=tuple(part_card(programme, part) for part in outcome.parts),
        dimensions=tuple(
            DimensionCard(
                side.key, side.title, side.clause, rounded_down(points), side.mark, points >= exactly(side.mark)
            )
            for side in programme.pass_rule.dimensions
            for points in (outcome.dimensions[side.key],)
        ),
        hours_required=programme.hours_required,
        hours_credited=rounded_down(Fraction(outcome.seconds, hour)),
        hours_counted=rounded_down(outcome.counted / hour),
        score=rounded_down(outcome.score),
        total=programme.pass_rule.total,
        pass_mark=programme.pass_rule.mark,
        passed=outcome.passed,
        why=sentences.why(programme.pass_rule, outcome),
        best=rounded_down(outcome.best),
        can_pass=outcome.can_pass,
        credits=None if outcome.credits is None else rounded_down(outcome.credits),
        papers=tuple(_paper(paper, outcome) for paper in programme.papers if paper.role == "teacher"),
        exempt=outcome.standing.exempt,
        missing=tuple(missing(programme, outcome, over=closes is None)),
        summary=summary(programme, outcome),
        note=sentences.note(outcome),
    )


def leader_card(programme: Programme, outcome: Outcome) -> LeaderCard:
    """The outcome of Scorer.leader in words. Raises ValueError where the notice does not assess leaders."""
    if programme.leader is None:
        raise ValueError(f"{programme.id} does not assess workshop leaders")
    rule = programme.leader.pass_rule
    return LeaderCard(
        parts=tuple(part_card(programme, part) for part in outcome.parts),
        score=rounded_down(outcome.score),
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
        points=rounded_down(part.points),
        points_max=of.points,
        best=rounded_down(part.best),
        says=sentences.reckoning(programme, part),
        missing=sentences.missing_part(part),
        ignored=tuple(sorted(sentences.ignored(programme, part, item, why) for item, why in part.ignored)),
    )


def _module(programme: Programme, module: Module, had: ModuleOutcome, parts: list[PartOutcome]) -> ModuleCard:
    hour = programme.hours.hour_seconds
    own = [part for part in parts if part.part.module == module.key]
    return ModuleCard(
        key=module.key,
        title=module.title,
        clause=module.clause,
        assumed=module.assumed,
        hours_required=module.hours,
        hours_credited=rounded_down(Fraction(had.seconds, hour)),
        hours_counted=rounded_down(had.counted / hour),
        hours_missing=rounded_up((had.need - had.counted) / hour),
        points=rounded_down(sum((part.points for part in own), Fraction(0))),
        points_max=sum(part.part.points for part in own),
    )


def _paper(paper: Paper, outcome: Outcome) -> PaperCard:
    blocked = tuple(sentences.blocks(paper, outcome))
    return PaperCard(paper.key, paper.title, paper.clause, not blocked, blocked)
