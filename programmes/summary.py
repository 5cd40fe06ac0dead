"""What is still missing, and what still passes: one sentence for each thing, and all of it in one line. Pure.

还差 3.2 学时、2 次研修活动、1 篇作业；作业须优秀
"""

from collections.abc import Iterator
from fractions import Fraction

from programmes import sentences
from programmes.calendar import study_closes_at
from programmes.evidence import exactly
from programmes.judging import Judge
from programmes.outcome import NOTHING, Outcome, PartOutcome, total
from programmes.parts import (
    AssessedPart,
    CertifiedPart,
    CoursesPart,
    GradedPart,
    MarkedPart,
    Part,
    RatedPart,
    SubmittedPart,
)
from programmes.schema import Programme
from programmes.sentences import noun, number, number_up, tenths


def missing(programme: Programme, outcome: Outcome, *, over: bool) -> Iterator[str]:
    """Sentences: what modules, parts and conditions still lack. `over`: study has ended. Who is exempt lacks nothing."""
    if outcome.standing.exempt:
        return
    short = False
    for module in programme.modules:
        hours = _hours_left(programme, [module.key], outcome)
        if hours:
            short = True
            yield f"{module.title}还差 {tenths(hours)} 学时"
    for module, had in zip(programme.modules, outcome.modules, strict=True):
        need = module.selection
        if need and had.abilities < need.abilities:
            yield f"{module.title}要有 {need.abilities} 个微能力点各满 {need.hours_each:g} 学时，现有 {had.abilities} 个"
    yield from (lacks for part in outcome.parts if (lacks := sentences.missing_part(part)))
    for condition in outcome.unmet:
        yield f"{condition.title}（{condition.clause or '假定'}）"
    if short and over and not programme.calendar.make_up:
        yield "学习时间已经结束，不能补学"


def summary(programme: Programme, outcome: Outcome) -> str:
    """One line: what is missing, what waits for somebody, and what it must come to for the whole to pass."""
    if outcome.standing.exempt:
        return f"已免修：{outcome.standing.exempt}"
    if outcome.passed:
        return "已合格"
    if not outcome.can_pass:
        return _hopeless(programme, outcome)
    said = list(_ways_by_points(programme, outcome)) if outcome.can_earn else []
    return "；".join([*said, *_ways_as_leader(programme, outcome)])


def _ways_by_points(programme: Programme, outcome: Outcome) -> Iterator[str]:
    things = list(_things(programme, outcome))
    waiting = [_short_name(part.part, programme) for part in outcome.parts if part.earned.waiting]
    if things:
        yield ("还差 " if things[0][0].isdigit() else "还差") + "、".join(things)
    if waiting:
        yield "、".join(waiting) + "等待评定"
    musts = list(_musts(programme, outcome))
    if not (things or waiting or musts):
        yield f"还差 {number_up(exactly(programme.pass_rule.mark) - outcome.score)} 分"
    yield from musts


def _things(programme: Programme, outcome: Outcome) -> Iterator[str]:
    """3.2 学时, 2 次研修活动, 1 篇作业: things of one name are added up."""
    keys = [module.key for module in programme.modules]
    hours = _hours_left(programme, keys, outcome) if _studying(programme, outcome) else NOTHING
    if hours:
        yield f"{tenths(hours)} 学时"
    for module, had in zip(programme.modules, outcome.modules, strict=True):
        need = module.selection
        if need and had.abilities < need.abilities and not hours:
            yield f"{need.abilities - had.abilities} 个微能力点的学时"
    counts: dict[str, Fraction] = {}
    for part in outcome.parts:
        if part.open and part.points < part.most:
            for what, count in _lacks(part):
                counts[what] = counts.get(what, NOTHING) + count
    for what, count in counts.items():
        yield f"{number_up(count)} {what}" if count else what


