"""Organisations (单位): the tree within reach, one level a page, with who holds a role there. Operators add and place them."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from console.access import needs
from console.forms import Form
from console.query import page_number
from console.who import principal, record
from models import Organisation
from services import schools
from services.authority import appointments, organisations, scope
from services.authority.principals import NotAllowed
from services.authority.roles import ROLES
from services.errors import Conflict, NotFound
from web.context import unit_of_work
from web.statuses import status_of

pages = Blueprint("organisations", __name__)

PAGE = 50
KINDS = {"school": "学校", "county": "县（区）", "city": "市", "province": "省"}


class FindForm(Form):
    number = StringField(
        "证件号码",
        [DataRequired("请填写证件号码"), Length(max=64)],
        render_kw={"autocomplete": "off", "inputmode": "text"},
    )
    role = RadioField("角色", [DataRequired("请选择角色")])


class AddForm(Form):
    name = StringField("单位名称", [DataRequired("请填写单位名称"), Length(max=100)])
    code = StringField("单位代码", [DataRequired("请填写单位代码"), Length(max=32)])
    kind = SelectField("类别", choices=[SelectChoice(key, title) for key, title in KINDS.items()])


class PlaceForm(Form):
    parent = StringField(
        "上级单位的代码",
        [DataRequired("请填写上级单位的代码"), Length(max=32)],
        description="把本单位归到这个单位之下。",
    )


@pages.get("/staff/organisations")
@needs("appoint")
def tops() -> str:
    with unit_of_work() as sql:
        return _tops_page(sql, AddForm(formdata=None))


@pages.post("/staff/organisations")
@needs("appoint")
def add_top() -> Response | tuple[str, int]:
    return _add(None)


@pages.get("/staff/organisations/<int:organisation_id>")
@needs("appoint")
def show(organisation_id: int) -> str:
    with unit_of_work() as sql:
        return unit_page(sql, scope.get(sql, principal(), Organisation, organisation_id))


@pages.post("/staff/organisations/<int:organisation_id>/add")
@needs("appoint")
def add(organisation_id: int) -> Response | tuple[str, int]:
    return _add(organisation_id)


@pages.post("/staff/organisations/<int:organisation_id>/place")
@needs("appoint")
def place(organisation_id: int) -> Response | tuple[str, int]:
    with unit_of_work() as sql:
        unit = scope.get(sql, principal(), Organisation, organisation_id)
        _require_operator()
        asked, status = PlaceForm(), 422
        if asked.validate_on_submit():
            try:
                schools.place(sql, unit.code, asked.parent.data.strip())
            except (Conflict, NotFound) as error:
                asked.parent.errors = [error.detail]
                status = status_of(error)
            else:
                record(sql, "organisation", target=("organisation", unit.id), organisation_id=unit.id, what="place")
                flash("已归到新的上级单位。", "success")
                return redirect(url_for(".show", organisation_id=organisation_id))
        return unit_page(sql, unit, place=asked), status


def find_form(unit: Organisation) -> FindForm:
    """Whom to appoint, to one of the roles that the person may give there."""
    form = FindForm()
    form.role.choices = [SelectChoice(role.key, role.title) for role in appointments.roles_for(principal(), unit)]
    return form


def unit_page(sql: Session, unit: Organisation, **sent: Form) -> str:
    """The page of an organisation; `sent` are forms to be mended: find, add, place."""
    page, by = page_number(), principal()
    lines = organisations.below(sql, by, unit, offset=(page - 1) * PAGE, limit=PAGE + 1)
    forms: dict[str, Any] = {"add": AddForm(formdata=None), "place": PlaceForm(formdata=None)}
    return render_template(
        "console/organisation.html",
        unit=unit,
        way=organisations.above(sql, by, unit),
        lines=lines[:PAGE],
        more=len(lines) > PAGE,
        page=page,
        held=appointments.below(sql, by, at=unit),
        leaders=organisations.leaders(sql, unit),
        roles=ROLES,
        kinds=KINDS,
        forms={"find": sent.get("find") or find_form(unit)} | forms | sent,
    )


def _add(parent_id: int | None) -> Response | tuple[str, int]:
    with unit_of_work() as sql:
        parent = scope.get(sql, principal(), Organisation, parent_id) if parent_id is not None else None
        _require_operator()
        asked, status = AddForm(), 422
        if asked.validate_on_submit():
            code, name = asked.code.data.strip(), asked.name.data.strip()
            try:
                made = schools.add(sql, code, name, asked.kind.data, parent.code if parent else "")
            except Conflict as error:
                asked.code.errors = [error.detail]
                status = status_of(error)
            else:
                record(sql, "organisation", target=("organisation", made.id), organisation_id=made.id, what="add")
                flash(f"已添加{made.name}。", "success")
                return redirect(url_for(".show", organisation_id=made.id))
        return unit_page(sql, parent, add=asked) if parent else _tops_page(sql, asked), status


def _tops_page(sql: Session, asked: AddForm) -> str:
    page = page_number()
    lines = organisations.tops(sql, principal(), offset=(page - 1) * PAGE, limit=PAGE + 1)
    more = len(lines) > PAGE
    return render_template(
        "console/organisations.html", lines=lines[:PAGE], more=more, page=page, kinds=KINDS, add=asked
    )


def _require_operator() -> None:
    if not principal().everywhere:
        raise NotAllowed("只有平台运维可以添加和调整单位。")
