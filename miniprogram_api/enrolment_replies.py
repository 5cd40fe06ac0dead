"""What /v1/enrolments answers. Hours are credit hours (学时), points 分, durations and credited seconds; times carry an offset."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from flask import Response
from pydantic import AwareDatetime, BaseModel, Field, RootModel

from models import Enrolment
from programmes.scoring import ScoreCard
from services.catalogue import media_address
from services.progress import CourseProgress

SHANGHAI = ZoneInfo("Asia/Shanghai")


class EnrolmentReply(BaseModel):
    enrolment_id: int
    programme: str = Field(description="The programme's title.")
    programme_id: str = Field(description="The programme's key, the same over all its versions.")
    phase: str | None = Field(description="The key of the phase that holds now; null between and outside phases.")
    phase_title: str = Field(description="For people: the phase, or 未开始, 间歇, 已结束.")
    study_open: bool = Field(description="Whether seconds studied now count.")
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


class EnrolmentList(RootModel[list[EnrolmentReply]]):
    pass


class NotCountedReply(BaseModel):
    kind: str = Field(description="activity or homework")
    title: str
    points: float
    clause: str


class ModuleReply(BaseModel):
    key: str
    title: str
    clause: str = Field(description="Where the notice says so.")
    hours_required: float
    hours_credited: float
    hours_counted: float
    hours_missing: float = Field(description="Rounded up to tenths: 0 only when nothing is missing.")
    points: float
    points_max: float
    not_counted: list[NotCountedReply] = Field(description="Parts of the score that are not counted yet.")


class ScoreCardReply(EnrolmentReply):
    version: int = Field(description="The programme's version.")
    as_of: AwareDatetime
    total: float = Field(description="The full mark that the notice announces.")
    modules: list[ModuleReply]
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
    chosen: bool
    lessons: list[LessonReply]


class CourseList(RootModel[list[CourseReply]]):
    pass


def enrolment_list(rows: Iterable[tuple[Enrolment, ScoreCard]]) -> Response:
    return _json(EnrolmentList([EnrolmentReply(**_heading(enrolment, card)) for enrolment, card in rows]))


def score_card_reply(enrolment: Enrolment, card: ScoreCard) -> Response:
    return _json(
        ScoreCardReply(
            **_heading(enrolment, card),
            version=card.version,
            as_of=_local(card.on),
            total=card.total,
            modules=[ModuleReply.model_validate(msgspec.to_builtins(module)) for module in card.modules],
            missing=list(card.missing),
            note=card.note,
        )
    )


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


def _heading(enrolment: Enrolment, card: ScoreCard) -> dict[str, object]:
    return {
        "enrolment_id": enrolment.id,
        "programme": card.title,
        "programme_id": card.programme,
        "phase": card.phase,
        "phase_title": card.phase_title,
        "study_open": card.study_open,
        "study_closes_at": card.study_closes_at and _local(card.study_closes_at),
        "status": enrolment.status,
        "score": card.score,
        "pass_mark": card.pass_mark,
        "passed": card.passed,
        "hours_credited": card.hours_credited,
        "hours_counted": card.hours_counted,
        "hours_required": card.hours_required,
    }


def _local(moment: datetime) -> datetime:
    return moment.astimezone(SHANGHAI)


def _json(reply: BaseModel) -> Response:
    return Response(reply.model_dump_json(), mimetype="application/json")
