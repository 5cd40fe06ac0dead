"""Results and evidence (成绩与材料): a list handed in as a spreadsheet, or one person's results by a form."""

import io
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from console import programme_choice, query
from console.access import needs
from console.who import principal, record
from models import Account, Enrolment, Organisation, Upload
from services import programmes, uploads
from services.authority import scope
from services.authority.principals import NotAllowed
from services.errors import Conflict, Invalid, NotFound
from services.jobs import Status
from services.marks import check as marks_check
from services.marks import entering
from services.marks.check import Plan
from services.marks.rows import Parts
from services.marks.staff import Staff
from services.tables import csv_files, spreadsheets
from web.context import collaborators, now, unit_of_work

pages = Blueprint("evidence", __name__)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Wrong rows shown; all of them are in the file.
SHOWN = 100


@pages.get("/evidence")
@needs("evidence")
def index() -> str:
    """What a school enters: by a list, or teacher by teacher."""
    number, name = query.page_number(), request.args.get("q", "").strip()[:50]
    with unit_of_work() as sql:
        choice = programme_choice.chosen(sql, principal())
        shown: dict[str, Any] = {"choice": choice, "parts": [], "rows": [], "more": False, "page": number, "q": name}
        if choice.programme is not None:
            start = (number - 1) * entering.PAGE
            rows = entering.learners(sql, principal(), choice.slug, name=name, start=start)
            shown |= {"rows": rows[: entering.PAGE], "more": len(rows) > entering.PAGE}
            shown["parts"] = entering.parts(programmes.get(sql, choice.programme.id))
        return render_template("console/evidence.html", **shown)


@pages.post("/evidence/template.xlsx")
@needs("evidence")
def template() -> Response:
    """A table with the right columns for a part; with the names of those within reach where that was asked for."""
    named = request.form.get("named") == "1"
    with unit_of_work(read_only=False) as sql:
        choice = programme_choice.chosen(sql, principal())
        if choice.programme is None:
            raise NotFound
        part = Parts(programmes.get(sql, choice.programme.id), "").find(request.form.get("part", ""))
        most = entering.MOST_IN_TEMPLATE
        rows = entering.learners(sql, principal(), choice.slug, most=most) if named else []
        content = entering.template(part, [(row.name, row.code, row.school) for row in rows[:most]])
        if named:
            record(
                sql, "export", organisation_id=principal().organisation_id, what="marks_template",
                programme=choice.slug, part=part.key, rows=len(rows[:most]),
            )  # fmt: skip
    return send_file(io.BytesIO(content), XLSX, as_attachment=True, download_name=f"{part.key}.xlsx", max_age=0)


@pages.route("/evidence/uploads/<upload_code>", methods=["GET", "POST"])
@needs("evidence")
def uploaded(upload_code: str) -> str | Response:
    """The list that was handed in: what it would do, then (POST) doing it in the background, then how far that is."""
    with unit_of_work() as sql:
        kept = uploads.get(sql, principal(), upload_code, "marks", now())
        status = _status(kept)
        if status is not None and status.state not in ("failed", "lost"):
            return _page(kept, status, None)
        if request.method == "GET":
            return _page(kept, status, _plan(sql, kept))
        record(
            sql, "evidence", target=("upload", kept.id), organisation_id=principal().organisation_id, step="start",
            programme=str(kept.work.get("slug", "")),
        )  # fmt: skip
    job_id = collaborators().jobs.enqueue(
        "marks_upload", upload=upload_code, by=principal().account_id, appointment=principal().appointment_id
    )
    with unit_of_work() as sql:
        uploads.note(uploads.locked(sql, principal(), upload_code, "marks"), job=job_id)
    return redirect(url_for(".uploaded", upload_code=upload_code))


@pages.get("/evidence/uploads/<upload_code>/progress")
@needs("evidence")
def progress(upload_code: str) -> str:
    """The part of the page that is asked for every second while the job runs."""
    with unit_of_work() as sql:
        kept = uploads.get(sql, principal(), upload_code, "marks", now())
        return render_template("console/evidence_progress.html", upload=kept, status=_status(kept))


