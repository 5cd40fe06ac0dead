"""What rosters brought in (导入记录), first passwords to fetch, and taking an import back (撤销)."""

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from console.access import needs
from console.who import by, principal
from models import RosterImport
from services.authority import scope
from services.errors import NotFound
from services.jobs import Status
from services.rosters import history, imports, undo
from web.context import client_address, collaborators, now, unit_of_work

pages = Blueprint("roster_imports", __name__)

PAGE = 30
#: Where the cookie keeps the job that takes an import back: [import, job].
_UNDOING = "undoing"


@pages.get("/rosters/imports")
@needs("roster")
def index() -> str:
    before = request.args.get("before", type=int)
    with unit_of_work() as sql:
        found = history.page(sql, principal(), before, PAGE)
    return render_template("console/roster_imports.html", found=found[:PAGE], more=len(found) > PAGE)


@pages.get("/rosters/imports/<int:import_id>")
@needs("roster")
def show(import_id: int) -> str:
    with unit_of_work() as sql:
        imported = scope.get(sql, principal(), RosterImport, import_id)
        line = history.line(sql, imported)
        beside = history.beside(sql, principal(), imported, now())
    job = _undoing(import_id)
    return render_template(
        "console/roster_import.html", line=line, beside=beside, job=job if job and not job.over else None,
        trouble=job.error if job else None,
    )  # fmt: skip


@pages.get("/rosters/imports/<int:import_id>/progress")
@needs("roster")
def progress(import_id: int) -> str | Response:
    with unit_of_work() as sql:
        scope.get(sql, principal(), RosterImport, import_id)
    job = _undoing(import_id)
    if job is None or job.over:
        return Response(status=204, headers={"HX-Redirect": url_for(".show", import_id=import_id)})
    return render_template(
        "console/progress.html", job=job, saving=True, address=url_for(".progress", import_id=import_id)
    )


@pages.get("/rosters/imports/<int:import_id>/undo")
@needs("roster")
def ask(import_id: int) -> str | Response:
    """What can be taken back and what cannot, before it is."""
    with unit_of_work() as sql:
        imported = scope.get(sql, principal(), RosterImport, import_id)
        if imported.undone_at is not None:
            return redirect(url_for(".show", import_id=import_id))
        verdict = undo.preview(sql, principal(), imported, now())
        line = history.line(sql, imported)
    return render_template("console/roster_undo.html", line=line, verdict=verdict)


@pages.post("/rosters/imports/<int:import_id>/undo")
@needs("roster")
def take_back(import_id: int) -> Response:
    """Again is harmless."""
    who = principal()
    with unit_of_work() as sql:
        scope.get(sql, who, RosterImport, import_id)
        large = undo.size(sql, import_id) > imports.AT_ONCE
        done = None if large else undo.undo(sql, collaborators().vault, by(), import_id, now())
    if large:
        job_id = collaborators().jobs.enqueue(
            "roster_take_back",
            import_id=import_id,
            account_id=who.account_id,
            appointment_id=who.appointment_id,
            address=client_address(),
        )
        session[_UNDOING] = [import_id, job_id]
    elif done is None:
        flash("这次导入已经撤销过，没有再做任何改动。", "info")
    else:
        flash("已撤销。", "success")
    return redirect(url_for(".show", import_id=import_id))


def _undoing(import_id: int) -> Status | None:
    of, job_id = session.get(_UNDOING) or (None, None)
    if of != import_id or not isinstance(job_id, str):
        return None
    try:
        return collaborators().jobs.status(job_id)
    except NotFound:
        return None
