"""What evidence is worth: (programme, evidence, on a moment) → outcome. Pure, exact inside, rounded only for people.

    scorer = Scorer(programme)              # once a programme: everything that does not depend on the teacher
    outcome = scorer.outcome(evidence, on)  # numbers; programmes.card puts them into words

More evidence never lowers what is earned (score, hours, credits, passed); its order does not matter; nothing exceeds the notice's own
maximum. `best` says what can still be reached, and falls when a grade turns out lower than hoped. Evidence counts while the study
phases last (or until the part's own `until`), never after `on`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from fractions import Fraction

from msgspec import Struct

from programmes.basics import Band
from programmes.earning import EARNERS, Earned, Found
from programmes.evidence import Evidence, ItemEvidence, Standing, Tally, exactly, tally
from programmes.parts import CertifiedPart, Condition, CoursesPart, Part, PassRule
from programmes.schema import Programme

NOTHING = Fraction(0)
#: Why an item does not count.
EARLY, LATE, NOT_YET, UNKNOWN = "early", "late", "not_yet", "unknown"


class ModuleOutcome(Struct):
    """Seconds: earned, counted towards `need`. `abilities`: how many micro-abilities have the hours that each needs."""

    key: str
    seconds: int
    counted: Fraction
    need: Fraction
    abilities: int
    complete: bool


class PartOutcome(Struct):
    """`best`: the most that can still be earned. `waiting`: handed in and not yet graded. `open`: more may be handed in."""

    part: Part
    earned: Earned
    open: bool
    #: Items that do not count, with the reason.
    ignored: list[tuple[ItemEvidence, str]]

    @property
    def points(self) -> Fraction:
        return self.earned.points

    @property
    def best(self) -> Fraction:
        return max(self.earned.points, exactly(self.part.points) if self.open else self.earned.hoped)


class Outcome(Struct):
    """Numbers of one enrolment on one moment; points and hours are exact fractions."""

    on: datetime
    modules: list[ModuleOutcome]
    parts: list[PartOutcome]
    standing: Standing
    score: Fraction
    best: Fraction
    #: Points by dimension of the pass rule.
    dimensions: dict[str, Fraction]
    #: Conditions of the pass rule that do not hold yet.
    unmet: list[Condition]
    passed: bool
    #: Passed as a workshop leader, by fewer hours.
    relieved: bool
    can_pass: bool
    credits: Fraction | None
    #: Items of parts that the programme does not have.
    unknown: list[ItemEvidence]

    @property
    def seconds(self) -> int:
        return sum(module.seconds for module in self.modules)

    @property
    def counted(self) -> Fraction:
        """Seconds that count, capped in each module."""
        return sum((module.counted for module in self.modules), NOTHING)


class Scorer:
    """One programme, made ready to score many enrolments."""

    def __init__(self, programme: Programme) -> None:
        zone = programme.zone
        self.programme = programme
        self.hour = programme.hours.hour_seconds
        self.windows = [(p.opens.begin(zone), p.closes.end(zone)) for p in programme.calendar.phases if p.study]
        self.closes = max(end for _, end in self.windows)
        #: Leaders are assessed until results and honours are settled.
        self.settled = max(
            p.closes.end(zone) for p in programme.calendar.phases if p.kind in ("training", "study", "honours")
        )
        self.needs = {module.key: exactly(module.hours) * self.hour for module in programme.modules}
        self.mark = exactly(programme.pass_rule.mark)
        self.reliefs = [(exactly(relief.hours) * self.hour, relief.honour) for relief in programme.reliefs]

    def outcome(self, evidence: Evidence, on: datetime) -> Outcome:
        """The learner's outcome as it stands `on` an aware moment."""
        return self.from_tally(tally(self.programme.hours, evidence.lessons), evidence.items, evidence.standing, on)

    def from_tally(self, seconds: Tally, items: Iterable[ItemEvidence], standing: Standing, on: datetime) -> Outcome:
        """The same with the lessons summed up already."""
        modules = [self._module(module.key, seconds) for module in self.programme.modules]
        parts, unknown = self._parts(self.programme.parts, items, modules, on, self.windows, self.closes)
        return self._judged(parts, unknown, modules, standing, self.programme.pass_rule, on)

    def leader(self, items: Iterable[ItemEvidence], on: datetime) -> Outcome | None:
        """The workshop leader's outcome; None where the notice does not assess leaders."""
        leader = self.programme.leader
        if leader is None:
            return None
        begin = min(p.opens.begin(self.programme.zone) for p in self.programme.calendar.phases)
        windows = [(begin, self.settled)]
        parts, unknown = self._parts(leader.parts, items, [], on, windows, self.settled)
        return self._judged(parts, unknown, [], Standing(), leader.pass_rule, on)

    def part_closes(self, part: Part) -> datetime:
        """The first instant that is too late for the part's evidence."""
        return part.until.end(self.programme.zone) if part.until else self.closes

    def _module(self, key: str, seconds: Tally) -> ModuleOutcome:
        module = self.programme.module(key)
        assert module is not None  # noqa: S101  # its own key
        earned, need = seconds.modules.get(key, 0), self.needs[key]
        counted = min(Fraction(earned), need)
        reached = 0
        if module.selection:
            each = exactly(module.selection.hours_each) * self.hour
            reached = sum(of == key and worth >= each for (of, _), worth in seconds.abilities.items())
        complete = counted == need and (module.selection is None or reached >= module.selection.abilities)
        return ModuleOutcome(key, earned, counted, need, reached, complete)

    def _parts(
        self,
        parts: Sequence[Part],
        items: Iterable[ItemEvidence],
        modules: Sequence[ModuleOutcome],
        on: datetime,
        windows: Sequence[tuple[datetime, datetime]],
        closes: datetime,
    ) -> tuple[list[PartOutcome], list[ItemEvidence]]:
        by_part: dict[str, list[ItemEvidence]] = {part.key: [] for part in parts}
        unknown = []
        for item in items:
            if item.part in by_part:
                by_part[item.part].append(item)
            else:
                unknown.append(item)
        found = []
        for part in parts:
            until = part.until.end(self.programme.zone) if part.until else None
            spans = [(windows[0][0], until)] if until else windows
            counting: list[ItemEvidence] = []
            ignored: list[tuple[ItemEvidence, str]] = []
            for item in by_part[part.key]:
                why = _untimely(item, spans, on)
                if why:
                    ignored.append((item, why))
                else:
                    counting.append(item)
            of = [module for module in modules if isinstance(part, CoursesPart) and module.key in part.modules]
            earned = EARNERS[type(part)](part, Found(counting, of))
            ignored += earned.ignored
            found.append(PartOutcome(part, earned, on < (until or closes) and not earned.settled, ignored))
        return found, unknown

    def _judged(
        self,
        parts: list[PartOutcome],
        unknown: list[ItemEvidence],
        modules: list[ModuleOutcome],
        standing: Standing,
        rule: PassRule,
        on: datetime,
    ) -> Outcome:
        score = sum((part.points for part in parts), NOTHING)
        best = sum((part.best for part in parts), NOTHING)
        unmet = [condition for condition in rule.conditions if _reached(condition, parts) < condition.least]
        relieved = standing.leader and self._relieved(sum(module.seconds for module in modules), standing)
        dimensions = {
            dimension.key: sum((part.points for part in parts if part.part.dimension == dimension.key), NOTHING)
            for dimension in rule.dimensions
        }
        earned = None
        if rule is self.programme.pass_rule and self.programme.credits and not standing.exempt:
            earned = band_value(self.programme.credits.bands, score)
        return Outcome(
            on=on,
            modules=modules,
            parts=parts,
            standing=standing,
            score=score,
            best=best,
            dimensions=dimensions,
            unmet=unmet,
            passed=relieved or (not unmet and _passes(rule, parts, hoping=False)),
            relieved=relieved,
            can_pass=relieved or (all(_may_still(c, parts) for c in unmet) and _passes(rule, parts, hoping=True)),
            credits=earned,
            unknown=unknown,
        )

    def _relieved(self, seconds: int, standing: Standing) -> bool:
        return any(seconds >= need and (honour is None or honour in standing.honours) for need, honour in self.reliefs)


