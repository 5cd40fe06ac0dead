"""Corrections of hours as staff see them: what waits, what one asked, what was decided; within reach."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from models import Account, Course, Enrolment, HourCorrection, Lesson, Organisation, Programme
from services.authority import scope
from services.authority.principals import Principal
from services.hour_corrections import ASKED

PAGE = 50
Which = Literal["waiting", "mine", "decided"]
WHICH: tuple[Which, ...] = get_args(Which)


@dataclass(frozen=True)
class Line:
    """A correction with the words around it. `decided_by` "" while nobody decided."""

    correction: HourCorrection
    account_id: int
    teacher: str
    school: str
    programme: str
    course: str
    lesson: str
    asked_by: str
    decided_by: str


def listing(session: Session, principal: Principal, which: Which, page: int) -> tuple[list[Line], bool]:
    """One page, and whether there are more. What waits comes oldest first, the rest newest first."""
    query = _lines()
    if which == "waiting":
        query = query.where(HourCorrection.state == ASKED).order_by(HourCorrection.asked_at, HourCorrection.id)
    else:
        mine = which == "mine"
        query = query.where(
            HourCorrection.asked_by == principal.account_id if mine else HourCorrection.decided_at.is_not(None)
        )
        newest = HourCorrection.asked_at if mine else HourCorrection.decided_at
        query = query.order_by(newest.desc(), HourCorrection.id.desc())
    rows = session.execute(scope.scope(query, principal).offset((page - 1) * PAGE).limit(PAGE + 1)).all()
    return [_line(row) for row in rows[:PAGE]], len(rows) > PAGE


def one(session: Session, principal: Principal, correction_id: int) -> Line:
    """Raises NotFound."""
    found = scope.get(session, principal, HourCorrection, correction_id)
    return _line(session.execute(_lines().where(HourCorrection.id == found.id)).one())


def _lines() -> sa.Select[*tuple[Any, ...]]:
    """The enrolment stands first: its column is what the scope asks, not a list of all enrolments within reach."""
    asker, decider = aliased(Account), aliased(Account)
    return (
        sa.select(
            Enrolment.id,
            HourCorrection,
            Account.id,
            Account.name,
            Organisation.name,
            Programme.title,
            Course.title,
            Lesson.title,
            asker.name,
            decider.name,
        )
        .select_from(HourCorrection)
        .join(Enrolment, Enrolment.id == HourCorrection.enrolment_id)
        .join(Account, Account.id == Enrolment.account_id)
        .outerjoin(Organisation, Organisation.id == Enrolment.school_id)
        .join(Programme, Programme.id == Enrolment.programme_id)
        .join(Lesson, Lesson.id == HourCorrection.lesson_id)
        .join(Course, Course.id == Lesson.course_id)
        .join(asker, asker.id == HourCorrection.asked_by)
        .outerjoin(decider, decider.id == HourCorrection.decided_by)
    )


def _line(row: sa.Row[*tuple[Any, ...]]) -> Line:
    _, correction, account_id, teacher, school, programme, course, lesson, asked_by, decided_by = row
    return Line(correction, account_id, teacher, school or "", programme, course, lesson, asked_by, decided_by or "")
