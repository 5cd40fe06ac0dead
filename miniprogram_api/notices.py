"""What the system tells the teacher (通知): that the password was reset and by whom, how a correction was decided."""

from typing import Any

from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from pydantic import AwareDatetime, BaseModel, Field, RootModel

from miniprogram_api.access import ACCESS_TOKEN
from miniprogram_api.bodies import Reply, problems
from miniprogram_api.context import principal
from miniprogram_api.identifiers import Identifier
from services import notices
from web.context import now, unit_of_work

blueprint = APIBlueprint(
    "notices",
    __name__,
    url_prefix="/v1",
    abp_tags=[Tag(name="notices", description="What the teacher is told: resets, corrections that were decided")],
    abp_security=ACCESS_TOKEN,
    abp_responses=problems(401, 403, 503),
)


class NoticePath(BaseModel):
    notice_id: Identifier


class NoticeReply(Reply):
    notice_id: int = Field(validation_alias="id")
    at: AwareDatetime
    kind: str = Field(description="password_reset, unlocked, unbound, …: others may come.")
    text: str = Field(description="A Chinese sentence.")
    read: bool


class NoticeList(RootModel[list[NoticeReply]]):
    pass


@blueprint.get(
    "/me/notices",
    operation_id="list_notices",
    summary="What I was told: the newest 50",
    responses={200: NoticeList},
)
def list_notices() -> Response:
    with unit_of_work() as session:
        rows = notices.newest(session, principal().id)
        listed = NoticeList(
            [NoticeReply(id=r.id, at=r.at, kind=r.kind, text=r.text, read=bool(r.read_at)) for r in rows]
        )
    return Response(listed.model_dump_json(), mimetype="application/json")


@blueprint.put(
    "/me/notices/<notice_id>/read",
    operation_id="read_notice",
    summary="I have read it; again is harmless",
    responses={204: None, **problems(404)},
)
def read_notice(path: NoticePath) -> tuple[Any, int]:
    with unit_of_work() as session:
        notices.read(session, principal().id, path.notice_id, now())
    return "", 204
