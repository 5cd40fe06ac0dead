"""What a teacher hands in: activities, summaries, homework, micro-abilities to be certified."""

from typing import Annotated, Any

from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from pydantic import BeforeValidator, Field, StringConstraints

from miniprogram_api.access import ACCESS_TOKEN
from miniprogram_api.bodies import Body, Line, problems
from miniprogram_api.context import principal
from miniprogram_api.enrolments import EnrolmentPath
from miniprogram_api.submission_replies import (
    HandInPartList,
    ItemReply,
    ItemWithText,
    item_reply,
    item_with_text,
    part_list,
)
from services import programmes
from services.enrolling import enrolments
from services.errors import Invalid, NotFound
from services.handing_in import achievements, handed_in, submissions
from web.context import now, unit_of_work

blueprint = APIBlueprint(
    "submissions",
    __name__,
    url_prefix="/v1",
    abp_tags=[Tag(name="handing in", description="Activities, homework and micro-abilities that the teacher hands in")],
    abp_security=ACCESS_TOKEN,
    abp_responses=problems(401, 403, 404, 422, 503),
)


def _item_code(value: Any) -> str:
    """What cannot be a code of ours names nothing: 404."""
    try:
        return achievements.item_code(str(value))
    except Invalid:
        raise NotFound("没有这一份。") from None


_CODE = {"pattern": f"^{achievements.ITEM.pattern.replace('A-Z', 'A-Za-z')}$", "maxLength": 64}


class PartPath(EnrolmentPath):
    part: str = Field(description="The part's key.", json_schema_extra={"maxLength": 64})


class ItemPath(PartPath):
    item: Annotated[str, BeforeValidator(_item_code)] = Field(
        description="1, 2, … up to `most` of the part; of a micro-ability its code or name. Small letters are taken for capitals.",
        json_schema_extra=_CODE,  # type: ignore[arg-type]
    )


class HandInBody(Body):
    text: Annotated[
        str,
        StringConstraints(
            strict=True,
            min_length=1,
            max_length=submissions.MOST_CHARACTERS,
            pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$",
        ),
    ] = Field(description="Plain text with line breaks and tabs.")
    title: Annotated[Line, StringConstraints(max_length=200)] = ""
    dimension: Annotated[Line, StringConstraints(max_length=64)] = Field(
        default="", description="维度, of a micro-ability; may be left out where the catalogue knows it."
    )


@blueprint.get(
    "/enrolments/<enrolment_id>/parts",
    operation_id="list_parts",
    summary="The parts that are handed in, with what is there and what is still to do",
    responses={200: HandInPartList},
)
def list_parts(path: EnrolmentPath) -> Response:
    with unit_of_work() as session:
        enrolment = enrolments.owned(session, principal().id, path.enrolment_id)
        return part_list(handed_in.parts(session, enrolment, now()))


@blueprint.put(
    "/enrolments/<enrolment_id>/parts/<part>/items/<item>",
    operation_id="hand_in",
    summary="Hand in, or replace what is not graded yet; again is harmless",
    responses={200: ItemReply, **problems(409)},
)
def hand_in(path: ItemPath, body: HandInBody) -> Response:
    with unit_of_work() as session:
        enrolment = enrolments.owned(session, principal().id, path.enrolment_id)
        part = submissions.part_of(programmes.get(session, enrolment.programme_id), path.part)
        row = submissions.submit(
            session,
            enrolment,
            part.key,
            path.item,
            text=body.text,
            title=body.title,
            dimension=body.dimension,
            now=now(),
        )
        return item_reply(part, row)


@blueprint.get(
    "/enrolments/<enrolment_id>/parts/<part>/items/<item>",
    operation_id="show_item",
    summary="What was handed in, with its text",
    responses={200: ItemWithText},
)
def show_item(path: ItemPath) -> Response:
    with unit_of_work() as session:
        enrolment = enrolments.owned(session, principal().id, path.enrolment_id)
        part = submissions.part_of(programmes.get(session, enrolment.programme_id), path.part)
        return item_with_text(part, submissions.read(session, enrolment, part.key, path.item))


@blueprint.delete(
    "/enrolments/<enrolment_id>/parts/<part>/items/<item>",
    operation_id="take_back",
    summary="Take back what nobody has graded; again is harmless",
    responses={204: None, **problems(409)},
)
def take_back(path: ItemPath) -> Response:
    with unit_of_work() as session:
        enrolment = enrolments.owned(session, principal().id, path.enrolment_id)
        submissions.withdraw(session, enrolment, path.part, path.item, now())
    return Response(status=204)
