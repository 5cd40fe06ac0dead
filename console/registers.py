"""Registers and forms (登记表): what was handed over when, what has changed since, and files made in the background."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from console import programme_choice
from console.access import needs
from console.who import principal, record
from models import Organisation, RegisterExport, Upload
from services import uploads
from services.authority import scope
from services.errors import NotFound
from services.jobs import Status
from services.registers import asked, receipts, registers
from services.tables import spreadsheets
from web.context import collaborators, now, unit_of_work

pages = Blueprint("registers", __name__)

#: Wrong lines of a receipt, and refused rows, that are shown.
SHOWN = 100


@pages.get("/registers")
@needs("registers")
def index() -> str:
    """The programme's forms, each with the last export of the own organisation."""
    with unit_of_work() as sql:
        choice = programme_choice.chosen(sql, principal())
        reach = principal().organisation_id or 0
        listed = registers.forms(sql, choice.slug, reach) if choice.programme else []
        forms = [(form, last, registers.has_numbers(form)) for form, last in listed]
        return render_template("console/registers.html", choice=choice, forms=forms)


@pages.post("/registers/<slug>/<form_key>/ask")
@needs("registers")
def ask(slug: str, form_key: str) -> str | Response:
    """Have a file made. Its password, where it needs one, is shown here and never again."""
    what = request.form.get("what", "")
    with unit_of_work() as sql:
        given = asked.ask(
            sql,
            collaborators().vault,
            principal(),
            slug,
            form_key,
            what,
            now(),
            reason=request.form.get("reason", ""),
            allow_errors=request.form.get("allow_errors") == "1",
        )
        kind, code = given.upload.kind, given.upload.code
        record(
            sql, "export", target=("upload", given.upload.id), organisation_id=principal().organisation_id,
            programme=slug, form=form_key, what=what, clear=bool(given.password),
            reason=" ".join(request.form.get("reason", "").split())[:200],
        )  # fmt: skip
    _start(kind, code)
    if given.password:
        return render_template("console/register_password.html", password=given.password, kind=kind, code=code)
    return redirect(url_for("console.registers.file", kind=kind, upload_code=code))


@pages.get("/registers/files/<kind>/<upload_code>")
@needs("registers")
def file(kind: str, upload_code: str) -> str:
    """How far the file is; then what it came to, and the button that fetches it."""
    with unit_of_work() as sql:
        kept = _file(upload_code, kind, sql)
        work: dict[str, Any] = dict(kept.work)
        status = _status(work)
        part = bool(request.headers.get("HX-Request"))
        return render_template(
            "console/register_file_state.html" if part else "console/register_file.html",
            kept=kept,
            work=work,
            job=status,
            address=url_for("console.registers.file", kind=kind, upload_code=upload_code),
        )


@pages.get("/registers/exports/<int:export_id>")
@needs("registers")
def export(export_id: int) -> str:
    """One export, and what the register answered."""
    with unit_of_work() as sql:
        row = scope.get(sql, principal(), RegisterExport, export_id)
        form = _form_title(sql, row)
        refused = receipts.refused(sql, row.id)
        where = sql.get(Organisation, row.organisation_id) if row.organisation_id else None
        return render_template(
            "console/register_export.html",
            row=row,
            title=form,
            where=where.name if where else "全平台",
            refused=refused[:SHOWN],
            more=max(0, len(refused) - SHOWN),
            answers=receipts.of_export(sql, row.id),
        )


@pages.route("/registers/receipts/<upload_code>", methods=["GET", "POST"])
@needs("registers")
def receipt(upload_code: str) -> str | Response:
    """A receipt that was handed in: to which export it belongs, then (POST) taking it in."""
    with unit_of_work() as sql:
        kept = uploads.get(sql, principal(), upload_code, "receipts", now())
        about = str(kept.work.get("export_id", ""))
        row = scope.get(sql, principal(), RegisterExport, int(about) if about.isdecimal() and len(about) < 20 else 0)
        title, errors = _form_title(sql, row), []
        if request.method == "POST":
            table = spreadsheets.read(uploads.read(sql, collaborators().vault, kept))
            done = receipts.record(sql, collaborators().vault, row.id, table, by=principal().name, now=now())
            errors = done.errors
            if not errors:
                record(
                    sql, "evidence", target=("register_export", row.id), organisation_id=row.organisation_id or None,
                    accepted=done.accepted, rejected=done.rejected, new=done.new,
                )  # fmt: skip
                said = "已登记" if done.new else "这份回执登记过了"
                flash(f"{said}：成功 {done.accepted}，退回 {done.rejected}，未答复 {done.unanswered}。", "success")
                return redirect(url_for("console.registers.export", export_id=row.id))
        return render_template(
            "console/register_receipt.html", kept=kept, row=row, title=title, errors=errors[:SHOWN], wrong=len(errors)
        )


def _start(kind: str, code: str) -> None:
    """Start the job once the place for its file is in the database, and keep which it is."""
    job = collaborators().jobs.enqueue("register_file", code=code)
    with unit_of_work() as sql:
        kept = _file(code, kind, sql, lock=True)
        uploads.note(kept, job=job)


def _file(code: str, kind: str, sql: Any, *, lock: bool = False) -> Upload:
    """The person's own. Raises NotFound for kinds that are no forms, too."""
    if kind not in ("register", "register_clear"):
        raise NotFound
    return (uploads.locked if lock else uploads.get)(sql, principal(), code, kind, now())


def _status(work: dict[str, Any]) -> Status | None:
    """None: there is nothing to wait for."""
    if "made" in work or "job" not in work:
        return None
    try:
        return collaborators().jobs.status(work["job"])
    except NotFound:
        return None


def _form_title(sql: Any, row: RegisterExport) -> str:
    try:
        return registers.form_of(sql, row.programme_slug, row.form).title
    except NotFound:  # a later version of the programme does not have it any more
        return row.form
