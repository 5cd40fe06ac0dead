"""Bulletins (通报): choose a day and a unit, look at it, issue it; issued ones are read, printed and never changed."""

from datetime import date
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional

from console import programme_choice
from console.access import needs
from console.forms import Form
from console.query import page_number
from console.who import principal, record
from models import Programme
from services import programmes
from services.errors import Invalid, NotFound
from services.watching import bulletins, rates, units
from services.watching.bulletins import NumberUsed, Wanted
from web.context import collaborators, now, unit_of_work

pages = Blueprint("bulletins", __name__)
SIZE = 20


class BulletinForm(Form):
    number = StringField("文号或期号", [Optional(), Length(max=50)])
    title = StringField("标题", [DataRequired("请填写标题"), Length(max=200)])
    remarks = TextAreaField(
        "正文",
        [Optional(), Length(max=bulletins.LONGEST_REMARKS)],
        render_kw={"rows": 6},
        description="印在表格之前，可以分段；表格和算法说明会自动附上。",
    )
    slug, day, organisation_id = HiddenField(), HiddenField(), HiddenField()


@pages.get("/bulletins")
@needs("watch")
def index() -> str:
    """Those within reach, and where a new one begins."""
    number = page_number()
    with unit_of_work() as sql:
        rows = bulletins.within(sql, principal(), number, SIZE)
        titles = {row.slug: row.title for row in reversed(programmes.every(sql))}
        shown = {"rows": rows[:SIZE], "more": len(rows) > SIZE, "page": number, "titles": titles}
        return render_template("console/bulletins.html", **shown)


@pages.get("/bulletins/new")
@needs("watch")
def new() -> str:
    """Choose programme, unit and day; with a day, how it would look."""
    with unit_of_work() as sql:
        unit_id = _number(request.args.get("organisation_id", ""))
        unit = units.reached(sql, principal(), unit_id)
        choice = programme_choice.of(sql, _programmes(sql))
        if choice.programme is None:
            return render_template("console/bulletins_new.html", choice=choice, days=[], unit=unit)
        days = bulletins.days(sql, choice.slug, unit.id if unit else None, now())
        day = _day(request.args.get("day", "")) or (days[0] if days else None)
        if day is None:
            return render_template("console/bulletins_new.html", choice=choice, days=[], unit=unit)
        wanted = Wanted(choice.slug, day, unit_id)
        number, title = bulletins.suggested(sql, principal(), choice.slug, unit_id, day)
        form = BulletinForm(
            formdata=None,
            number=number,
            title=title,
            slug=choice.slug,
            day=day.isoformat(),
            organisation_id=unit_id or "",
        )
        return _preview(sql, form, wanted, choice, days)


@pages.post("/bulletins")
@needs("watch")
def issue() -> str | AnyResponse:
    """Freeze it."""
    form = BulletinForm()
    with unit_of_work() as sql:
        unit_id = _number(form.organisation_id.data or "")
        units.reached(sql, principal(), unit_id)
        day = _day(form.day.data or "")
        if day is None:
            raise Invalid.field("day", "请选择日期")
        wanted = Wanted(
            form.slug.data or "", day, unit_id, form.number.data or "", form.title.data or "", form.remarks.data or ""
        )
        if not form.validate():
            choice = programme_choice.of(sql, _programmes(sql))
            return _preview(sql, form, wanted, choice, [day])
        try:
            made = bulletins.issue(sql, principal(), wanted, now())
        except NumberUsed as used:
            form.number.errors = [used.detail]
            return _preview(sql, form, wanted, programme_choice.of(sql, _programmes(sql)), [day])
        record(
            sql,
            "bulletin",
            target=("bulletin", made.id),
            organisation_id=made.organisation_id,
            programme=wanted.slug,
            day=day.isoformat(),
        )
        made_id = made.id
    flash("通报已发布，内容已固定，不会再变。", "success")
    return redirect(url_for(".show", bulletin_id=made_id))


@pages.get("/bulletins/<int:bulletin_id>")
@needs("watch")
def show(bulletin_id: int) -> str:
    """As it was issued; made to be printed."""
    with unit_of_work() as sql:
        return render_template("console/bulletins_show.html", **_issued(sql, bulletin_id))


@pages.get("/bulletins/<int:bulletin_id>/pdf")
@needs("watch")
def pdf(bulletin_id: int) -> Response:
    """The same as a PDF. Where printing is not set up, the browser prints."""
    with unit_of_work() as sql:
        shown = _issued(sql, bulletin_id)
        page = render_template("console/bulletins_paper.html", **shown)
        day = shown["bulletin"].day
    reply = Response(collaborators().printer.document(lambda: page), content_type="application/pdf")
    reply.headers.set("Content-Disposition", "attachment", filename=f"bulletin-{day}.pdf")
    return reply


def _preview(
    sql: Session, form: BulletinForm, wanted: Wanted, choice: programme_choice.Choice, days: list[date]
) -> str:
    figures = bulletins.preview(sql, principal(), wanted)
    unit = units.reached(sql, principal(), wanted.organisation_id)
    return render_template(
        "console/bulletins_new.html",
        choice=choice,
        days=days,
        day=wanted.day,
        unit=unit,
        form=form,
        figures=figures,
        rates=rates,
    )


def _issued(sql: Session, bulletin_id: int) -> dict[str, Any]:
    found = bulletins.get(sql, principal(), bulletin_id)
    return {"bulletin": found, "figures": bulletins.figures_of(found), "rates": rates}


def _programmes(sql: Session) -> list[Programme]:
    return programme_choice.reached(sql, principal())


def _number(text: str) -> int | None:
    """A unit's id; None for none. Raises NotFound for nonsense."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotFound
    return int(text)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
