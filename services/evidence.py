"""What became of a teacher's time: one entry a session, every withheld second with its reason."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from heartbeat.reasons import WHY
from models import Course, Lesson, StudySession
from services.enrolling import enrolments
from services.errors import NotFound

#: The newest sessions that one answer holds.
MOST = 200


def of_enrolment(session: Session, account_id: int, enrolment_id: int, lesson_id: int | None) -> list[dict[str, Any]]:
    """The sessions of one's own enrolment, newest first; seconds. Raises NotFound."""
    enrolment = enrolments.owned(session, account_id, enrolment_id)
    query = (
        sa.select(StudySession, Lesson, Course)
        .join(Lesson, Lesson.id == StudySession.lesson_id)
        .join(Course, Course.id == Lesson.course_id)
        .where(StudySession.enrolment_id == enrolment.id)
        .order_by(StudySession.opened_at.desc())
        .limit(MOST)
    )
    if lesson_id is not None:
        if not 0 < lesson_id <= enrolments.GREATEST_ID or session.get(Lesson, lesson_id) is None:
            raise NotFound("没有找到这个课时。")
        query = query.where(StudySession.lesson_id == lesson_id)
    return [_entry(row, lesson, course) for row, lesson, course in session.execute(query)]


def _entry(row: StudySession, lesson: Lesson, course: Course) -> dict[str, Any]:
    return {
        "session_id": row.id,
        "course": course.title,
        "lesson_id": lesson.id,
        "lesson": lesson.title,
        "device": row.device,
        "opened_at": _told(row.opened_at),
        "last_beat_at": _told(row.last_beat_at),
        "ended_at": _told(row.ended_at),
        "end_reason": row.end_reason,
        "reported": row.reported,
        "credited": row.credited,
        "pending": row.pending,
        "withheld": row.withheld,
        "why": {reason: WHY[reason] for reason in row.withheld},
        "presence": {"asked": row.checks_asked, "answered": row.checks_answered, "missed": row.checks_missed},
    }


def _told(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="milliseconds") if moment else None