def _lacks(part: PartOutcome) -> Iterator[tuple[str, Fraction]]:
    """(次研修活动, 2): what is to be handed in; (校本研修考核, 0) where it is not counted."""
    of, earned = part.part, part.earned
    left = earned.need - earned.have
    if isinstance(of, CoursesPart) or earned.waiting:
        return
    if isinstance(of, GradedPart):
        if not earned.told:
            yield f"篇{noun(of)}", Fraction(1)
    elif isinstance(of, SubmittedPart):
        yield f"{sentences.unit(of)}{noun(of)}", left
    elif isinstance(of, CertifiedPart):
        yield f"个{of.title}", left
    elif isinstance(of, AssessedPart):
        yield of.title, NOTHING
    elif isinstance(of, MarkedPart | RatedPart):
        if not earned.told:
            yield of.title, NOTHING
    else:
        yield f"学时{noun(of)}", left


def _musts(programme: Programme, outcome: Outcome) -> Iterator[str]:
    """What parts must come to for the whole to pass, all others at their best; nothing where anything does."""
    judge = Judge(programme.pass_rule, programme.parts)
    bests = [part.best for part in outcome.parts]
    for place, part in enumerate(outcome.parts):
        need = judge.least_of(place, bests)
        if part.points < need and part.points < part.best:
            must = _must(part.part, need)
            if must:
                yield f"{_short_name(part.part, programme)}须{must}"
    for condition, place in judge.conditions:
        part = outcome.parts[place]
        if condition in outcome.unmet:
            yield f"{part.part.title}须有 {condition.least} 个维度，现有 {part.earned.spread} 个"


def _must(part: Part, need: Fraction) -> str:
    if isinstance(part, GradedPart):
        good = [grade for grade, points in part.grades.items() if exactly(points) >= need]
        if len(good) == len(part.grades):
            return ""
        return good[0] if len(good) == 1 else f"{good[-1]}以上"
    if isinstance(part, MarkedPart):
        return f" {number_up(need * 100 / exactly(part.points))} 分以上"
    return ""


def _short_name(part: Part, programme: Programme) -> str:
    """作业 where only one part is called so, else its whole title."""
    name = noun(part)
    return name if sum(noun(other) == name for other in programme.parts) == 1 else part.title


def _ways_as_leader(programme: Programme, outcome: Outcome) -> Iterator[str]:
    """A workshop leader who also learns has less to watch; of the ways that ask for hours alone only the shortest."""
    if not outcome.standing.leader:
        return
    watched = sum(h.seconds for m, h in zip(programme.modules, outcome.modules, strict=True) if m.place == "study")
    studying = _studying(programme, outcome)
    by_hours: list[Fraction] = []
    for relief in programme.reliefs:
        left = exactly(relief.hours) - Fraction(watched, programme.hours.hour_seconds)
        paper = programme.paper(relief.honour) if relief.honour else None
        if left > 0 and not studying:
            continue
        if paper is None or paper.key in outcome.standing.honours:
            by_hours.append(left)
        else:
            more = f"再学 {tenths(left)} 学时视频并" if left > 0 else ""
            yield f"兼任坊主，{more}获得“{paper.title}”即合格"
    if by_hours:
        yield f"兼任坊主，再学 {tenths(min(by_hours))} 学时视频即合格"


def _hopeless(programme: Programme, outcome: Outcome) -> str:
    rule = programme.pass_rule
    if outcome.best < exactly(rule.mark):
        return f"最高只能到 {number(outcome.best)} 分，已不能合格"
    judge = Judge(rule, programme.parts)
    sides = judge.dimensions([part.best for part in outcome.parts])
    reasons = [
        f"{side.title}最高只能到 {number(sides[side.key])} 分"
        for side in rule.dimensions
        if sides[side.key] < exactly(side.mark)
    ]
    reasons += [
        f"{part.part.title}已不能得满分"
        for part in outcome.parts
        if (rule.every_part or part.part.required) and part.best < exactly(part.part.points)
    ]
    reasons += [f"不再可能满足“{condition.title}”" for condition in judge.lost(outcome.parts)]
    return "、".join(reasons) + "，已不能合格"


def _studying(programme: Programme, outcome: Outcome) -> bool:
    """Whether hours may still be earned."""
    return study_closes_at(programme, outcome.on) is not None


def _hours_left(programme: Programme, keys: list[str], outcome: Outcome) -> Fraction:
    """Credit hours still to be watched in these modules."""
    left = total(
        had.need - had.counted
        for module, had in zip(programme.modules, outcome.modules, strict=True)
        if module.place == "study" and module.key in keys
    )
    return left / programme.hours.hour_seconds
