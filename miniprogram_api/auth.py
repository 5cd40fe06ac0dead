"""Signing in and out."""

from typing import Annotated, Any, Literal

from flask_openapi3 import APIBlueprint, Tag
from pydantic import Field

from miniprogram_api.access import ACCESS_TOKEN, public
from miniprogram_api.bodies import Body, Line, Reply, problems
from miniprogram_api.context import principal
from services import portal, sign_in
from web.context import client, collaborators, now, unit_of_work

blueprint = APIBlueprint(
    "auth",
    __name__,
    url_prefix="/v1",
    abp_tags=[Tag(name="auth", description="Signing in and out")],
    abp_responses=problems(422, 503),
)

IdNumber = Annotated[Line, Field(min_length=1, max_length=64, description="ID card, permit or passport number")]
Password = Annotated[Line, Field(min_length=1, max_length=128)]
Token = Annotated[Line, Field(min_length=1, max_length=1024)]


class PasswordBody(Body):
    id_number: IdNumber
    password: Password


class WechatBody(Body):
    code: Annotated[Line, Field(min_length=1, max_length=128, description="From wx.login; serves once")]


class BindBody(Body):
    binding_ticket: Token
    id_number: IdNumber
    password: Password


class RefreshBody(Body):
    refresh_token: Token


class PortalBody(Body):
    portal: Annotated[Line, Field(min_length=1, max_length=64, description="The portal's name, as agreed with it")]
    ticket: Annotated[Line, Field(min_length=1, max_length=1024, description="Signed by the portal; serves once")]


class TokensReply(Reply):
    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105
    expires_in: int = Field(description="Seconds that the access token lives")
    must_change_password: bool
    must_confirm_profile: bool


@blueprint.post(
    "/auth/password",
    operation_id="sign_in_with_password",
    summary="Sign in with number and password",
    responses={200: TokensReply, **problems(401, 423, 429)},
)
@public
def with_password(body: PasswordBody) -> dict[str, Any]:
    return _reply(sign_in.with_password(unit_of_work, collaborators(), body.id_number, body.password, now(), client()))


@blueprint.post(
    "/auth/wechat",
    operation_id="sign_in_with_wechat",
    summary="Sign in with a WeChat code; 403 wechat_not_bound carries a binding_ticket",
    responses={200: TokensReply, **problems(401, 403, 429, 502)},
)
@public
def with_wechat(body: WechatBody) -> dict[str, Any]:
    return _reply(sign_in.with_wechat(unit_of_work, collaborators(), body.code, now(), client()))


@blueprint.post(
    "/auth/wechat/bind",
    operation_id="bind_wechat",
    summary="Bind a WeChat user to an account, and sign in",
    responses={200: TokensReply, **problems(401, 409, 423, 429)},
)
@public
def bind(body: BindBody) -> dict[str, Any]:
    tokens = sign_in.bind(
        unit_of_work,
        collaborators(),
        ticket=body.binding_ticket,
        number=body.id_number,
        password=body.password,
        now=now(),
        client=client(),
    )
    return _reply(tokens)


@blueprint.post(
    "/auth/portal",
    operation_id="sign_in_from_portal",
    summary="Arrive from a province's portal with a signed ticket",
    responses={200: TokensReply, **problems(401, 403, 429)},
)
@public
def from_portal(body: PortalBody) -> dict[str, Any]:
    tokens = portal.sign_in(
        unit_of_work, collaborators(), portal=body.portal, ticket=body.ticket, now=now(), client=client()
    )
    return _reply(tokens)


@blueprint.delete(
    "/auth/wechat",
    operation_id="unbind_wechat",
    summary="Unbind WeChat",
    security=ACCESS_TOKEN,
    responses={204: None, **problems(401, 403)},
)
def unbind() -> tuple[str, int]:
    with unit_of_work() as session:
        sign_in.unbind_own(session, principal().id, now(), client())
    return "", 204


@blueprint.post(
    "/auth/refresh",
    operation_id="refresh_tokens",
    summary="Exchange a refresh token for a new pair",
    responses={200: TokensReply, **problems(401)},
)
@public
def refresh(body: RefreshBody) -> dict[str, Any]:
    return _reply(sign_in.refresh(unit_of_work, collaborators(), body.refresh_token, now(), client()))


@blueprint.post(
    "/auth/logout",
    operation_id="log_out",
    summary="End the session of a refresh token",
    responses={204: None},
)
@public
def log_out(body: RefreshBody) -> tuple[str, int]:
    with unit_of_work() as session:
        sign_in.log_out(session, body.refresh_token, now())
    return "", 204


def _reply(tokens: sign_in.SignedIn) -> dict[str, Any]:
    return TokensReply.model_validate(tokens).model_dump()
