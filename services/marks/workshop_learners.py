"""Workshops (坊) as their leaders and those above them see them: who learns there, how far each is, whom to go after."""

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Enrolment, Organisation, Programme, StudyDay, Workshop
from programmes.card import ScoreCard, score
from services import programmes, progress
from services.authority import scope
from services.authority.principals import Principal
from services.marks import homework
from services.marks.staff import ACTIVE

#: Of one page.
WORKSHOPS, LEARNERS = 50, 60


@dataclass(frozen=True)
class Line:
    """A workshop in a list. `waiting`: pieces to grade, of all its learners."""

    workshop: Workshop
    programme: str
    leader: str
    learners: int
    waiting: int


@dataclass(frozen=True)
class Learner:
    """`last_day`: on which something was credited last."""

    enrolment: Enrolment
    name: str
    school: str
    last_login_at: datetime | None
    last_day: date | None
    card: ScoreCard

    @property
    def to_chase(self) -> bool:
        return not self.card.passed and (self.last_login_at is None or self.last_day is None)


@dataclass(frozen=True)
class Counts:
    learners: int
    never_signed_in: int
    never_studied: int


def listed(session: Session, principal: Principal, page: int = 1) -> list[Line]:
    """The workshops within reach, by programme and code; one more than fit the page tells that there is another."""
    leader = sa.orm.aliased(Account)
    query = scope.scope(sa.select(Workshop, leader.name).outerjoin(leader, leader.id == Workshop.leader_id), principal)
    rows = session.execute(
        query.order_by(Workshop.programme_slug, Workshop.code).limit(WORKSHOPS + 1).offset((page - 1) * WORKSHOPS)
    ).all()
    workshops = [workshop for workshop, _ in rows]
    waiting = homework.counts(session, workshops)
    learning = _learning(session, workshops)
    titles = {
        slug: programmes.latest(session, slug).title for slug in {workshop.programme_slug for workshop in workshops}
    }
    return [
        Line(
            workshop,
            titles[workshop.programme_slug],
            name or "",
            learning.get(workshop.id, 0),
            waiting.get(workshop.id, 0),
        )
        for workshop, name in rows
    ]


def counts(session: Session, principal: Principal, workshop: Workshop) -> Counts:
    """Of the learners within reach."""
    rows = session.execute(
        _learners(principal, workshop).with_only_columns(
            sa.func.count(),
            sa.func.count(sa.case((Account.last_login_at.is_(None), 1))),
            sa.func.count(sa.case((Enrolment.credited_seconds == 0, 1))),
        )
    ).one()
    return Counts(*rows)


def learners(
    session: Session, principal: Principal, workshop: Workshop, now: datetime, *, never: bool = False, page: int = 1
) -> list[Learner]:
    """Those within reach, whom to go after first; one more than fit the page tells that there is another."""
    query = _learners(principal, workshop)
    if never:
        query = query.where(Account.last_login_at.is_(None))
    rows = session.execute(
        query.order_by(
            sa.case((Account.last_login_at.is_(None), 0), else_=1),
            Enrolment.credited_seconds,
            Account.name,
            Enrolment.id,
        )
        .limit(LEARNERS + 1)
        .offset((page - 1) * LEARNERS)
    ).all()
    enrolments = [enrolment for enrolment, *_ in rows]
    evidence = progress.evidence(session, enrolments)
    days = _last_days(session, [enrolment.id for enrolment in enrolments])
    return [
        Learner(
            enrolment,
            name,
            school or "",
            last_login_at,
            days.get(enrolment.id),
            score(programmes.get(session, enrolment.programme_id), evidence[enrolment.id], now),
        )
        for enrolment, name, last_login_at, school in rows
    ]


def _learners(principal: Principal, workshop: Workshop) -> sa.Select[Enrolment, str, datetime | None, str]:
    query = (
        sa.select(Enrolment, Account.name, Account.last_login_at, Organisation.name)
        .join(Account, Account.id == Enrolment.account_id)
        .outerjoin(Organisation, Organisation.id == Enrolment.school_id)
        .where(Enrolment.workshop_id == workshop.id, Enrolment.status == ACTIVE)
    )
    return scope.scope(query, principal)


def _learning(session: Session, workshops: list[Workshop]) -> dict[int, int]:
    query = (
        sa.select(Enrolment.workshop_id, sa.func.count())
        .join(Programme, Programme.id == Enrolment.programme_id)
        .where(Enrolment.workshop_id.in_([one.id for one in workshops]), Enrolment.status == ACTIVE)
        .group_by(Enrolment.workshop_id)
    )
    return {workshop_id or 0: count for workshop_id, count in session.execute(query)}


def _last_days(session: Session, enrolment_ids: list[int]) -> dict[int, date]:
    query = (
        sa.select(StudyDay.enrolment_id, sa.func.max(StudyDay.day))
        .where(StudyDay.enrolment_id.in_(enrolment_ids), StudyDay.credited > 0)
        .group_by(StudyDay.enrolment_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}
