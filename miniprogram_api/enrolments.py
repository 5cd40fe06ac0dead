"""A teacher's enrolments (报名): what is reached, what is missing, and which courses are chosen."""

from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from pydantic import BaseModel, Field

from miniprogram_api.access import ACCESS_TOKEN
from miniprogram_api.bodies import problems
from miniprogram_api.context import principal
from miniprogram_api.enrolment_replies import (
    CourseList,
    EnrolmentList,
    ScoreCardReply,
    course_list,
    enrolment_list,
    score_card_reply,
)
from miniprogram_api.identifiers import Flag, Identifier
from services import continuing, progress, study
from services.enrolling import enrolments
from web.context import collaborators, now, unit_of_work

blueprint = APIBlueprint(
    "enrolments",
    __name__,
    url_prefix="/v1",
    abp_tags=[Tag(name="enrolments", description="What the teacher takes part in, has reached, and chooses")],
    abp_security=ACCESS_TOKEN,
    abp_responses=problems(401, 403, 422, 503),
)


class EnrolmentPath(BaseModel):
    enrolment_id: Identifier


class CoursePath(EnrolmentPath):
    course_id: Identifier


class CoursesQuery(BaseModel):
    module: str | None = Field(default=None, max_length=64, description="Only the courses of this module (its key).")
    chosen: Flag | None = Field(default=None, description="Only the courses chosen, or only those not chosen.")


@blueprint.get(
    "/enrolments",
    operation_id="list_enrolments",
    summary="The teacher's enrolments, latest first",
    responses={200: EnrolmentList},
)
def list_enrolments() -> Response:
    study.catch_up(unit_of_work, collaborators(), principal().id, now())
    with unit_of_work() as session:
        rows = progress.overview(session, principal().id, now())
        return enrolment_list(rows, continuing.of(session, [enrolment for enrolment, _ in rows]))


@blueprint.get(
    "/enrolments/<enrolment_id>",
    operation_id="show_score_card",
    summary="The score card",
    responses={200: ScoreCardReply, **problems(404)},
)
def show_enrolment(path: EnrolmentPath) -> Response:
    study.catch_up(unit_of_work, collaborators(), principal().id, now())
    with unit_of_work() as session:
        enrolment = enrolments.owned(session, principal().id, path.enrolment_id)
        following = continuing.of(session, [enrolment]).get(enrolment.id)
        return score_card_reply(enrolment, progress.score_card(session, enrolment, now()), following)


@blueprint.get(
    "/enrolments/<enrolment_id>/courses",
    operation_id="list_courses",
    summary="The catalogue with credited seconds, by module",
    responses={200: CourseList, **problems(404)},
)
def list_courses(path: EnrolmentPath, query: CoursesQuery) -> Response:
    study.catch_up(unit_of_work, collaborators(), principal().id, now())
    with unit_of_work() as session:
        enrolment = enrolments.owned(session, principal().id, path.enrolment_id)
        courses = progress.courses(session, enrolment, query.module, query.chosen)
        return course_list(courses, collaborators().media_url)


@blueprint.put(
    "/enrolments/<enrolment_id>/courses/<course_id>",
    operation_id="choose_course",
    summary="Choose a course; again is harmless",
    responses={204: None, **problems(404, 409)},
)
def choose_course(path: CoursePath) -> Response:
    with unit_of_work() as session:
        enrolment = enrolments.owned(session, principal().id, path.enrolment_id)
        enrolments.choose(session, enrolment, path.course_id, now())
    return Response(status=204)


@blueprint.delete(
    "/enrolments/<enrolment_id>/courses/<course_id>",
    operation_id="drop_course",
    summary="Drop a course without credited seconds; again is harmless",
    responses={204: None, **problems(404, 409)},
)
def drop_course(path: CoursePath) -> Response:
    with unit_of_work() as session:
        enrolment = enrolments.owned(session, principal().id, path.enrolment_id)
        enrolments.drop(session, enrolment, path.course_id, now())
    return Response(status=204)
