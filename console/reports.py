"""Reports of wrong personal data, by teachers: carried out or refused."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import StringField, TextAreaField
from wtforms.validators import Length

from console.access import needs
from console.forms import Form, blame
from console.query import page_number
from console.who import principal, record
from models import ProfileCorrection
from services import profile_correction_lists as lists
from services import profile_corrections
from services.authority import appointments, scope
from services.errors import Invalid
from services.profile_corrections import FIELDS, NUMBERS, STATES
from services.tables.cells import masked
from web.context import collaborators, now, unit_of_work

pages = Blueprint("reports", __name__)
pages.add_app_template_filter(masked, "masked_numbers")

TITLES: dict[lists.Which, str] = {"open": "待处理", "decided": "已处理"}


class DecideForm(Form):
    school = StringField("新学校", [Length(max=100)], description="填学校全称或学校代码，须在您管理的范围内。")
    note = TextAreaField("处理说明", [Length(max=300)], description="教师会看到；不更改时必须填写。")


@pages.get("/reports")
@needs("profile")
def index() -> str:
    which: lists.Which = next((one for one in lists.WHICH if one == request.args.get("show")), "open")
    page = page_number()
    with unit_of_work() as sql:
        found, more = lists.listing(sql, collaborators().vault, principal(), which, page)
        return render_template(
            "console/reports.html",
            reports=found, more=more, page=page, which=which, titles=TITLES, states=STATES, fields=FIELDS,
        )  # fmt: skip


@pages.get("/reports/<int:report_id>")
@needs("profile")
def show(report_id: int) -> str:
    with unit_of_work() as sql:
        return _page(sql, report_id, DecideForm())


@pages.post("/reports/<int:report_id>/reveal")
@needs("profile")
def reveal(report_id: int) -> str:
    """The number in clear, once, in the reply to a POST; written down."""
    with unit_of_work() as sql:
        found = scope.get(sql, principal(), ProfileCorrection, report_id)
        clear = profile_corrections.reported(collaborators().vault, found, clear=True) if found.field in NUMBERS else ""
        if request.headers.get("HX-Request"):
            shown = render_template("console/reports_number.html", clear=clear)
        else:
            shown = _page(sql, report_id, DecideForm(), clear)
        _record(sql, found, "view_person", part=f"reported {found.field}")
    return shown


@pages.post("/reports/<int:report_id>/accept")
@needs("profile")
def accept(report_id: int) -> str | Response:
    return _decide(report_id, accept=True)


@pages.post("/reports/<int:report_id>/refuse")
@needs("profile")
def refuse(report_id: int) -> str | Response:
    return _decide(report_id, accept=False)


def _decide(report_id: int, *, accept: bool) -> str | Response:
    with unit_of_work() as sql:
        found = scope.get(sql, principal(), ProfileCorrection, report_id)
        form = DecideForm()
        if not form.validate_on_submit():
            return _page(sql, found.id, form)
        note, school = form.note.data or "", form.school.data or ""
        try:
            if accept:
                made, changed = profile_corrections.accept(
                    sql, collaborators().vault, principal(), found.id, note=note, school=school, now=now()
                )
            else:
                made, changed = profile_corrections.refuse(sql, principal(), found.id, note, now())
        except Invalid as wrong:
            sql.rollback()
            blame(form, wrong, otherwise="note")
            return _page(sql, report_id, form)
        if changed:
            _record(sql, made, "profile_correction", field=made.field, decision=made.status)
    flash("已更正，并已通知教师。" if accept else "已处理，没有更改，并已通知教师。", "success")
    return redirect(url_for("console.reports.index"))


def _page(sql: Session, report_id: int, form: DecideForm, clear: str = "") -> str:
    shown = lists.one(sql, collaborators().vault, principal(), report_id)
    if not form.is_submitted() and shown.report.field == "school":
        form.school.data = shown.should_be
    return render_template(
        "console/reports_show.html",
        shown=shown,
        form=form,
        fields=FIELDS,
        states=STATES,
        numbers=NUMBERS,
        clear=clear,
        refused=appointments.why_not(sql, principal(), shown.account.id),
        password_follows=profile_corrections.first_password_follows(shown.account),
    )


def _record(sql: Session, report: ProfileCorrection, action: str, **detail: str) -> None:
    account = lists.one(sql, collaborators().vault, principal(), report.id).account
    record(sql, action, target=("account", account.id), organisation_id=account.school_id, report=report.id, **detail)
