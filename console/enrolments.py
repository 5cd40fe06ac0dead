"""Enrolments (报名): who takes part, and what staff change of it one by one."""

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length

from console import programme_choice, query
from console.access import needs
from console.forms import Form
from console.who import by, principal, record
from models import Organisation
from services import programmes
from services.authority import scope
from services.authority.roles import SCHOOL_ADMIN
from services.enrolling import moves, staff_acts, staff_lists
from services.enrolling.staff_lists import NEVER_IN, STATES, Filters
from services.errors import Conflict, Invalid
from services.rosters import by_hand
from services.rosters.by_hand import Typed
from services.rosters.rows import STAGES
from web.context import collaborators, now, unit_of_work

pages = Blueprint("enrolments", __name__)

PAGE = 50


class AddForm(Form):
    """`school` stays empty only for a school's own administrator."""

    slug = SelectField("项目")
    name = StringField("姓名", [InputRequired(), Length(max=50)])
    id_number = StringField("身份证号", [InputRequired(), Length(max=40)], render_kw={"autocomplete": "off"})
    mobile = StringField("手机号", [Length(max=20)], render_kw={"inputmode": "tel", "autocomplete": "off"})
    school = StringField("学校", [Length(max=100)], description="学校名称或代码")
    stage = SelectField("学段", choices=[SelectChoice("", "不填"), *(SelectChoice(stage, stage) for stage in STAGES)])
    subject = StringField("学科", [Length(max=20)])
    late = StringField("逾期原因", [Length(max=200)], description="只在报名截止以后需要填写")


@pages.get("/enrolments")
@needs("roster")
def index() -> str:
    state = request.args.get("state", "")
    filters = Filters(
        state=state if state in STATES or state == NEVER_IN else "",
        name=request.args.get("name", "").strip()[:50],
        school_id=query.number("school"),
    )
    with unit_of_work() as session:
        if filters.school_id is not None:
            scope.get(session, principal(), Organisation, filters.school_id)
        choice = programme_choice.chosen(session, principal())
        after = query.number("after") or 0
        found, more = staff_lists.page(session, principal(), choice.slug, filters, after, PAGE)
        schools = staff_lists.schools(session, principal(), choice.slug)
        return render_template(
            "console/enrolments.html", choice=choice, found=found, more=more, after=after, filters=filters,
            schools=schools, states=STATES | {NEVER_IN: "从未登录"}, names=STATES,
        )  # fmt: skip


@pages.get("/enrolments/<int:enrolment_id>")
@needs("roster")
def show(enrolment_id: int) -> str:
    with unit_of_work(read_only=False) as session:
        found = staff_acts.get(session, principal(), enrolment_id)
        account, programme = found.account, found.programme
        notice = programmes.get(session, programme.id)
        page = render_template(
            "console/enrolment.html",
            enrolment=found,
            account=account,
            programme=programme,
            school=session.get(Organisation, found.school_id) if found.school_id else None,
            kinds=notice.enrolment.exemptions,
            workshops=staff_acts.workshops(session, principal(), programme.slug),
            history=moves.history(session, found.id),
            states=STATES,
        )
        record(session, "view_person", target=("enrolment", found.id), organisation_id=found.school_id)
    return page


@pages.post("/enrolments/<int:enrolment_id>/withdraw")
@needs("roster")
def withdraw(enrolment_id: int) -> Response:
    return _act(enrolment_id, staff_acts.withdraw, "已办理退出，已得的学时都保留。")


@pages.post("/enrolments/<int:enrolment_id>/reinstate")
@needs("roster")
def reinstate(enrolment_id: int) -> Response:
    return _act(enrolment_id, staff_acts.reinstate, "已恢复报名。")


@pages.post("/enrolments/<int:enrolment_id>/exempt")
@needs("roster")
def exempt(enrolment_id: int) -> Response:
    given = {"kind": request.form.get("kind", ""), "number": request.form.get("number", "")}
    return _act(enrolment_id, staff_acts.exempt, "已登记免修。", issued=_date("issued"), **given)


@pages.post("/enrolments/<int:enrolment_id>/undo-exemption")
@needs("roster")
def undo_exemption(enrolment_id: int) -> Response:
    return _act(enrolment_id, staff_acts.undo_exemption, "已取消免修。")


@pages.post("/enrolments/<int:enrolment_id>/move")
@needs("roster")
def move(enrolment_id: int) -> Response:
    given = {"school": request.form.get("school", "")[:100], "reason": request.form.get("reason", "")[:1000]}
    return _act(enrolment_id, staff_acts.move, "已调动。", **given)


@pages.post("/enrolments/<int:enrolment_id>/workshop")
@needs("roster")
def workshop(enrolment_id: int) -> Response:
    text = request.form.get("workshop_id", "")
    chosen = int(text) if text.isascii() and text.isdecimal() and len(text) <= 19 else None
    return _act(enrolment_id, staff_acts.put_into_workshop, "已保存工作坊。", workshop_id=chosen)


@pages.route("/enrolments/add", methods=["GET", "POST"])
@needs("roster")
def add() -> Any:
    """One person by hand. A random first password is shown once."""
    with unit_of_work(read_only=True) as session:
        newest = {row.slug: row for row in reversed(programmes.every(session))}
    form = AddForm()
    form.slug.choices = [SelectChoice(row.slug, row.title) for row in newest.values()]
    if request.method == "GET" and request.args.get("slug") in newest:
        form.slug.data = request.args["slug"]
    own = principal().role.key == SCHOOL_ADMIN
    if form.validate_on_submit():
        typed = Typed(**{name: getattr(form, name).data or "" for name in Typed.__dataclass_fields__})
        using = collaborators()
        try:
            with unit_of_work() as session:
                added = by_hand.add(session, using.vault, using.passwords, by(), form.slug.data, typed, now())
        except (Invalid, Conflict) as refused:
            _tell(form, refused)
        else:
            if added.password:
                return render_template("console/enrolment_added.html", added=added)
            flash(f"已为{added.name}报名。", "success")
            return redirect(url_for(".show", enrolment_id=added.enrolment_id))
    status = 422 if request.method == "POST" else 200
    return render_template("console/enrolment_add.html", form=form, own=own, school=principal().organisation), status


def _tell(form: AddForm, refused: Invalid | Conflict) -> None:
    """Each reason at its field; what is about none, above."""
    told = False
    for one in refused.extra.get("errors", []):
        wanted = form._fields.get(one.get("field"))  # WTForms' own way to a field by name
        if wanted is not None:
            wanted.errors = [*wanted.errors, one["reason"]]
            told = True
    if not told:
        flash(refused.detail, "danger")


def _act(enrolment_id: int, do: Callable[..., Any], done: str, **given: Any) -> Response:
    """Do it and go back to the enrolment; what the person can mend is told there."""
    with unit_of_work(read_only=True) as session:
        staff_acts.get(session, principal(), enrolment_id)
    try:
        with unit_of_work() as session:
            do(session, collaborators().vault, by(), enrolment_id, now(), **given)
    except (Invalid, Conflict) as refused:
        flash(refused.detail, "danger")
    else:
        flash(done, "success")
    return redirect(url_for(".show", enrolment_id=enrolment_id))


def _date(name: str) -> date:
    """One that cannot be a certificate's where it is none."""
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        return date.min
