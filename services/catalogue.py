"""The catalogue (课程目录) of a programme: import it from a file, again and again, without hurting what was studied."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from models import Course, Coverage, Lesson
from programmes import ProgrammeError
from programmes import catalogue as files
from programmes.catalogue import Catalogue, CourseEntry
from services import programmes


@dataclass
class Imported:
    """How many rows an import added or changed; rows that the file does not name stay as they are."""

    courses_added: int = 0
    lessons_added: int = 0
    changed: int = 0


def import_catalogue(session: Session, slug: str, text: str) -> Imported:
    """Bring the catalogue of the programme `slug` to what the file says.

    Everything is checked before anything is written. Raises NotFound (no such programme), ProgrammeError with every bad row.
    """
    programme = programmes.get(session, programmes.latest(session, slug).id)
    wanted = files.load(text, programme)
    known = sa.select(Course).where(Course.programme_slug == slug).options(selectinload(Course.lessons))
    courses = {course.code: course for course in session.scalars(known)}
    problems = list(_would_hurt(wanted, courses, _studied(session, slug)))
    if problems:
        raise ProgrammeError(problems)
    result = Imported()
    for entry in wanted.courses:
        course = courses.get(entry.code)
        if course is None:
            course = Course(programme_slug=slug, code=entry.code)
            session.add(course)
            result.courses_added += 1
        named = {name: getattr(entry, name) for name in ("module", "title", "stage", "subject", "ability", "dimension")}
        result.changed += _set(course, **named)
        _bring_lessons(entry, course, result)
    session.flush()
    return result


def media_address(media_url: str, lesson: Lesson) -> str:
    """Where a player finds the lesson's video: below `media_url`, unless the catalogue gives a whole address."""
    return lesson.media if lesson.media.startswith("https://") else f"{media_url}/{quote(lesson.media)}"


def _bring_lessons(entry: CourseEntry, course: Course, result: Imported) -> None:
    lessons = {lesson.code: lesson for lesson in course.lessons}
    for position, wanted in enumerate(entry.lessons, 1):
        lesson = lessons.get(wanted.code)
        if lesson is None:
            lesson = Lesson(code=wanted.code)
            course.lessons.append(lesson)
            result.lessons_added += 1
        result.changed += _set(
            lesson, title=wanted.title, position=position, duration=wanted.duration, media=wanted.media
        )


def _set(row: Course | Lesson, **values: object) -> int:
    """Write what differs; 1 if a row that was there changed."""
    differing = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in differing.items():
        setattr(row, name, value)
    return int(bool(differing) and row.id is not None)


def _studied(session: Session, slug: str) -> set[int]:
    """Lessons of the programme of which somebody has credited seconds."""
    query = (
        sa.select(Coverage.lesson_id)
        .join(Lesson, Lesson.id == Coverage.lesson_id)
        .join(Course, Course.id == Lesson.course_id)
        .where(Course.programme_slug == slug, Coverage.credited > 0)
        .distinct()
    )
    return set(session.scalars(query))


def _would_hurt(wanted: Catalogue, courses: dict[str, Course], studied: set[int]) -> Iterator[str]:
    """Changes that would take credited seconds away, or turn them into another module's hours."""
    for number, entry in enumerate(wanted.courses, 1):
        course = courses.get(entry.code)
        if course is None:
            continue
        row = f"第 {number} 门课程 {entry.code}“{entry.title}”"
        if course.module != entry.module and any(lesson.id in studied for lesson in course.lessons):
            yield f"{row}：已有人学过，不能从模块 {course.module} 改到 {entry.module}"
        durations = {lesson.code: lesson.duration for lesson in course.lessons if lesson.id in studied}
        for place, lesson in enumerate(entry.lessons, 1):
            before = durations.get(lesson.code, 0)
            if lesson.duration < before:
                yield f"{row}第 {place} 个课时：已有人学过，时长不能从 {before} 秒改短为 {lesson.duration} 秒"
