"""The cast of corrections: a teacher with lessons, and staff of the own and of another county who ask and decide."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from models import Account, Appointment, Enrolment, Lesson, Organisation
from services.authority.principals import Principal
from services.authority.roles import ROLES
from tests import factories
from tests.services.studying import NOW, Cast, cast

__all__ = ["NOW", "Desk", "desk", "staff"]


@dataclass
class Desk:
    session: Session
    of: Cast
    county: Organisation
    other_county: Organisation
    school: Organisation
    other_school: Organisation
    agent: Principal
    approver: Principal
    foreigner: Principal

    @property
    def teacher(self) -> Account:
        return self.of.teacher

    @property
    def enrolment(self) -> Enrolment:
        return self.of.enrolment

    @property
    def lesson(self) -> Lesson:
        return self.of.ethics.lessons[0]


def staff(session: Session, role: str, at: Organisation | None, account: Account | None = None) -> Principal:
    """Somebody in this role; with `account` the same person in one more."""
    who = account or factories.account(session, role="staff")
    held = Appointment(account_id=who.id, role=role, organisation_id=at.id if at else None, appointed_at=NOW)
    session.add(held)
    session.flush()
    return Principal(who.id, who.name, ROLES[role], held.id, at.id if at else None, at.name if at else "")


def desk(session: Session) -> Desk:
    """Commits."""
    played = cast(session)
    county = factories.school(session, kind="county", name="虚构东县")
    other_county = factories.school(session, kind="county", name="虚构西县")
    school = session.get_one(Organisation, played.teacher.school_id)
    school.parent_id = county.id
    other_school = factories.school(session, name="西县二小", parent_id=other_county.id)
    made = Desk(
        session,
        played,
        county,
        other_county,
        school,
        other_school,
        staff(session, "hotline", county),
        staff(session, "county_admin", county),
        staff(session, "county_admin", other_county),
    )
    session.commit()
    return made
