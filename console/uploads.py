"""The one door for files: every page that takes one sends it here, and the page of its kind goes on with it."""

import io
from collections.abc import Callable
from typing import Any, cast

from flask import Blueprint, Flask, redirect, request, send_file, url_for
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import BadSignature
from werkzeug.http import parse_cookie
from werkzeug.wrappers import Response

from console.access import TOKEN, needs
from console.who import principal, record
from services import staff_sessions, uploads
from services.errors import Invalid, NotFound, TryAgain
from web.context import collaborators, now, unit_of_work

pages = Blueprint("uploads", __name__)

#: A file with the fields of its form around it.
LONGEST_BODY = uploads.MAX_BYTES + (64 << 10)
#: server.behind sets it where too many large bodies are held already.
BUSY = "xueshi.busy"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Which kind takes which permission, services.uploads says.
_PERMISSIONS = tuple(dict.fromkeys(kind.permission for kind in uploads.KINDS.values()))
_ENDPOINT = "console.uploads.put"


def widen() -> None:
    """Before anything reads the body: this one door lets files through. Raises TryAgain."""
    if request.endpoint == _ENDPOINT:
        request.max_content_length = LONGEST_BODY
        if request.environ.get("asgi.scope", {}).get(BUSY):
            raise TryAgain("现在上传文件的人较多，请过一分钟再试，文件没有保存。", retry_after=60)


def admits(app: Flask) -> Callable[[str], bool]:
    """Whether a Cookie header is one that we gave to somebody who knew a password, within the time that a session can last. Asks no
    database: server.behind decides by it whose large body is read at all, before anybody looks at the session."""
    signer = cast("SecureCookieSessionInterface", app.session_interface).get_signing_serializer(app)
    name, longest = app.config["SESSION_COOKIE_NAME"], int(staff_sessions.LONGEST.total_seconds())

    def admitted(header: str) -> bool:
        try:
            held: Any = signer.loads(parse_cookie(header).get(name, ""), max_age=longest) if signer else None
        except BadSignature:
            return False
        return isinstance(held, dict) and TOKEN in held

    return admitted


@pages.post("/uploads/<kind>")
@needs(*_PERMISSIONS)
def put(kind: str) -> Response:
    """Keep the file and go on with it. Raises as services.uploads.put."""
    wanted = uploads.KINDS.get(kind)
    if wanted is None or wanted.made:
        raise NotFound
    principal().require(wanted.permission)
    given = request.files.get("file")
    if given is None or not given.filename:
        raise Invalid.field("file", "请选择一个文件")
    with given.stream:
        content = given.read()
    with unit_of_work() as session:
        kept = uploads.put(
            session, collaborators().vault, principal(), kind, given.filename, content, now(), fields=request.form
        )
        code = kept.code
    return redirect(url_for(wanted.endpoint, upload_code=code))


@pages.post("/uploads/<kind>/<upload_code>/download")
@needs(*_PERMISSIONS)
def download(kind: str, upload_code: str) -> Response:
    """A file that was made for the person. Written down, for it may hold numbers in clear."""
    moment = now()
    if kind not in uploads.KINDS or not uploads.KINDS[kind].made:
        raise NotFound
    with unit_of_work() as session:
        kept, content = uploads.fetch(session, collaborators().vault, principal(), upload_code, kind, moment)
        name = kept.name
        record(session, "export", target=("upload", kept.id), kind=kind, organisation_id=principal().organisation_id)
    return send_file(io.BytesIO(content), mimetype=XLSX, as_attachment=True, download_name=name, max_age=0)
