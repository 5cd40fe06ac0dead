"""Whether points pass: a pass rule (合格条件) made ready for the parts of its table. Pure and exact."""

from collections.abc import Sequence
from fractions import Fraction

from programmes.evidence import exactly
from programmes.outcome import PartOutcome, total
from programmes.parts import Condition, Part, PassRule


class Judge:
    """Points are given as one number a part, in the order of the table."""

    def __init__(self, rule: PassRule, parts: Sequence[Part]) -> None:
        self.mark = exactly(rule.mark)
        #: (place, all of its points) of those without which nobody passes.
        self.required = [
            (place, exactly(part.points)) for place, part in enumerate(parts) if rule.every_part or part.required
        ]
        #: (key, least, places of its parts)
        self.sides = [
            (side.key, exactly(side.mark), [place for place, part in enumerate(parts) if part.dimension == side.key])
            for side in rule.dimensions
        ]
        places = {part.key: place for place, part in enumerate(parts)}
        self.conditions = [(condition, places[condition.part]) for condition in rule.conditions]

    def dimensions(self, points: Sequence[Fraction]) -> dict[str, Fraction]:
        """What each dimension comes to."""
        return {key: total(points[place] for place in places) for key, _, places in self.sides}

    def passes(self, points: Sequence[Fraction], score: Fraction) -> bool:
        """Whether these points pass, conditions aside; `score` is their sum."""
        if score < self.mark or any(points[place] < full for place, full in self.required):
            return False
        return all(total(points[place] for place in places) >= least for _, least, places in self.sides)

    def unmet(self, parts: Sequence[PartOutcome]) -> list[Condition]:
        """Conditions that do not hold."""
        return [condition for condition, place in self.conditions if parts[place].earned.spread < condition.least]

    def may_meet(self, parts: Sequence[PartOutcome]) -> bool:
        """Whether every condition holds or may still come to hold."""
        return all(_may_meet(condition, parts[place]) for condition, place in self.conditions)

    def lost(self, parts: Sequence[PartOutcome]) -> list[Condition]:
        """Conditions that can no longer come to hold."""
        return [condition for condition, place in self.conditions if not _may_meet(condition, parts[place])]

    def least_of(self, place: int, best: Sequence[Fraction]) -> Fraction:
        """What the part at `place` must come to for the points to pass, all others at their `best`; at most 0: anything does."""
        least = self.mark - total(best) + best[place]
        for _, mark, places in self.sides:
            if place in places:
                least = max(least, mark - total(best[other] for other in places if other != place))
        return max([least, *(full for required, full in self.required if required == place)])


def _may_meet(condition: Condition, part: PartOutcome) -> bool:
    return part.open or part.earned.hoped_spread >= condition.least
