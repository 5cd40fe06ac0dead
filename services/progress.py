"""What a teacher has reached: score cards and course lists, from the credited seconds in SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from models import Course, CourseChoice, Coverage, Enrolment, Lesson
from programmes.card import ScoreCard, score
from programmes.evidence import Evidence, LessonEvidence
from programmes.sentences import rounded_down
from services import programmes, standings
from services.enrolling import enrolments
from services.errors import Invalid
from services.handing_in import achievements


@dataclass(frozen=True)
class CourseProgress:
    """A course of the catalogue; `hours` in credit hours, `credited` holds seconds by lesson id."""

    course: Course
    hours: float
    chosen: bool
    credited: dict[int, int]


def score_card(session: Session, enrolment: Enrolment, now: datetime) -> ScoreCard:
    """The enrolment's score card as it stands."""
    return score(programmes.get(session, enrolment.programme_id), evidence(session, [enrolment])[enrolment.id], now)


def overview(session: Session, account_id: int, now: datetime) -> list[tuple[Enrolment, ScoreCard]]:
    """The account's enrolments with their cards, the latest first."""
    rows = enrolments.of_account(session, account_id)
    seen = evidence(session, rows)
    return [(row, score(programmes.get(session, row.programme_id), seen[row.id], now)) for row in rows]


def evidence(session: Session, rows: Sequence[Enrolment]) -> dict[int, Evidence]:
    """All that counts for each enrolment; a few queries for any number of rows (services.results has what counts for very many)."""
    lessons = _lessons(session, rows)
    items = achievements.items(session, [row.id for row in rows])
    standing = standings.of(session, rows)
    return {row.id: Evidence(tuple(lessons[row.id]), tuple(items[row.id]), standing[row.id]) for row in rows}


def _lessons(session: Session, rows: Sequence[Enrolment]) -> dict[int, list[LessonEvidence]]:
    """Credited seconds by lesson of each enrolment.

    Whatever was credited counts, chosen or not: opening a lesson chooses its course, and a studied course cannot be dropped.
    """
    found: dict[int, list[LessonEvidence]] = {row.id: [] for row in rows}
    query = (
        sa.select(
            Coverage.enrolment_id,
            Course.module,
            Lesson.id,
            Lesson.duration,
            Coverage.credited,
            Course.ability,
            Course.dimension,
        )
        .join(Lesson, Lesson.id == Coverage.lesson_id)
        .join(Course, Course.id == Lesson.course_id)
        .where(Coverage.enrolment_id.in_(found))
    )
    for row in session.execute(query):
        found[row.enrolment_id].append(
            LessonEvidence(row.module, row.id, row.duration, row.credited, row.ability, row.dimension)
        )
    return found


def courses(
    session: Session, enrolment: Enrolment, module: str | None = None, chosen: bool | None = None
) -> list[CourseProgress]:
    """The catalogue as this enrolment sees it, by module in the notice's order. Raises Invalid for an unknown module.

    Where the notice has each stage and subject choose its own, the others' courses are left out; what was chosen before stays.
    """
    notice = programmes.get(session, enrolment.programme_id)
    order = [known.key for known in notice.modules]
    if module is not None and module not in order:
        raise Invalid.field("module", f"没有这个模块，本项目的模块是 {'、'.join(order)}")
    query = sa.select(Course).where(Course.programme_slug == enrolment.programme.slug).order_by(Course.code)
    if module is not None:
        query = query.where(Course.module == module)
    rows = session.scalars(query.options(selectinload(Course.lessons))).all()
    choices = set(session.scalars(sa.select(CourseChoice.course_id).where(CourseChoice.enrolment_id == enrolment.id)))
    credited = _credited(session, enrolment)
    listed = [
        CourseProgress(
            course=row,
            hours=rounded_down(Fraction(sum(lesson.duration for lesson in row.lessons), notice.hours.hour_seconds)),
            chosen=row.id in choices or any(lesson.id in credited for lesson in row.lessons),
            credited={lesson.id: credited.get(lesson.id, 0) for lesson in row.lessons},
        )
        for row in sorted(rows, key=lambda row: order.index(row.module) if row.module in order else len(order))
    ]
    own = [item for item in listed if item.chosen or enrolments.may_choose(notice, enrolment.account, item.course)]
    return [item for item in own if chosen is None or item.chosen == chosen]


def _credited(session: Session, enrolment: Enrolment) -> dict[int, int]:
    query = sa.select(Coverage.lesson_id, Coverage.credited).where(Coverage.enrolment_id == enrolment.id)
    return {lesson_id: seconds for lesson_id, seconds in session.execute(query) if seconds}
