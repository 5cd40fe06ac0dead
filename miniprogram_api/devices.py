"""Where the teacher is signed in: one log-in a device or browser; any of them can be ended."""

import re
from typing import Annotated, Any

from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field, RootModel

from miniprogram_api.access import ACCESS_TOKEN
from miniprogram_api.bodies import Reply, problems
from miniprogram_api.context import family, principal
from services import log_ins
from services.errors import NotFound
from web.context import client, collaborators, now, unit_of_work

blueprint = APIBlueprint(
    "devices",
    __name__,
    url_prefix="/v1",
    abp_tags=[Tag(name="devices", description="Where the teacher is signed in")],
    abp_security=ACCESS_TOKEN,
    abp_responses=problems(401, 403, 503),
)


ID = re.compile(r"[0-9a-f]{32}")


def _device_id(value: Any) -> str:
    """What cannot be one names nothing: 404."""
    if not ID.fullmatch(str(value)):
        raise NotFound
    return str(value)


class DevicePath(BaseModel):
    device_id: Annotated[
        str,
        BeforeValidator(_device_id),
        Field(description="As the list says.", json_schema_extra={"pattern": f"^{ID.pattern}$"}),
    ]


class DeviceReply(Reply):
    device_id: str = Field(description="Names the log-in; good for nothing else.")
    device: str = Field(description="微信 Android, Chrome Windows, …; 其他设备 where it is not known.")
    route: str = Field(description="web, wechat or portal")
    signed_in_at: AwareDatetime
    last_used_at: AwareDatetime = Field(
        description="When it last got tokens: at most `expires_in` before its last call."
    )
    current: bool = Field(description="Whether this call came from it.")


class DeviceList(RootModel[list[DeviceReply]]):
    """Log-ins that are alive, the one used last first."""


@blueprint.get(
    "/me/devices",
    operation_id="list_devices",
    summary="Where I am signed in, the one used last first",
    responses={200: DeviceList},
)
def list_devices() -> Response:
    with unit_of_work() as session:
        found = log_ins.of_account(session, principal().id, family(), now())
        listed = DeviceList([DeviceReply.model_validate(log_in) for log_in in found])
    return Response(listed.model_dump_json(), mimetype="application/json")


@blueprint.delete(
    "/me/devices/<device_id>",
    operation_id="end_device",
    summary="End that log-in, its player too; this one may be ended as well",
    responses={204: None, **problems(404)},
)
def end_device(path: DevicePath) -> tuple[Any, int]:
    with unit_of_work() as session:
        log_ins.end(session, collaborators(), principal().id, path.device_id, now(), client())
    return "", 204


@blueprint.delete(
    "/me/devices",
    operation_id="end_other_devices",
    summary="End every log-in but this one, their players too",
    responses={204: None},
)
def end_other_devices() -> tuple[Any, int]:
    with unit_of_work() as session:
        log_ins.end_others(session, collaborators(), principal().id, family(), now(), client())
    return "", 204
