"""The rates by which a workshop leader (坊主) is assessed, of the learners in the own workshop, in per cent.

    took_part    参训率: learners with a credited second / learners
    passed       合格率: learners whose score card, computed anew for this moment, passes / learners
    graded       作业批改率: homework graded / homework handed in
    recommended  作业推优率: homework recommended / homework handed in

Learners are the active enrolments of the workshop: who is exempt or has withdrawn is not counted, above or below. Homework is the items
of graded parts; what was sent back is not handed in until it comes again. A rate of nothing (no learner, no homework) is 0 %: there was
no work that could earn the points.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Achievement, Enrolment, Workshop
from programmes.evidence import ItemEvidence
from programmes.parts import GradedPart, RatedPart
from programmes.scoring import Outcome, Scorer
from services import programmes, progress
from services.handing_in import achievements, deadlines
from services.marks.staff import ACTIVE


@dataclass(frozen=True)
class Rate:
    """`part` of `whole`; whole 0: there was nothing to count."""

    part: int
    whole: int

    @property
    def per_cent(self) -> float:
        """Rounded down to millionths, so that nothing looks reached before it is."""
        return math.floor(Fraction(100 * self.part, self.whole) * 10**6) / 10**6 if self.whole else 0.0

    @property
    def says(self) -> str:
        return f"{self.part} / {self.whole}" if self.whole else "没有可统计的对象，按 0% 计"


def of(session: Session, workshop: Workshop, now: datetime) -> dict[str, Rate]:
    """All four rates as they stand, by the `measure` of programmes.parts.RatedPart."""
    learners = session.scalars(
        sa.select(Enrolment).where(Enrolment.workshop_id == workshop.id, Enrolment.status == ACTIVE)
    ).all()
    everybody = len(learners)
    handed_in, graded, recommended = _homework(session, workshop, learners)
    return {
        "took_part": Rate(sum(row.credited_seconds > 0 for row in learners), everybody),
        "passed": Rate(_passed(session, learners, now), everybody),
        "graded": Rate(graded, handed_in),
        "recommended": Rate(recommended, handed_in),
    }


def items(
    session: Session, workshop: Workshop, now: datetime, rates: Mapping[str, Rate] | None = None
) -> list[ItemEvidence]:
    """Everything that counts for the leader: what was entered, and the rates that are measured (never entered ones in their place).

    `rates`: those of this moment, where they are known already.
    """
    scorer = Scorer(programmes.get(session, programmes.latest(session, workshop.programme_slug).id))
    leader = scorer.programme.leader
    measured = [part for part in leader.parts if isinstance(part, RatedPart) and part.measure] if leader else []
    keys = {part.key for part in measured}
    entered = [item for item in achievements.leader_items(session, workshop.id) if item.part not in keys]
    if rates is None:
        rates = of(session, workshop, now) if measured else {}
    return entered + [
        ItemEvidence(part=part.key, at=_measured_at(scorer, part, now), mark=rates[part.measure].per_cent)
        for part in measured
    ]


def leader_outcome(session: Session, workshop: Workshop, now: datetime) -> Outcome | None:
    """How the leader stands (programmes.card.leader_card puts it into words); None where the notice does not assess leaders."""
    programme = programmes.get(session, programmes.latest(session, workshop.programme_slug).id)
    return Scorer(programme).leader(items(session, workshop, now), now) if programme.leader else None


def _measured_at(scorer: Scorer, part: RatedPart, now: datetime) -> datetime:
    """Now; after the leaders' assessment is over, its last instant, since it is then that the rate should have been taken."""
    closes = deadlines.spans_of_leader(scorer, part)[-1][1]
    return min(now, closes - timedelta(microseconds=1))


def _passed(session: Session, learners: Sequence[Enrolment], now: datetime) -> int:
    evidence = progress.evidence(session, learners)
    scorers = {
        programme_id: Scorer(programmes.get(session, programme_id))
        for programme_id in {row.programme_id for row in learners}
    }
    return sum(scorers[row.programme_id].outcome(evidence[row.id], now).passed for row in learners)


def _homework(session: Session, workshop: Workshop, learners: Sequence[Enrolment]) -> tuple[int, int, int]:
    """How many pieces were handed in, graded, recommended."""
    keys = {
        part.key
        for programme_id in {row.programme_id for row in learners}
        for part in programmes.get(session, programme_id).parts
        if isinstance(part, GradedPart)
    }
    query = (
        sa.select(Achievement.grade, Achievement.recommended)
        .join(Enrolment, Enrolment.id == Achievement.enrolment_id)
        .where(
            Enrolment.workshop_id == workshop.id,
            Enrolment.status == ACTIVE,
            Achievement.part.in_(keys),
            achievements.counting(),
        )
    )
    rows = session.execute(query).all()
    return len(rows), sum(grade is not None for grade, _ in rows), sum(recommended for _, recommended in rows)
