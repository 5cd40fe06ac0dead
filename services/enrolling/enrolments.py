"""Enrolments (报名) and the courses a teacher chooses (选课)."""

from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

import programmes as notices
from models import Account, Course, CourseChoice, Coverage, Enrolment, Lesson, Programme
from programmes.calendar import lessons_open, lessons_open_next, study_closes_at
from services import programmes
from services.enrolling import quotas
from services.errors import Conflict, NotFound

#: What becomes of an enrolment; an exempt one (免修) and a withdrawn one (退出) keep all that was earned.
ACTIVE, EXEMPT, WITHDRAWN = "active", "exempt", "withdrawn"
#: Why there is an enrolment.
ROSTER, MAKE_UP = "roster", "make_up"
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


class StudyNotOpen(Conflict):
    """学习还没有开放。"""

    code = "study_not_open"


class NotYourSubject(Conflict):
    """这门课程不属于您的学段学科，请选择本学段本学科的课程或公共课程。"""

    code = "not_your_subject"


class Withdrawn(Conflict):
    """您已退出这个项目，不能再学习；如有疑问请联系学校管理员。"""

    code = "enrolment_withdrawn"


class StageInNoTrack(Conflict):
    """学段不在本项目的任何报名项目中。"""

    code = "stage_in_no_track"


def enrol(
    session: Session,
    account: Account,
    programme: Programme,
    school_id: int | None,
    now: datetime,
    *,
    origin: str = ROSTER,
) -> Enrolment:
    """The account's enrolment in this programme, made if need be. One in an earlier version is returned as it is.

    Raises StageInNoTrack, QuotaMissing, QuotaFull.
    """
    found = in_programme(session, account.id, programme.slug)
    if found:
        return found
    notice = programmes.get(session, programme.id)
    track = track_of(notice, account.stage or "")
    if track is None:
        raise StageInNoTrack(no_track(notice, account.stage or ""))
    quotas.take(session, notice, school_id, track)
    enrolment = Enrolment(
        account_id=account.id,
        programme_id=programme.id,
        school_id=school_id,
        track=track,
        status=ACTIVE,
        origin=origin,
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


def track_of(programme: notices.Programme, stage: str) -> str | None:
    """The key of the track (报名项目) that takes this stage; "" where the programme has none; None where no track takes it."""
    tracks = programme.enrolment.tracks
    return next((track.key for track in tracks if stage in track.stages), None) if tracks else ""


def no_track(programme: notices.Programme, stage: str) -> str:
    """Why track_of found none, as a Chinese sentence."""
    known = "、".join(stage for track in programme.enrolment.tracks for stage in track.stages)
    return (
        f"学段“{stage}”不在本项目的报名项目中，应为：{known}"
        if stage
        else f"本项目按学段分项目报名，请填写学段：{known}"
    )


def move_to(session: Session, programme: Programme) -> int:
    """Bring the enrolments of earlier versions to this one, with all they hold; how many moved."""
    earlier = sa.select(Programme.id).where(Programme.slug == programme.slug, Programme.version < programme.version)
    session.flush()
    moved = session.execute(
        sa.update(Enrolment)
        .where(Enrolment.programme_id.in_(earlier))
        .values(programme_id=programme.id)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()  # enrolments read before would still name the earlier version
    return cast("sa.CursorResult[Any]", moved).rowcount


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


def withdraw(enrolment: Enrolment) -> None:
    """The teacher no longer takes part (退出); all that was earned stays. Again is harmless."""
    enrolment.status, enrolment.exemption = WITHDRAWN, ""


def reinstate(session: Session, enrolment: Enrolment) -> None:
    """Undo withdraw. Raises QuotaMissing, QuotaFull: the place may have gone to somebody else."""
    if enrolment.status == WITHDRAWN:
        quotas.take(session, programmes.get(session, enrolment.programme_id), enrolment.school_id, enrolment.track)
        enrolment.status = ACTIVE


def choose(session: Session, enrolment: Enrolment, course_id: int, now: datetime) -> None:
    """Choose a course of the programme's catalogue; again is harmless.

    Raises NotFound, Withdrawn, StudyOver, NotYourSubject, TooManyHours.
    """
    course = _course(session, enrolment, course_id)
    if session.get(CourseChoice, (enrolment.id, course.id)) is None:
        if enrolment.status == WITHDRAWN:
            raise Withdrawn
        _require_open(session, enrolment, now)
        if not may_choose(programmes.get(session, enrolment.programme_id), enrolment.account, course):
            raise NotYourSubject
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
    """Opening a lesson chooses its course, as long as there is studying; later it may be watched and is chosen no more.

    Raises NotFound (a lesson of another programme), Withdrawn, StudyNotOpen, StudyOver, NotYourSubject, TooManyHours.
    """
    course = _course(session, enrolment, lesson.course_id)
    notice = programmes.get(session, enrolment.programme_id)
    if enrolment.status == WITHDRAWN:
        raise Withdrawn
    _require_lessons_open(notice, now)
    if session.get(CourseChoice, (enrolment.id, course.id)) is None:
        if not may_choose(notice, enrolment.account, course):
            raise NotYourSubject
        if study_closes_at(notice, now) is not None:
            _add_choice(session, enrolment, course, now)


def may_choose(programme: notices.Programme, account: Account, course: Course) -> bool:
    """Whether the course is for all, or for the account's stage and subject; where the notice gives no choice, all courses are."""
    if programme.choice is None:
        return True
    return course.stage in ("", account.stage) and course.subject in ("", account.subject)


def _add_choice(session: Session, enrolment: Enrolment, course: Course, now: datetime) -> None:
    _require_room(session, enrolment, course)
    try:
        with session.begin_nested():
            session.add(CourseChoice(enrolment_id=enrolment.id, course_id=course.id, chosen_at=now))
    except IntegrityError:
        pass  # chosen on another device since we looked


def in_programme(session: Session, account_id: int, slug: str) -> Enrolment | None:
    """The account's enrolment in this programme, whichever version; withdrawn ones too."""
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


def _require_lessons_open(programme: notices.Programme, now: datetime) -> None:
    if lessons_open(programme, now):
        return
    opens = lessons_open_next(programme, now)
    if opens is None:
        raise StudyOver("本项目的学习和回看时间都已结束，课程不再开放。")
    local = opens.astimezone(programme.zone)
    raise StudyNotOpen(
        f"现在不是学习时间，课程将于 {local:%Y 年 %-m 月 %-d 日 %H:%M} 开放。",
        opens_at=local.isoformat(timespec="seconds"),
    )


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
