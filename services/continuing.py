"""Where a teacher goes on studying (继续学习): the lesson that one tap opens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Course, CourseChoice, Coverage, Enrolment, Lesson, StudySession
from services import programmes

WITHDRAWN = "withdrawn"
#: Players stop a moment before the end: a lesson that lacks no more seconds than this is done with, or nobody would get past it.
SLACK = 3


@dataclass(frozen=True)
class NextLesson:
    """`duration` and `credited` in seconds; `last_studied_at` None: not opened yet in this enrolment."""

    lesson_id: int
    lesson: str
    course_id: int
    course: str
    duration: int
    credited: int
    last_studied_at: datetime | None


@dataclass(frozen=True)
class _Place:
    """A lesson of a chosen course, and where it stands in the list: the number of its course, and its own in that."""

    course: int
    lesson: int
    row: NextLesson

    @property
    def left(self) -> bool:
        row = self.row
        return row.credited == 0 or row.duration - row.credited > SLACK


def of(session: Session, rows: Sequence[Enrolment]) -> dict[int, NextLesson]:
    """By enrolment id: the lesson last opened of those not wholly credited; else the next one after the lesson last opened, in its
    course and then in the other chosen courses as the list has them. Two queries for any number of enrolments.

    Without an entry: nothing is chosen or left, or the teacher withdrew.
    """
    taking_part = {row.id: row for row in rows if row.status != WITHDRAWN}
    if not taking_part:
        return {}
    opened = _opened(session, list(taking_part))
    chosen = _chosen(session, taking_part, opened)
    found = {enrolment_id: _next(places) for enrolment_id, places in chosen.items()}
    return {enrolment_id: row for enrolment_id, row in found.items() if row is not None}


def _next(places: Sequence[_Place]) -> NextLesson | None:
    left = [place for place in places if place.left]
    begun = [place for place in places if place.row.last_studied_at is not None]
    last = max(begun, key=_when, default=None)
    if last is None or not left:
        return left[0].row if left else None
    interrupted = max((place for place in begun if place.left), key=_when, default=None)
    if interrupted is not None:
        return interrupted.row
    # After the last one, and round: first its own course, then the next ones.
    courses, lessons = places[-1].course + 1, max(place.lesson for place in places) + 1
    return min(
        left,
        key=lambda place: (
            (place.course - last.course) % courses,
            (place.lesson - last.lesson) % lessons if place.course == last.course else place.lesson,
        ),
    ).row


def _when(place: _Place) -> float:
    return place.row.last_studied_at.timestamp() if place.row.last_studied_at else 0.0


def _opened(session: Session, enrolment_ids: Sequence[int]) -> dict[tuple[int, int], datetime]:
    """When each lesson was last studied, by (enrolment, lesson)."""
    seen = sa.func.max(sa.func.coalesce(StudySession.last_beat_at, StudySession.opened_at))
    query = (
        sa.select(StudySession.enrolment_id, StudySession.lesson_id, seen)
        .where(StudySession.enrolment_id.in_(enrolment_ids))
        .group_by(StudySession.enrolment_id, StudySession.lesson_id)
    )
    return {(enrolment_id, lesson_id): moment for enrolment_id, lesson_id, moment in session.execute(query)}


def _chosen(
    session: Session, enrolments: Mapping[int, Enrolment], opened: Mapping[tuple[int, int], datetime]
) -> dict[int, list[_Place]]:
    """The lessons of the chosen courses of each enrolment, as the list of courses has them (services.progress.courses)."""
    query = (
        sa.select(
            CourseChoice.enrolment_id,
            Course.module,
            Course.id.label("course_id"),
            Course.title.label("course"),
            Lesson.id.label("lesson_id"),
            Lesson.title.label("lesson"),
            Lesson.duration,
            sa.func.coalesce(Coverage.credited, 0).label("credited"),
        )
        .join(Course, Course.id == CourseChoice.course_id)
        .join(Lesson, Lesson.course_id == Course.id)
        .outerjoin(
            Coverage, sa.and_(Coverage.enrolment_id == CourseChoice.enrolment_id, Coverage.lesson_id == Lesson.id)
        )
        .where(CourseChoice.enrolment_id.in_(enrolments))
        .order_by(Course.code, Course.id, Lesson.position, Lesson.id)
    )
    by_enrolment: dict[int, list[sa.Row[int, str, int, str, int, str, int, int]]] = {}
    for row in session.execute(query):
        by_enrolment.setdefault(row.enrolment_id, []).append(row)
    found: dict[int, list[_Place]] = {}
    for enrolment_id, rows in by_enrolment.items():
        order = [module.key for module in programmes.get(session, enrolments[enrolment_id].programme_id).modules]
        rows.sort(key=lambda row: order.index(row.module) if row.module in order else len(order))
        places: list[_Place] = []
        for row in rows:
            before = places[-1] if places else None
            if before is None:
                course, lesson = 0, 0
            elif before.row.course_id == row.course_id:
                course, lesson = before.course, before.lesson + 1
            else:
                course, lesson = before.course + 1, 0
            following = NextLesson(
                row.lesson_id,
                row.lesson,
                row.course_id,
                row.course,
                row.duration,
                row.credited,
                opened.get((enrolment_id, row.lesson_id)),
            )
            places.append(_Place(course, lesson, following))
        found[enrolment_id] = places
    return found
