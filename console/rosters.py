"""Roster import (名单导入): upload, look, take in with a progress bar. What was taken in and taking it back: console.roster_imports."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from console.access import needs
from console.who import principal
from models import Upload
from services import programmes, uploads
from services.errors import Conflict, Invalid, NotFound
from services.jobs import Status
from services.rosters import imports
from web.context import client_address, collaborators, now, unit_of_work

pages = Blueprint("rosters", __name__)


@pages.get("/rosters")
@needs("roster")
def index() -> str:
    """Where a roster is brought."""
    with unit_of_work() as session:
        newest = {row.slug: row for row in reversed(programmes.every(session))}
        parents = imports.parents(session, principal())
        chosen = request.args.get("slug", "")
        return render_template("console/rosters.html", programmes=newest.values(), parents=parents, chosen=chosen)


@pages.get("/rosters/<upload_code>")
@needs("roster")
def show(upload_code: str) -> str | Response:
    """What the roster would do, or how far the looking or the taking in is."""
    with unit_of_work() as session:
        upload = imports.get(session, principal(), upload_code, now())
        session.expunge(upload)
    if "import_id" in upload.work:
        return redirect(url_for("console.roster_imports.show", import_id=upload.work["import_id"]))
    job = _job_of(upload)
    if job is not None and not job.over:
        return render_template("console/rosters_running.html", upload=upload, job=job, saving="commit" in upload.work)
    trouble = job.error if job is not None else None
    if trouble is None and imports.seen(upload) is None:
        trouble = _look(upload)
        if trouble is None:
            return redirect(url_for(".show", upload_code=upload_code))
    return render_template(
        "console/rosters_seen.html",
        upload=upload,
        seen=imports.seen(upload),
        trouble=trouble,
    )


@pages.get("/rosters/<upload_code>/progress")
@needs("roster")
def progress(upload_code: str) -> str | Response:
    """The bar, for htmx; when it is over, back to the page."""
    with unit_of_work() as session:
        upload = imports.get(session, principal(), upload_code, now())
        job, saving = _job_of(upload), "commit" in upload.work
    if job is None or job.over:
        return Response(status=204, headers={"HX-Redirect": url_for(".show", upload_code=upload_code)})
    return render_template(
        "console/progress.html", job=job, saving=saving, address=url_for(".progress", upload_code=upload_code)
    )


@pages.post("/rosters/<upload_code>/look-again")
@needs("roster")
def look_again(upload_code: str) -> Response:
    """After something changed: see what it would do now."""
    with unit_of_work() as session:
        imports.look_again(session, principal(), upload_code, now())
    return redirect(url_for(".show", upload_code=upload_code))


@pages.post("/rosters/<upload_code>/take-in")
@needs("roster")
def take_in(upload_code: str) -> Response:
    """Take it in, in the background. Sent twice it is done once."""
    who, moment = principal(), now()
    with unit_of_work() as session:
        upload = uploads.locked(session, who, upload_code, imports.ROSTER, moment)
        seen, job = imports.seen(upload), _job_of(upload)
        waiting = "import_id" in upload.work or (job is not None and not job.over)
        if not waiting:
            _require_choice(seen)
    if not waiting:
        partial = seen is not None and bool(seen.errors_count)
        _start(upload_code, "commit", "roster_take_in", partial=partial, address=client_address(), upload=upload_code)
    return redirect(url_for(".show", upload_code=upload_code))


def _require_choice(seen: imports.Seen | None) -> None:
    """Wrong rows are left out only where the person chose so. Raises NotLookedAt, Invalid."""
    if seen is None:
        raise imports.NotLookedAt
    if seen.errors_count and request.form.get("partial") != "yes":
        raise Invalid("名单有错误。请改正后重新上传，或者勾选“只导入正确的行”。")
    if not seen.right:
        raise Invalid("没有一行是正确的，请改正后重新上传。")


def _look(upload: Upload) -> str | None:
    """Look at once, or have it looked at; what is wrong with the file as a whole, in words."""
    who, vault, moment = principal(), collaborators().vault, now()
    try:
        with unit_of_work() as session:
            table = imports.table_of(session, vault, upload)
            large = len(table.rows) > imports.AT_ONCE
            plan = None if large else imports.plan(session, vault, who, upload.code, moment, table)[1]
        if plan is None:
            _start(upload.code, "check", "roster_look", upload=upload.code)
            return None
        with unit_of_work(read_only=False) as session:
            imports.keep_seen(session, vault, who, upload.code, table, plan, moment)
    except (Invalid, Conflict) as refused:
        return refused.detail
    except NotFound:
        return "没有这个项目或单位，请返回重新选择。"
    return None


def _start(code: str, as_what: str, name: str, **arguments: Any) -> None:
    """Start a job on the roster and keep its id beside it."""
    who = principal()
    job_id = collaborators().jobs.enqueue(
        name, account_id=who.account_id, appointment_id=who.appointment_id, **arguments
    )
    with unit_of_work(read_only=False) as session:
        upload = uploads.locked(session, who, code, imports.ROSTER)
        if "import_id" not in upload.work and not (
            as_what == "check" and "seen" in upload.work
        ):  # it may be done by now
            uploads.note(upload, **{as_what: job_id})


def _job_of(upload: Upload) -> Status | None:
    job_id = upload.work.get("commit") or upload.work.get("check")
    if not job_id:
        return None
    try:
        return collaborators().jobs.status(job_id)
    except NotFound:  # too long ago
        return None
