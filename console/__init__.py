"""The staff's console (管理后台): web pages under /console, one page family a file. Thin: parse, one service call, present, return.

`FAMILIES` lists the page families; console.navigation the menu. Pages work without JavaScript, and better with it.
"""

import hashlib
import hmac
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, Response, g, request
from flask_wtf.csrf import generate_csrf

from console import (
    access,
    audit_log,
    bulk_reset,
    bulletins,
    dashboards,
    desk,
    enrolments,
    evidence,
    failures,
    fees,
    grading,
    honours,
    hours,
    live,
    me,
    navigation,
    organisations,
    paper,
    papers,
    people,
    programmes,
    quotas,
    registers,
    remittances,
    reports,
    roster_imports,
    rosters,
    samples,
    sign_in,
    staff,
    static_files,
    timeline,
    uploads,
    workshops,
)

CHINA = ZoneInfo("Asia/Shanghai")
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "same-origin",  # the CSRF check looks at it
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
#: The blueprints of the page families.
FAMILIES: tuple[Blueprint, ...] = (
    audit_log.pages,
    bulk_reset.pages,
    bulletins.pages,
    dashboards.pages,
    desk.pages,
    enrolments.pages,
    evidence.pages,
    fees.pages,
    grading.pages,
    honours.pages,
    hours.pages,
    live.pages,
    me.pages,
    organisations.pages,
    paper.pages,
    papers.pages,
    people.pages,
    programmes.pages,
    quotas.pages,
    registers.pages,
    remittances.pages,
    reports.pages,
    roster_imports.pages,
    rosters.pages,
    samples.pages,
    sign_in.pages,
    staff.pages,
    timeline.pages,
    uploads.pages,
    workshops.pages,
)


def install(app: Flask, token_key: bytes, public_url: str) -> None:
    """`token_key` signs the cookie too, under a name of its own; with an https `public_url` the cookie is never sent without TLS."""
    secure = public_url.startswith("https://")
    app.secret_key = hmac.new(token_key, b"xueshi console cookie", hashlib.sha256).digest()
    app.config.update(
        SESSION_COOKIE_NAME="__Host-xueshi" if secure else "xueshi_console",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    access.install(app)
    console = Blueprint("console", __name__, url_prefix="/console", template_folder="templates")
    static_files.install(console)
    for family in FAMILIES:
        console.register_blueprint(family)
    console.before_request(uploads.widen)
    console.before_request(_check)
    console.after_request(_with_headers)
    console.context_processor(_for_templates)
    console.add_app_template_filter(local_time, "local_time")
    failures.install(console)
    app.register_blueprint(console)


def local_time(moment: datetime | None, shape: str = "%Y-%m-%d %H:%M") -> str:
    """In Chinese time; an em dash for none."""
    return moment.astimezone(CHINA).strftime(shape) if moment else "—"


def _check() -> Any:
    if request.endpoint in static_files.ENDPOINTS:
        return None
    return access.check()


def _with_headers(response: Response) -> Response:
    response.headers.update(HEADERS)
    if request.endpoint not in static_files.ENDPOINTS:
        response.headers["Cache-Control"] = "no-store"
    return response


def _for_templates() -> dict[str, Any]:
    staff = g.get("staff")
    who = staff.principal if staff is not None and staff.state == "open" else None
    return {"who": who, "menu": navigation.menu_for(who) if who else {}, "csrf_token": generate_csrf}
