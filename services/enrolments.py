"""Enrolments (报名) and the courses a teacher chooses (选课)."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Account, Course, CourseChoice, Coverage, Enrolment, Lesson, Programme
from programmes.calendar import study_closes_at
from services import programmes
from services.errors import Conflict, NotFound

#: The greatest id that a BIGINT column holds; PostgreSQL fails on a greater one instead of finding nothing.
GREATEST_ID = 2**63 - 1


class CourseStudied(Conflict):
    """这门课程已有学时记录，不能退选；不想继续可以不学，已得的学时不受影响。"""

    code = "course_studied"


class TooManyHours(Conflict):
    """所选课程已达到本项目可选学时的上限。"""

    code = "too_many_hours"


class StudyOver(Conflict):
    """学习时间已经结束，不能再选课或退选。"""

    code = "study_over"


def enrol(session: Session, account: Account, programme: Programme, school_id: int | None, now: datetime) -> Enrolment:
    """The account's enrolment in this programme, made if need be. One in an earlier version is returned as it is."""
    found = _in_programme(session, account.id, programme.slug)
    if found:
        return found
    enrolment = Enrolment(
        account_id=account.id,
        programme_id=programme.id,
        school_id=school_id,
        status="active",
        enrolled_at=now,
        credited_seconds=0,
    )
    try:
        with session.begin_nested():
            session.add(enrolment)
    except IntegrityError:  # enrolled by somebody else since we looked
        return session.scalars(
            sa.select(Enrolment).where(Enrolment.account_id == account.id, Enrolment.programme_id == programme.id)
        ).one()
    return enrolment


def move_to(session: Session, programme: Programme) -> int:
    """Bring the enrolments of earlier versions to this one, with all they hold; how many moved."""
    earlier = sa.select(Programme.id).where(Programme.slug == programme.slug, Programme.version < programme.version)
    moved = session.scalars(sa.select(Enrolment).where(Enrolment.programme_id.in_(earlier))).all()
    for enrolment in moved:
        enrolment.programme = programme
    session.flush()
    return len(moved)


def owned(session: Session, account_id: int, enrolment_id: int) -> Enrolment:
    """The account's own enrolment. Raises NotFound, also for another's."""
    enrolment = session.get(Enrolment, enrolment_id) if 0 < enrolment_id <= GREATEST_ID else None
    if enrolment is None or enrolment.account_id != account_id:
        raise NotFound("没有找到这个报名。")
    return enrolment


def of_account(session: Session, account_id: int) -> list[Enrolment]:
    """All enrolments of the account, the latest first."""
    query = sa.select(Enrolment).where(Enrolment.account_id == account_id)
    return list(session.scalars(query.order_by(Enrolment.enrolled_at.desc(), Enrolment.id.desc())))


def choose(session: Session, enrolment: Enrolment, course_id: int, now: datetime) -> None:
    """Choose a course of the programme's catalogue; again is harmless. Raises NotFound, StudyOver, TooManyHours."""
    course = _course(session, enrolment, course_id)
    if session.get(CourseChoice, (enrolment.id, course.id)) is None:
        _require_open(session, enrolment, now)
        _add_choice(session, enrolment, course, now)


def drop(session: Session, enrolment: Enrolment, course_id: int, now: datetime) -> None:
    """Drop a chosen course; again is harmless. Raises NotFound, StudyOver, CourseStudied.

    A course with credited seconds stays: dropping it would take earned hours off the score card.
    """
    course = _course(session, enrolment, course_id)
    choice = session.get(CourseChoice, (enrolment.id, course.id))
    if choice is None:
        return
    _require_open(session, enrolment, now)
    credited = session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(Coverage.credited), 0))
        .join(Lesson, Lesson.id == Coverage.lesson_id)
        .where(Coverage.enrolment_id == enrolment.id, Lesson.course_id == course.id)
    )
    if credited:
        raise CourseStudied
    session.execute(
        sa.delete(CourseChoice).where(CourseChoice.enrolment_id == enrolment.id, CourseChoice.course_id == course.id)
    )


def ensure_chosen(session: Session, enrolment: Enrolment, lesson: Lesson, now: datetime) -> None:
    """Opening a lesson chooses its course. Raises NotFound (a lesson of another programme), TooManyHours."""
    course = _course(session, enrolment, lesson.course_id)
    if session.get(CourseChoice, (enrolment.id, course.id)) is None:
        _add_choice(session, enrolment, course, now)


def _add_choice(session: Session, enrolment: Enrolment, course: Course, now: datetime) -> None:
    _require_room(session, enrolment, course)
    try:
        with session.begin_nested():
            session.add(CourseChoice(enrolment_id=enrolment.id, course_id=course.id, chosen_at=now))
    except IntegrityError:
        pass  # chosen on another device since we looked


def _in_programme(session: Session, account_id: int, slug: str) -> Enrolment | None:
    query = (
        sa.select(Enrolment)
        .join(Programme, Programme.id == Enrolment.programme_id)
        .where(Enrolment.account_id == account_id, Programme.slug == slug)
        .order_by(Programme.version.desc())
    )
    return session.scalars(query).first()


def _course(session: Session, enrolment: Enrolment, course_id: int) -> Course:
    course = session.get(Course, course_id) if 0 < course_id <= GREATEST_ID else None
    if course is None or course.programme_slug != enrolment.programme.slug:
        raise NotFound("没有找到这门课程。")
    return course


def _require_open(session: Session, enrolment: Enrolment, now: datetime) -> None:
    if study_closes_at(programmes.get(session, enrolment.programme_id), now) is None:
        raise StudyOver


def _require_room(session: Session, enrolment: Enrolment, course: Course) -> None:
    rule = programmes.get(session, enrolment.programme_id).hours
    if rule.max_choose is None:
        return
    chosen = session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(Lesson.duration), 0))
        .join(CourseChoice, CourseChoice.course_id == Lesson.course_id)
        .where(CourseChoice.enrolment_id == enrolment.id)
    )
    if int(chosen or 0) + sum(lesson.duration for lesson in course.lessons) > rule.max_choose * rule.hour_seconds:
        raise TooManyHours(f"本项目最多可选 {rule.max_choose:g} 学时的课程，加上这门就超过了。")
