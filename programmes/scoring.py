"""What evidence is worth: (programme, evidence, on a moment) → outcome. Pure, exact inside, rounded only for people.

    scorer = Scorer(programme)              # once a programme: everything that does not depend on the teacher
    outcome = scorer.outcome(evidence, on)  # numbers; programmes.card puts them into words

More evidence never lowers what is earned (score, hours, credits, passed); its order does not matter; nothing exceeds the notice's own
maximum. `best` says what can still be reached, and falls when a grade turns out lower than hoped: a grade is final until something
is handed in again. Evidence counts while the study phases last (or until the part's own `until`), never after `on`.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from msgspec import Struct

from programmes.earning import EARNERS, Found, band_value, hours_of, most_of
from programmes.evidence import Evidence, ItemEvidence, Standing, Tally, exactly, tally
from programmes.judging import Judge
from programmes.outcome import NOTHING, Earned, ModuleOutcome, Outcome, PartOutcome, total
from programmes.parts import CoursesPart, Part, PassRule
from programmes.schema import Module, Programme

__all__ = ["Earned", "ModuleOutcome", "Outcome", "PartOutcome", "Scorer", "band_value"]

#: Why an item does not count.
EARLY, LATE, BETWEEN, NOT_YET = "early", "late", "between", "not_yet"
Span = tuple[datetime, datetime]


class _Ready(Struct):
    """A part with everything about it that does not depend on the teacher. `modules`: those of a courses part."""

    part: Part
    earn: Callable[[Any, Found], Earned]
    most: Fraction
    spans: list[Span]
    closes: datetime
    modules: frozenset[str]


class _Asked(Struct):
    """A module with what it asks for, in seconds. `parts`: those that enter the hours of what is done at school."""

    module: Module
    need: Fraction
    abilities: int
    each: Fraction
    parts: frozenset[str]


class _Table:
    """The parts of a table of assessment (考核表) and what passes."""

    def __init__(self, parts: Sequence[Part], rule: PassRule, windows: Sequence[Span], programme: Programme) -> None:
        self.judge = Judge(rule, parts)
        self.parts = []
        for part in parts:
            until = part.until.end(programme.zone) if part.until else None
            spans = [(windows[0][0], until)] if until else list(windows)
            # All in one zone: moments of two zones take ten times as long to compare.
            spans = [(start.astimezone(UTC), end.astimezone(UTC)) for start, end in spans]
            modules = frozenset(part.modules if isinstance(part, CoursesPart) else ())
            closes = max(end for _, end in spans)
            self.parts.append(_Ready(part, EARNERS[type(part)], most_of(part), spans, closes, modules))


class Scorer:
    """One programme, made ready to score many enrolments."""

    def __init__(self, programme: Programme) -> None:
        zone, phases = programme.zone, programme.calendar.phases
        self.programme = programme
        self.hour = programme.hours.hour_seconds
        self.windows = [(p.opens.begin(zone), p.closes.end(zone)) for p in phases if p.study]
        self.closes = max(end for _, end in self.windows)
        #: Leaders are assessed until results and honours are settled.
        self.settled = max(p.closes.end(zone) for p in phases if p.kind in ("training", "study", "honours"))
        self._table = _Table(programme.parts, programme.pass_rule, self.windows, programme)
        self._closes = {ready.part.key: ready.closes.astimezone(zone) for ready in self._table.parts}
        self._asked = [self._ask(module) for module in programme.modules]
        self._reliefs = [(exactly(relief.hours) * self.hour, relief.honour) for relief in programme.reliefs]
        self._leader: _Table | None = None
        if programme.leader:
            windows = [(min(p.opens.begin(zone) for p in phases), self.settled)]
            self._leader = _Table(programme.leader.parts, programme.leader.pass_rule, windows, programme)

    def outcome(self, evidence: Evidence, on: datetime) -> Outcome:
        """The learner's outcome as it stands `on` an aware moment."""
        return self.from_tally(tally(self.programme.hours, evidence.lessons), evidence.items, evidence.standing, on)

    def from_tally(self, seconds: Tally, items: Iterable[ItemEvidence], standing: Standing, on: datetime) -> Outcome:
        """The same with the lessons summed up already."""
        sorted_out = _sort_out(self._table.parts, items, on)
        modules = [_module(asked, seconds, sorted_out.timely, self.hour) for asked in self._asked]
        parts = [_part(ready, sorted_out, modules, on) for ready in self._table.parts]
        outcome = _judged(self._table.judge, parts, modules, standing, on, sorted_out.unknown)
        if self._reliefs and standing.leader:
            self._relieve(outcome)
        if self.programme.credits and not standing.exempt:
            outcome.credits = band_value(self.programme.credits.bands, outcome.score)
        return outcome

    def leader(self, items: Iterable[ItemEvidence], on: datetime) -> Outcome | None:
        """The workshop leader's outcome; None where the notice does not assess leaders."""
        if self._leader is None:
            return None
        sorted_out = _sort_out(self._leader.parts, items, on)
        parts = [_part(ready, sorted_out, [], on) for ready in self._leader.parts]
        return _judged(self._leader.judge, parts, [], Standing(), on, sorted_out.unknown)

    def part_closes(self, part: Part) -> datetime:
        """The first instant that is too late for the evidence of one of the learner's parts."""
        return self._closes[part.key]

    def in_time(self, part: str, on: datetime, *, leader: bool = False) -> datetime:
        """The last second up to `on` at which evidence of this part counts; `on` itself where there is none."""
        table = self._leader if leader else self._table
        spans = next((ready.spans for ready in table.parts if ready.part.key == part), []) if table else []
        begun = [min(on, end - timedelta(seconds=1)) for start, end in spans if start <= on]
        return max(begun, default=on).astimezone(self.programme.zone)

    def _ask(self, module: Module) -> _Asked:
        selection = module.selection
        parts = [part.key for part in self.programme.parts if part.module == module.key and module.place == "school"]
        return _Asked(
            module,
            exactly(module.hours) * self.hour,
            selection.abilities if selection else 0,
            exactly(selection.hours_each) * self.hour if selection else NOTHING,
            frozenset(parts),
        )

    def _relieve(self, outcome: Outcome) -> None:
        """A leader who also learns passes by fewer hours of video; an honour may come after everything else."""
        watched = sum(
            had.seconds
            for asked, had in zip(self._asked, outcome.modules, strict=True)
            if asked.module.place == "study"
        )
        studying = outcome.on < self.closes and any(asked.module.place == "study" for asked in self._asked)
        for need, honour in self._reliefs:
            if watched >= need and (honour is None or honour in outcome.standing.honours):
                outcome.relieved = outcome.passed = outcome.can_pass = True
            elif studying or watched >= need:
                outcome.can_pass = True