@pages.get("/evidence/uploads/<upload_code>/errors.csv")
@needs("evidence")
def errors(upload_code: str) -> Response:
    """All wrong rows, with row, column and reason."""
    with unit_of_work() as sql:
        kept = uploads.get(sql, principal(), upload_code, "marks", now())
        plan = _plan(sql, kept)
        rows = [(str(error.row), error.column, error.reason) for error in plan.errors]
    content = csv_files.written(("行号", "列", "原因"), rows)
    return send_file(io.BytesIO(content), "text/csv", as_attachment=True, download_name="errors.csv", max_age=0)


@pages.get("/evidence/<int:enrolment_id>")
@needs("evidence")
def person(enrolment_id: int) -> str:
    """One teacher's results, part by part, with what stood there before."""
    return _person(enrolment_id, {}, "")


@pages.post("/evidence/<int:enrolment_id>/<part>")
@needs("evidence")
def enter(enrolment_id: int, part: str) -> str | Response:
    """Enter or correct one result."""
    try:
        with unit_of_work() as sql:
            enrolment = scope.get(sql, principal(), Enrolment, enrolment_id)
            row, changed = entering.enter(sql, principal(), enrolment_id, part, request.form, now())
            if changed:
                record(
                    sql, "evidence", target=("enrolment", enrolment_id), organisation_id=enrolment.school_id,
                    step="enter", part=part, item=row.item, said=entering.said(vars(row)),
                )  # fmt: skip
            flash("已登记。" if changed else "与原来的登记相同，没有改动。", "success" if changed else "info")
    except NotFound as gone:
        if gone.code != "not_handed_in":
            raise
        return _person(enrolment_id, {part: gone.detail}, part)
    except (Invalid, Conflict) as refused:
        return _person(enrolment_id, {part: refused.detail}, part)
    return redirect(url_for(".person", enrolment_id=enrolment_id, _anchor=f"part-{part}"))


def _person(enrolment_id: int, wrong: dict[str, str], kept: str) -> str:
    """`wrong`: what was refused, by part; `kept`: the part whose form is shown again as it was sent."""
    with unit_of_work(read_only=False) as sql:
        enrolment = scope.get(sql, principal(), Enrolment, enrolment_id)
        account = sql.get_one(Account, enrolment.account_id)
        school = sql.get(Organisation, enrolment.school_id) if enrolment.school_id is not None else None
        sheets = entering.sheets(sql, enrolment)
        refusal = ""
        try:
            Staff(principal().account_id, reach=principal()).enrolment(sql, enrolment_id)
        except (Conflict, NotAllowed) as refused:
            refusal = refused.detail
        page = render_template(
            "console/evidence_person.html",
            enrolment=enrolment,
            account=account,
            school=school,
            programme=programmes.get(sql, enrolment.programme_id),
            sheets=sheets,
            names=entering.people_of(sql, sheets),
            said=entering.said,
            called=entering.CALLED,
            refusal=refusal,
            wrong=wrong,
            typed=request.form if kept else {},
            kept=kept,
        )
        record(sql, "view_person", target=("account", account.id), organisation_id=enrolment.school_id, page="evidence")
        return page


def _plan(sql: Session, kept: Upload) -> Plan:
    table = spreadsheets.read(uploads.read(sql, collaborators().vault, kept))
    return marks_check.check(
        sql,
        collaborators().vault,
        table,
        programme=programmes.latest(sql, str(kept.work.get("slug", ""))),
        part=str(kept.work.get("part", "")),
        staff=Staff(principal().account_id, reach=principal()),
        now=now(),
    )


def _page(kept: Upload, status: Status | None, plan: Plan | None) -> str:
    shown = plan.errors[:SHOWN] if plan else []
    return render_template("console/evidence_upload.html", upload=kept, status=status, plan=plan, shown=shown)


def _status(kept: Upload) -> Status | None:
    """Of the job that takes the list in; None before one was started, or long after."""
    job_id = kept.work.get("job")
    try:
        return collaborators().jobs.status(str(job_id)) if job_id else None
    except NotFound:
        return None
