"""The mini-program itself: the code (小程序码) that WeChat's camera opens it by."""

from typing import Any

from flask import Response, request
from flask_openapi3 import APIBlueprint, Tag

from miniprogram_api.access import public
from miniprogram_api.bodies import problems
from services import mini_program_code
from web.context import collaborators

blueprint = APIBlueprint(
    "mini_program",
    __name__,
    url_prefix="/v1",
    abp_tags=[Tag(name="mini-program", description="The WeChat mini-program")],
    abp_responses=problems(503),
)
#: Seconds that browsers and proxies may keep the picture.
MAX_AGE = 3600
PICTURE: dict[str, Any] = {
    "description": "The code, a square picture",
    "content": {"image/png": {"schema": {"title": "PngFile", "type": "string", "format": "binary"}}},
}


@blueprint.get(
    "/mini-program/code",
    operation_id="show_mini_program_code",
    summary="The code to scan with WeChat; 404 where there is no mini-program",
    responses={200: PICTURE, **problems(404, 429, 502)},
)
@public
def code() -> Response:
    picture = mini_program_code.picture(collaborators().wechat, collaborators().store.redis)
    response = Response(picture.content, mimetype=picture.mimetype)
    response.cache_control.public = True
    response.cache_control.max_age = MAX_AGE
    response.add_etag()
    response.make_conditional(request)
    return response