class _SortedOut(Struct):
    """Items by part: those that count as to time, and those that do not, with the reason."""

    timely: dict[str, list[ItemEvidence]]
    untimely: dict[str, list[tuple[ItemEvidence, str]]]
    unknown: list[ItemEvidence]


def _sort_out(parts: Sequence[_Ready], items: Iterable[ItemEvidence], on: datetime) -> _SortedOut:
    spans = {ready.part.key: ready.spans for ready in parts}
    out = _SortedOut({}, {}, [])
    for item in items:
        of = spans.get(item.part)
        if of is None:
            out.unknown.append(item)
        elif why := _untimely(item.at, of, on):
            out.untimely.setdefault(item.part, []).append((item, why))
        else:
            out.timely.setdefault(item.part, []).append(item)
    return out


def _untimely(at: datetime, spans: Sequence[Span], on: datetime) -> str:
    if at > on:
        return NOT_YET
    if any(start <= at < end for start, end in spans):
        return ""
    return EARLY if at < spans[0][0] else LATE if at >= spans[-1][1] else BETWEEN


def _module(asked: _Asked, seconds: Tally, timely: dict[str, list[ItemEvidence]], hour: int) -> ModuleOutcome:
    key, need = asked.module.key, asked.need
    earned: int | Fraction = seconds.modules.get(key, 0)
    if asked.module.place == "school":
        earned = hour * total(hours_of(timely.get(part, ()))[0] for part in asked.parts)
    reached = 0
    if asked.abilities:
        reached = sum(of == key and worth >= asked.each for (of, _), worth in seconds.abilities.items())
    full = earned >= need
    counted = need if full else Fraction(earned)
    return ModuleOutcome(key, int(earned), counted, need, reached, full and reached >= asked.abilities)


def _part(ready: _Ready, items: _SortedOut, modules: Sequence[ModuleOutcome], on: datetime) -> PartOutcome:
    key = ready.part.key
    own = [module for module in modules if module.key in ready.modules]
    earned = ready.earn(ready.part, Found(items.timely.get(key, ()), own))
    still = on < ready.closes and not earned.settled
    best = ready.most if still else max(earned.points, earned.hoped)
    return PartOutcome(ready.part, earned, ready.most, still, best, [*items.untimely.get(key, ()), *earned.ignored])


def _judged(
    judge: Judge,
    parts: list[PartOutcome],
    modules: list[ModuleOutcome],
    standing: Standing,
    on: datetime,
    unknown: list[ItemEvidence],
) -> Outcome:
    points, bests = [part.earned.points for part in parts], [part.best for part in parts]
    score, best = total(points), total(bests)
    unmet = judge.unmet(parts)
    passed = not unmet and judge.passes(points, score)
    can = passed or (judge.may_meet(parts) and judge.passes(bests, best))
    return Outcome(
        on=on,
        modules=modules,
        parts=parts,
        standing=standing,
        score=score,
        best=best,
        dimensions=judge.dimensions(points),
        unmet=unmet,
        passed=passed,
        relieved=False,
        can_earn=can,
        can_pass=can,
        credits=None,
        unknown=unknown,
    )
