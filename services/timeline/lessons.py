"""Which parts of a lesson were credited, wait for a check, or were never counted (学习覆盖图)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from redis.exceptions import RedisError
from sqlalchemy.orm import Session

from heartbeat import bitmap
from heartbeat.outage import is_outage
from heartbeat.store import Store
from models import Course, Coverage, Enrolment, HourCorrection, Lesson, StudySession
from services import study
from services.hour_corrections import APPROVED, lesson_of
from services.timeline import reckoning, sources
from services.timeline.entries import Entry
from services.timeline.reckoning import Reckoning

Spans = tuple[tuple[int, int], ...]
#: Lessons on one page, and sessions of one lesson.
MOST_LESSONS, MOST_SESSIONS = 300, 100


@dataclass(frozen=True)
class Picture:
    """Half-open spans of media seconds. `corrected` lies within `credited`; `missing` is neither credited nor pending.

    `reported`, `withheld`: seconds of all sessions together; where in the lesson they were withheld is not kept.
    """

    lesson_id: int
    lesson: str
    course: str
    duration: int
    credited: Spans
    corrected: Spans
    pending: Spans
    missing: Spans
    seconds: int
    reported: int = 0
    withheld: int = 0


@dataclass(frozen=True)
class Story:
    """One lesson with its sessions, the newest first."""

    picture: Picture
    counted: Reckoning
    sessions: list[Entry] = field(default_factory=list)


def of_enrolment(session: Session, enrolment: Enrolment) -> list[Picture]:
    """Every lesson that was credited or played, in the order of the catalogue. Pending seconds are told by `of_lesson` alone."""
    played = {
        row.lesson_id: row
        for row in session.execute(
            sa.select(
                StudySession.lesson_id,
                sa.func.sum(StudySession.reported).label("reported"),
                sa.func.sum(StudySession.credited + StudySession.pending).label("placed"),
            )
            .where(StudySession.enrolment_id == enrolment.id)
            .group_by(StudySession.lesson_id)
        )
    }
    held = {
        row.lesson_id: row.bitmap
        for row in session.execute(
            sa.select(Coverage.lesson_id, Coverage.bitmap).where(Coverage.enrolment_id == enrolment.id)
        )
    }
    corrected = _corrected(session, enrolment)
    rows = session.execute(
        sa.select(Lesson, Course.title)
        .join(Course, Course.id == Lesson.course_id)
        .where(Lesson.id.in_(played.keys() | held.keys()))
        .order_by(Course.code, Lesson.position)
        .limit(MOST_LESSONS)
    )
    return [
        _picture(lesson, course, held.get(lesson.id, b""), corrected.get(lesson.id, b""), b"", played.get(lesson.id))
        for lesson, course in rows
    ]


def of_lesson(session: Session, store: Store, enrolment: Enrolment, lesson_id: int, now: datetime) -> Story:
    """One lesson of the enrolment's programme. Raises NotFound."""
    lesson = lesson_of(session, enrolment, lesson_id)
    rows = session.scalars(
        sa.select(StudySession)
        .where(StudySession.enrolment_id == enrolment.id, StudySession.lesson_id == lesson.id)
        .order_by(StudySession.opened_at.desc(), StudySession.id.desc())
        .limit(MOST_SESSIONS)
    ).all()
    known = session.get(Coverage, (enrolment.id, lesson.id))
    waiting = _pending(
        store, enrolment.account_id, [r.id for r in rows if r.pending and r.opened_at > now - study.RECENT]
    )
    counted = reckoning.of(rows)
    totals = _Totals(counted.reported, counted.credited + counted.pending)
    corrected = _corrected(session, enrolment).get(lesson.id, b"")
    course = lesson.course.title
    picture = _picture(lesson, course, known.bitmap if known else b"", corrected, waiting, totals)
    return Story(picture, counted, [sources.study(row, lesson.title, course) for row in rows])


@dataclass(frozen=True)
class _Totals:
    reported: int
    placed: int


def _corrected(session: Session, enrolment: Enrolment) -> dict[int, bytes]:
    """By lesson, what corrections added."""
    found: dict[int, bytes] = {}
    query = sa.select(HourCorrection.lesson_id, HourCorrection.bitmap).where(
        HourCorrection.enrolment_id == enrolment.id, HourCorrection.state == APPROVED
    )
    for row in session.execute(query):
        found[row.lesson_id] = bitmap.union(found.get(row.lesson_id, b""), row.bitmap or b"")
    return found


def _pending(store: Store, account_id: int, session_ids: list[str]) -> bytes:
    """Seconds that wait for a presence check; nothing while Redis is away."""
    try:
        found: Iterable[bytes] = store.pending(account_id, session_ids).values()
    except RedisError as error:
        if not is_outage(error):
            raise
        found = ()
    union = b""
    for bits in found:
        union = bitmap.union(union, bits)
    return union


def _picture(lesson: Lesson, course: str, held: bytes, corrected: bytes, waiting: bytes, played: Any) -> Picture:
    credited = _within(held, lesson.duration)
    pending = _within(_less(waiting, held), lesson.duration)
    reported = int(played.reported) if played else 0
    return Picture(
        lesson_id=lesson.id,
        lesson=lesson.title,
        course=course,
        duration=lesson.duration,
        credited=credited,
        corrected=_within(corrected, lesson.duration),
        pending=pending,
        missing=_gaps(sorted([*credited, *pending]), lesson.duration),
        seconds=sum(last - first for first, last in credited),
        reported=reported,
        withheld=max(0, reported - int(played.placed)) if played else 0,
    )


def _within(bits: bytes, duration: int) -> Spans:
    return tuple((first, min(last, duration)) for first, last in bitmap.intervals(bits) if first < duration)


def _less(bits: bytes, without: bytes) -> bytes:
    left = int.from_bytes(bits, "little") & ~int.from_bytes(without, "little")
    return left.to_bytes(len(bits), "little")


def _gaps(spans: list[tuple[int, int]], duration: int) -> Spans:
    edges = [0, *(edge for span in spans for edge in span), duration]
    return tuple((edges[i], edges[i + 1]) for i in range(0, len(edges), 2) if edges[i] < edges[i + 1])