def band_value(bands: Sequence[Band], value: Fraction) -> Fraction:
    """What the highest band is worth whose `least` the value reaches; 0 below them all."""
    reached = [band for band in bands if value >= exactly(band.least)]
    return exactly(max(reached, key=lambda band: band.least).value) if reached else NOTHING


def _untimely(item: ItemEvidence, spans: Sequence[tuple[datetime, datetime]], on: datetime) -> str:
    if item.at > on:
        return NOT_YET
    if any(start <= item.at < end for start, end in spans):
        return ""
    return EARLY if item.at < spans[0][0] else LATE


def _passes(rule: PassRule, parts: Sequence[PartOutcome], *, hoping: bool) -> bool:
    """Whether the points pass; `hoping`: those that can still be reached."""

    def worth(part: PartOutcome) -> Fraction:
        return part.best if hoping else part.points

    if sum((worth(part) for part in parts), NOTHING) < exactly(rule.mark):
        return False
    if any((rule.every_part or part.part.required) and worth(part) < exactly(part.part.points) for part in parts):
        return False
    return all(
        sum((worth(part) for part in parts if part.part.dimension == side.key), NOTHING) >= exactly(side.mark)
        for side in rule.dimensions
    )


def _reached(condition: Condition, parts: Sequence[PartOutcome]) -> int:
    return next((len(part.earned.dimensions) for part in parts if part.part.key == condition.part), 0)


def _may_still(condition: Condition, parts: Sequence[PartOutcome]) -> bool:
    """Whether more may be certified, in as many dimensions more as are missing."""
    part = next((part for part in parts if part.part.key == condition.part), None)
    if part is None or not isinstance(part.part, CertifiedPart):
        return False
    return part.open or len(part.earned.dimensions) + part.earned.waiting >= condition.least
