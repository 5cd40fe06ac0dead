"""The parts of a programme that learners hand in, as one learner sees them: rules, deadline, what is there, what is left to do."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from models import Achievement, Enrolment
from programmes.calendar import Span
from programmes.parts import CertifiedPart, GradedPart, SubmittedPart
from programmes.scoring import Scorer
from services import programmes
from services.handing_in import achievements, deadlines
from services.handing_in.submissions import HandedIn, judged, most_items
from services.marks.staff import ACTIVE

#: done: handed in, and nobody needs to judge it.
ItemState = Literal["waiting", "graded", "returned", "done"]
#: open: something may be handed in that is still missing. closed: nothing (more) may be, and nothing is there that counts.
PartState = Literal["open", "waiting", "graded", "returned", "done", "closed"]


@dataclass(frozen=True)
class PartView:
    """`needed`: items that all the points take. opens_at: of the span that holds or comes next. closes_at: the first instant too late."""

    part: HandedIn
    state: PartState
    needed: int
    most: int
    opens_at: datetime
    closes_at: datetime
    items: list[Achievement]


def parts(session: Session, enrolment: Enrolment, now: datetime) -> list[PartView]:
    """In the notice's order."""
    programme = programmes.get(session, enrolment.programme_id)
    scorer = Scorer(programme)
    rows = achievements.of_enrolment(session, enrolment.id)
    return [
        _view(part, deadlines.spans_of(scorer, part), [row for row in rows if row.part == part.key], enrolment, now)
        for part in programme.parts
        if isinstance(part, HandedIn)
    ]


def item_state(part: HandedIn, row: Achievement) -> ItemState:
    if row.returned_at is not None:
        return "returned"
    if judged(row):
        return "graded"
    return "done" if isinstance(part, SubmittedPart) else "waiting"


def needed(part: HandedIn) -> int:
    """How many items all the points take."""
    if isinstance(part, CertifiedPart):
        return part.count
    return 1 if isinstance(part, GradedPart) else most_items(part)


def _view(part: HandedIn, spans: list[Span], rows: list[Achievement], enrolment: Enrolment, now: datetime) -> PartView:
    later = [start for start, end in spans if now < end]
    return PartView(
        part=part,
        state=_state(part, rows, is_open=enrolment.status == ACTIVE and deadlines.holds(spans, now)),
        needed=needed(part),
        most=most_items(part),
        opens_at=later[0] if later else spans[-1][0],
        closes_at=spans[-1][1],
        items=rows,
    )


def _state(part: HandedIn, rows: list[Achievement], *, is_open: bool) -> PartState:
    states = [item_state(part, row) for row in rows]
    if is_open and "returned" in states:
        return "returned"
    worth = sum(row.returned_at is None and row.passed is not False for row in rows)
    if is_open and worth < needed(part):
        return "open"
    for state in ("waiting", "graded", "done"):  # what waits is told first
        if state in states:
            return state
    return "closed"
