"""The cast: one teacher enrolled in the notice's programme, with a small catalogue. In summer 2022, while studying is open."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from models import Account, Course, Coverage, Enrolment, Lesson, Programme
from services import programmes
from services.enrolling import enrolments
from tests import factories
from tests.programmes.notices import local, phase2_text

NOW = local("2022-08-01T09:00")


@dataclass
class Cast:
    session: Session
    programme: Programme
    teacher: Account
    enrolment: Enrolment
    ethics: Course
    ability: Course

    def studied(self, lesson: Lesson, seconds: int) -> None:
        self.session.merge(
            Coverage(enrolment_id=self.enrolment.id, lesson_id=lesson.id, bitmap=b"", credited=seconds, updated_at=NOW)
        )
        self.session.flush()


def cast(session: Session, *changes: tuple[str, str]) -> Cast:
    """`changes` are made to the notice's file."""
    programme = programmes.publish(session, phase2_text(*changes, accept=True), NOW)
    ethics = factories.course(session, programme, code="E1", module="ethics", title="走近师德")
    ability = factories.course(session, programme, code="A1", module="ability", title="听课")
    for course in (ethics, ability):
        factories.lesson(session, course, code="1", duration=2700)
        factories.lesson(session, course, code="2", duration=5400)
    session.refresh(ethics)
    session.refresh(ability)
    teacher = factories.account(session, school_id=factories.school(session).id)
    enrolment = enrolments.enrol(session, teacher, programme, teacher.school_id, NOW)
    return Cast(session, programme, teacher, enrolment, ethics, ability)
