"""The teacher's own account."""

from dataclasses import asdict, replace
from datetime import datetime
from typing import Annotated, Any

from flask_openapi3 import APIBlueprint, Tag
from pydantic import Field, StringConstraints

from miniprogram_api.access import ACCESS_TOKEN, with_first_password
from miniprogram_api.auth import Password
from miniprogram_api.bodies import Body, Prose, Reply, Words, problems
from miniprogram_api.context import family, principal, route
from services import notices, profiles, sign_in
from web.context import collaborators, now, unit_of_work

blueprint = APIBlueprint(
    "me",
    __name__,
    url_prefix="/v1",
    abp_tags=[Tag(name="me", description="The teacher's own account")],
    abp_security=ACCESS_TOKEN,
    abp_responses=problems(401, 403, 422, 503),
)


class ProfileReply(Reply):
    account_id: int
    role: str
    name: str
    id_kind: str
    id_number_masked: str
    mobile_masked: str | None
    school: str | None
    stage: str | None
    subject: str | None
    wechat_bound: bool
    must_change_password: bool
    must_confirm_profile: bool
    last_login_at: datetime | None
    privacy_version: str | None = Field(description="The privacy text that the teacher agreed to last; null: none yet.")
    unread_notices: int = Field(ge=0, description="Of the newest 50.")


class ChangePasswordBody(Body):
    old_password: Password
    new_password: Password


class PrivacyBody(Body):
    version: Annotated[str, StringConstraints(strict=True, pattern=profiles.PRIVACY_VERSION)] = Field(
        description="Of the privacy text that was shown, such as its date."
    )


class CorrectionBody(Body):
    field: profiles.Field
    should_be: Annotated[Words, StringConstraints(min_length=1, max_length=100)]
    note: Annotated[Prose, StringConstraints(strip_whitespace=True, max_length=500)] = ""


class CorrectionReply(Reply):
    correction_id: int = Field(validation_alias="id")
    field: profiles.Field
    status: str
    created_at: datetime


@blueprint.get("/me", operation_id="show_me", summary="Who I am", responses={200: ProfileReply})
@with_first_password
def me() -> dict[str, Any]:
    with unit_of_work() as session:
        profile = profiles.of(session, collaborators().vault, principal())
        unread = notices.unread(session, principal().id)
    profile = replace(profile, must_change_password=sign_in.must_change_password(principal(), route()))
    return ProfileReply(**asdict(profile), unread_notices=unread).model_dump(mode="json")


@blueprint.put(
    "/me/password",
    operation_id="change_password",
    summary="Change the password; every other session ends",
    responses={204: None, **problems(423)},
)
@with_first_password
def change_password(body: ChangePasswordBody) -> tuple[str, int]:
    sign_in.change_password(
        unit_of_work,
        collaborators(),
        seen=principal(),
        family=family(),
        old=body.old_password,
        new=body.new_password,
        now=now(),
    )
    return "", 204


@blueprint.post(
    "/me/confirm",
    operation_id="confirm_profile",
    summary="Confirm that the personal data are right",
    responses={204: None},
)
def confirm() -> tuple[str, int]:
    with unit_of_work() as session:
        profiles.confirm(session, principal().id)
    return "", 204


@blueprint.put(
    "/me/privacy",
    operation_id="agree_to_privacy",
    summary="Agree to a version of the privacy text; again is harmless",
    responses={204: None},
)
@with_first_password
def agree_to_privacy(body: PrivacyBody) -> tuple[str, int]:
    with unit_of_work() as session:
        profiles.agree(session, principal().id, body.version, now())
    return "", 204


@blueprint.post(
    "/me/corrections",
    operation_id="report_correction",
    summary="Report personal data that are wrong to the school's administrator",
    responses={201: CorrectionReply, **problems(409)},
)
def correct(body: CorrectionBody) -> tuple[dict[str, Any], int]:
    with unit_of_work() as session:
        correction = profiles.correct(
            session,
            collaborators().vault,
            principal().id,
            field=body.field,
            should_be=body.should_be,
            note=body.note,
            now=now(),
        )
        reply = CorrectionReply.model_validate(correction).model_dump(mode="json")
    return reply, 201
