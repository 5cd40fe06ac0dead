"""What /v1/enrolments answers. Hours are credit hours (学时), points 分, durations and credited seconds; times carry an offset."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from flask import Response
from pydantic import AwareDatetime, BaseModel, Field, RootModel

from models import Enrolment
from programmes.card import ScoreCard
from services.catalogue import media_address
from services.continuing import NextLesson
from services.progress import CourseProgress

SHANGHAI = ZoneInfo("Asia/Shanghai")


class ContinueReply(BaseModel):
    """A lesson to go on with."""

    lesson_id: int
    lesson: str = Field(description="The lesson's title.")
    course_id: int
    course: str = Field(description="The course's title.")
    duration: int
    credited: int
    last_studied_at: AwareDatetime | None = Field(description="Null: not opened yet in this enrolment.")


class EnrolmentReply(BaseModel):
    enrolment_id: int
    programme: str = Field(description="The programme's title.")
    programme_id: str = Field(description="The programme's key, the same over all its versions.")
    phase: str | None = Field(description="The key of the phase that holds now; null between and outside phases.")
    phase_title: str = Field(description="For people: the phase, or 未开始, 间歇, 已结束.")
    study_open: bool = Field(description="Whether seconds studied now count.")
    study_opens_at: AwareDatetime | None = Field(description="When seconds begin to count (again); null while they do.")
    study_closes_at: AwareDatetime | None = Field(
        description="The first instant that is too late; null once it passed."
    )
    status: str
    score: float
    pass_mark: float
    passed: bool
    hours_credited: float = Field(description="All credit hours earned.")
    hours_counted: float = Field(description="Those that count: in each module at most what it requires.")
    hours_required: float
    summary: str = Field(description="What is still missing, in one Chinese line.")
    continue_with: ContinueReply | None = Field(
        description="The lesson last opened of those not wholly credited, else the next of the courses chosen; null: none is left."
    )


class EnrolmentList(RootModel[list[EnrolmentReply]]):
    pass


class ModuleReply(BaseModel):
    key: str
    title: str
    clause: str = Field(description="Where the notice says so.")
    assumed: str = Field(description="What is taken for granted where the notice is silent; may be empty.")
    hours_required: float
    hours_credited: float
    hours_counted: float
    hours_missing: float = Field(description="Rounded up to tenths: 0 only when nothing is missing.")
    points: float = Field(description="Of the parts that belong to this module.")
    points_max: float


class PartReply(BaseModel):
    key: str
    kind: str = Field(description="courses, submitted, graded, certified, assessed, marked, attended or rated")
    title: str
    clause: str
    assumed: str
    module: str | None
    dimension: str | None
    points: float
    points_max: float
    best: float = Field(description="What it can still come to.")
    says: str = Field(description="The reckoning, in Chinese.")
    missing: str = Field(description="What it still lacks, in Chinese; may be empty.")
    ignored: list[str] = Field(description="What does not count, and why, in Chinese.")


class DimensionReply(BaseModel):
    key: str
    title: str
    clause: str
    points: float
    mark: float
    passed: bool


class PaperReply(BaseModel):
    key: str
    title: str
    clause: str
    due: bool
    blocked: list[str] = Field(description="Why it may not be printed yet, in Chinese.")


class ScoreCardReply(EnrolmentReply):
    version: int = Field(description="The programme's version.")
    as_of: AwareDatetime
    total: float = Field(description="The full mark that the notice announces.")
    best: float = Field(description="The most that can still be reached.")
    can_pass: bool = Field(description="Whether that passes.")
    why: str = Field(description="Why it passes or does not, in Chinese.")
    credits: float | None = Field(description="学分; null where the programme has none, or the teacher is exempt.")
    exempt: str = Field(description="The certificate that exempts (免修); empty: none.")
    modules: list[ModuleReply]
    parts: list[PartReply]
    dimensions: list[DimensionReply] = Field(description="Sides that must each be passed.")
    papers: list[PaperReply]
    missing: list[str] = Field(description="What is still missing, in Chinese sentences.")
    note: str = Field(description="What the score leaves out, in Chinese; may be empty.")


class LessonReply(BaseModel):
    lesson_id: int
    code: str
    title: str
    duration: int
    credited: int
    media_url: str


class CourseReply(BaseModel):
    course_id: int
    code: str
    title: str
    module: str
    stage: str = Field(description="学段; empty: for all.")
    subject: str = Field(description="学科; empty: for all.")
    hours: float = Field(description="Credit hours of all its lessons, rounded down to tenths.")
    chosen: bool
    lessons: list[LessonReply]


class CourseList(RootModel[list[CourseReply]]):
    pass


def enrolment_list(rows: Iterable[tuple[Enrolment, ScoreCard]], following: Mapping[int, NextLesson]) -> Response:
    """`following`: what to go on with, by enrolment id, where there is something."""
    return _json(
        EnrolmentList(
            [EnrolmentReply(**_heading(enrolment, card, following.get(enrolment.id))) for enrolment, card in rows]
        )
    )


def score_card_reply(enrolment: Enrolment, card: ScoreCard, following: NextLesson | None) -> Response:
    told = msgspec.to_builtins(card)
    rest = {
        name: told[name] for name in ScoreCardReply.model_fields.keys() - EnrolmentReply.model_fields.keys() - {"as_of"}
    }
    heading = _heading(enrolment, card, following)
    return _json(ScoreCardReply.model_validate({**heading, "as_of": _local(card.on), **rest}))


def course_list(rows: Iterable[CourseProgress], media_url: str) -> Response:
    return _json(CourseList([_course(row, media_url) for row in rows]))


def _course(row: CourseProgress, media_url: str) -> CourseReply:
    return CourseReply(
        course_id=row.course.id,
        code=row.course.code,
        title=row.course.title,
        module=row.course.module,
        stage=row.course.stage,
        subject=row.course.subject,
        hours=row.hours,
        chosen=row.chosen,
        lessons=[
            LessonReply(
                lesson_id=lesson.id,
                code=lesson.code,
                title=lesson.title,
                duration=lesson.duration,
                credited=row.credited[lesson.id],
                media_url=media_address(media_url, lesson),
            )
            for lesson in row.course.lessons
        ],
    )


def _heading(enrolment: Enrolment, card: ScoreCard, following: NextLesson | None) -> dict[str, object]:
    return {
        "enrolment_id": enrolment.id,
        "programme": card.title,
        "programme_id": card.programme,
        "phase": card.phase,
        "phase_title": card.phase_title,
        "study_open": card.study_open,
        "study_opens_at": card.study_opens_at and _local(card.study_opens_at),
        "study_closes_at": card.study_closes_at and _local(card.study_closes_at),
        "status": enrolment.status,
        "score": card.score,
        "pass_mark": card.pass_mark,
        "passed": card.passed,
        "hours_credited": card.hours_credited,
        "hours_counted": card.hours_counted,
        "hours_required": card.hours_required,
        "summary": card.summary,
        "continue_with": following and _continue(following),
    }


def _continue(following: NextLesson) -> ContinueReply:
    last = following.last_studied_at
    return ContinueReply(
        lesson_id=following.lesson_id,
        lesson=following.lesson,
        course_id=following.course_id,
        course=following.course,
        duration=following.duration,
        credited=following.credited,
        last_studied_at=last and _local(last),
    )


def _local(moment: datetime) -> datetime:
    return moment.astimezone(SHANGHAI)


def _json(reply: BaseModel) -> Response:
    return Response(reply.model_dump_json(), mimetype="application/json")
