"""Who is asking: checks the access token before every /v1 view that is not marked otherwise, and before its body is read.

A view that is not marked needs an access token; forgetting a mark closes a door and opens none. Marks go below the route:

    @blueprint.post("/auth/password")
    @public
    def …
"""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import current_app, g, request
from flask_openapi3 import OpenAPI
from flask_openapi3.types import SecuritySchemesDict

from miniprogram_api.bodies import JsonBodies, json_only
from services import sign_in
from services.errors import PasswordChangeRequired, Unauthenticated
from web.context import collaborators, now, request_session

View = TypeVar("View", bound=Callable[..., Any])

PUBLIC = "public"
STUDY_TOKEN = "study_token"  # noqa: S105  # a kind of access, not a secret
WITH_FIRST_PASSWORD = "with_first_password"  # noqa: S105
WITH_ACCESS_TOKEN = "with_access_token"  # noqa: S105

SECURITY_SCHEMES: SecuritySchemesDict = {
    "access_token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "study_token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
}
#: For `security=` of a view or `abp_security=` of a blueprint.
ACCESS_TOKEN: list[dict[str, list[str]]] = [{"access_token": []}]


def public(view: View) -> View:
    """Anybody may ask."""
    return _marked(view, PUBLIC)


def study_token(view: View) -> View:
    """The view reads its study token itself."""
    return _marked(view, STUDY_TOKEN)


def with_first_password(view: View) -> View:
    """Open to an account that has yet to change its first password."""
    return _marked(view, WITH_FIRST_PASSWORD)


def bearer_token() -> str:
    """The token of the Authorization header. Raises Unauthenticated."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated
    return token.strip()


def install(app: OpenAPI) -> None:
    app.json = JsonBodies(app)
    app.security_schemes = SECURITY_SCHEMES
    app.before_request(_check)
    app.before_request(_json_only)


def _check() -> None:
    rule = request.url_rule
    if rule is None or not rule.rule.startswith("/v1/") or request.method == "OPTIONS":
        return
    access = getattr(current_app.view_functions[rule.endpoint], "access", WITH_ACCESS_TOKEN)
    if access in (PUBLIC, STUDY_TOKEN):
        return
    session = request_session(read_only=True)
    g.principal, g.family, g.route = sign_in.recognise(session, collaborators(), bearer_token(), now())
    g.account_id = g.principal.id
    if request.method not in ("GET", "HEAD"):
        session.rollback()  # ends the read; the view's own transaction may write
    if sign_in.must_change_password(g.principal, g.route) and access != WITH_FIRST_PASSWORD:
        raise PasswordChangeRequired


def _json_only() -> None:
    """After `_check`: who may not ask learns nothing else."""
    if request.url_rule is not None and request.path.startswith("/v1/"):
        json_only()


def _marked(view: View, access: str) -> View:
    view.__dict__["access"] = access  # flask-openapi3 wraps the view with functools.wraps, which copies this
    return view
